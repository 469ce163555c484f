import { createHash } from 'node:crypto';
import { type Entities, findEntities, type Link } from './entities.ts';
import type { Media } from './media.ts';
import type { Post } from './posts.ts';
import type { User } from './users.ts';

/** Words as X gives them out: addresses shortened, `&`, `<` and `>` escaped. */
export type Written = { readonly text: string; readonly entities: Entities };

export type Wording = {
  readonly id: string;
  readonly author: User;
  readonly text: string;
  readonly isLong: boolean;
  readonly repliedTo: Post | null;
  readonly quoted: Post | null;
  readonly retweeted: Post | null;
  readonly media: readonly Media[];
};

const shortLength = 280;

/** What X makes of what a person wrote; `long` is there where it is too long for a short post. */
export function compose(
  wording: Wording,
  getUser: (handle: string) => User,
): { readonly short: Written; readonly long: Written | null } {
  const links: Link[] = [];
  const shorten = (link: Omit<Link, 'url'>): string => {
    const url = `https://t.co/${shortName(`${wording.id} ${links.length} ${link.expanded_url}`)}`;
    links.push({ url, ...link });
    return url;
  };
  const write = (text: string): Written => {
    const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return { text: escaped, entities: findEntities(escaped, links, getUser) };
  };
  if (wording.retweeted !== null) return { short: write(retweet(wording.retweeted)), long: null };

  const words = `${calling(wording)}${wording.text}`.replaceAll(
    /https?:\/\/[^\s]*[^\s.,;:!?)\]}"']/gu,
    (url) => shorten({ expanded_url: url, display_url: display(url) }),
  );
  const whole = [words, ...appended(wording).map(shorten)].filter((part) => part !== '').join(' ');
  if (!wording.isLong && Array.from(words).length <= shortLength) return { short: write(whole), long: null };
  const long = write(whole);
  const rest = shorten({
    expanded_url: `https://x.com/i/web/status/${wording.id}`,
    display_url: 'x.com/i/web/status/…',
  });
  const beginning = Array.from(words)
    .slice(0, shortLength - 26)
    .join('')
    .replace(/\S*$/u, '')
    .trimEnd();
  return { short: write(`${beginning}… ${rest}`), long };
}

/** A reply begins with the name of whom it answers, whether its author wrote it or not. Nobody calls themselves. */
function calling({ repliedTo, author, text }: Wording): string {
  if (repliedTo === null || repliedTo.author.id === author.id) return '';
  const name = `@${repliedTo.author.username}`;
  return text.toLowerCase().startsWith(name.toLowerCase()) ? '' : `${name} `;
}

/** The addresses that X puts behind the words: of what is quoted, then one for all media. */
function appended({ id, author, quoted, media }: Wording): Omit<Link, 'url'>[] {
  const quote = quoted && addressOf(quoted);
  const [picture] = media;
  return [
    ...(quote === null ? [] : [{ expanded_url: quote, display_url: display(quote) }]),
    ...(picture === undefined
      ? []
      : [
          {
            expanded_url: `https://x.com/${author.username}/status/${id}/${picture.type === 'photo' ? 'photo' : 'video'}/1`,
            display_url: `pic.x.com/${shortName(id)}`,
            media_key: picture.media_key,
          },
        ]),
  ];
}

const retweet = ({ author, plain }: Post): string =>
  cut(`RT @${author.username}: ${plain}`.replaceAll('\n', ' '), 140);

const cut = (text: string, most: number): string => {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
};

const addressOf = ({ id, author }: Post): string => `https://x.com/${author.username}/status/${id}`;

const display = (url: string): string => cut(url.replace(/^https?:\/\/(www\.)?/u, ''), 30);

const shortName = (of: string): string =>
  createHash('sha256')
    .update(of)
    .digest('base64')
    .replaceAll(/[^A-Za-z0-9]/gu, '')
    .slice(0, 10);
