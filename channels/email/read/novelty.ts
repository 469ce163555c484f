/** Which words one version of a text has that another has not. */

/** Scripts without blanks count letter by letter: where their lines break differs between versions. */
const word = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}\p{M}]{2,}/gu;
const link = /(?:https?|ftp):\/\/[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;

export const collectWords = (text: string): Set<string> =>
  new Set((text.replace(link, ' ').toLowerCase().match(word) ?? []).slice(0, 100_000));

/** From 0 to 1: how many of the words are among the others; 1 where there are none. */
export function shareKnown(words: ReadonlySet<string>, others: ReadonlySet<string>): number {
  if (words.size === 0) return 1;
  let known = 0;
  for (const one of words) if (others.has(one)) known += 1;
  return known / words.size;
}

/** The lines that have a word which is not among the known ones. */
export function listNewLines(text: string, known: ReadonlySet<string>): string {
  return text
    .split('\n')
    .filter((line) => {
      for (const one of collectWords(line)) if (!known.has(one)) return true;
      return false;
    })
    .join('\n');
}
