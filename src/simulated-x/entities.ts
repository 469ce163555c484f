import type { User } from './users.ts';

export type Link = {
  readonly url: string;
  readonly expanded_url: string;
  readonly display_url: string;
  readonly media_key?: string;
};

type Span = { readonly start: number; readonly end: number };

/** Indices count code points, as X does, not the halves of surrogate pairs that JavaScript counts. */
export type Entities = {
  readonly hashtags: readonly (Span & { readonly tag: string })[];
  readonly mentions: readonly (Span & { readonly username: string; readonly id: string })[];
  readonly urls: readonly (Span & Link)[];
};

const hashtag = /(?<![\p{L}\p{N}_&/])[#＃]([\p{L}\p{N}\p{M}_]*[\p{L}\p{M}][\p{L}\p{N}\p{M}_]*)/gu;
const mention = /(?<![A-Za-z0-9_!#$%&*@＠/])[@＠]([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])/gu;
const address = /https:\/\/t\.co\/[A-Za-z0-9]+/gu;

/** What X sees in a text whose addresses it has shortened to those of `links`. */
export function findEntities(
  text: string,
  links: readonly Link[],
  getUser: (handle: string) => User,
): Entities {
  const urls = spansOf(text, address).flatMap(({ span, match: [url] }) => {
    const link = links.find((candidate) => candidate.url === url);
    return link === undefined ? [] : [{ ...span, ...link }];
  });
  return {
    hashtags: spansOf(text, hashtag).map(({ span, match }) => ({ ...span, tag: match[1] ?? '' })),
    mentions: spansOf(text, mention).map(({ span, match }) => {
      const { username, id } = getUser(match[1] ?? '');
      return { ...span, username, id };
    }),
    urls,
  };
}

/** As the API gives them: a kind that there is none of is left out, and all of it where there is nothing. */
export function presentEntities({ hashtags, mentions, urls }: Entities) {
  const present = {
    ...(hashtags.length > 0 && { hashtags }),
    ...(mentions.length > 0 && { mentions }),
    ...(urls.length > 0 && { urls }),
  };
  return Object.keys(present).length === 0 ? undefined : present;
}

function spansOf(text: string, pattern: RegExp) {
  return [...text.matchAll(pattern)].map((match) => {
    const start = codePoints(text.slice(0, match.index));
    return { span: { start, end: start + codePoints(match[0]) }, match };
  });
}

const codePoints = (text: string): number => Array.from(text).length;
