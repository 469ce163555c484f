/** What X makes of a text that is posted there: how long it is, and what in it becomes a link. */

/** The longest post that anybody may write. */
export const longestPost = 280;

/** Code points that weigh one; all others weigh two (configuration 3 of twitter-text). */
const light: readonly (readonly [number, number])[] = [
  [0x0000, 0x10ff],
  [0x2000, 0x200d],
  [0x2010, 0x201f],
  [0x2032, 0x2037],
];

/** As X counts; an emoji of several code points, which weighs two there, weighs more here and never less. */
export function weighPost(text: string): number {
  return [...text.normalize('NFC')].reduce((sum, sign) => {
    const point = sign.codePointAt(0) ?? 0;
    return sum + (light.some(([from, to]) => point >= from && point <= to) ? 1 : 2);
  }, 0);
}

/**
 * The text with nothing in it that X would link: a post with a link costs thirteen times more, a name calls somebody who has
 * nothing to do with it, and a hashtag has others find it. `lapor.go.id` reads `lapor. go. id`.
 */
export const withoutLinks = (text: string): string =>
  text
    .replace(/(?<=\S)([.。．｡])(?=\p{L})/gu, '$1 ')
    .replaceAll('://', ': //')
    .replace(/(?<![\p{L}\p{N}_])[@＠#＃$](?=[\p{L}\p{N}_])/gu, '');
