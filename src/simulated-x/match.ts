import type { Post } from './posts.ts';
import type { Query } from './query.ts';
import type { User } from './users.ts';

/** Whether a query finds a post; tags, names and words of a long post count wherever in it they stand. */
export function matches(query: Query, post: Post): boolean {
  if (query.kind === 'all') return query.of.every((part) => matches(part, post));
  if (query.kind === 'any') return query.of.some((part) => matches(part, post));
  if (query.kind === 'not') return !matches(query.of, post);
  return terms[query.operator]?.(query.value, post) ?? false;
}

type Term = (value: string, post: Post) => boolean;

const terms: Readonly<Record<string, Term>> = {
  '': (words, post) => ` ${wordsOf(whole(post).text)} `.includes(` ${wordsOf(words)} `),
  '#': (tag, post) => whole(post).entities.hashtags.some((found) => found.tag.toLowerCase() === tag),
  '@': (handle, post) =>
    whole(post).entities.mentions.some(({ username }) => username.toLowerCase() === handle),
  from: (who, { author }) => isUser(who, author),
  to: (who, { repliedTo }) => repliedTo !== null && isUser(who, repliedTo.author),
  conversation_id: (id, { conversationId }) => conversationId === id,
  in_reply_to_tweet_id: (id, { repliedTo }) => repliedTo?.id === id,
  quotes_of_tweet_id: (id, { quoted }) => quoted?.id === id,
  retweets_of_tweet_id: (id, { retweeted }) => retweeted?.id === id,
  lang: (language, { lang }) => lang === language,
  is: (what, { retweeted, repliedTo, quoted }) =>
    ({ retweet: retweeted, reply: repliedTo, quote: quoted })[what] != null,
  has: (what, post) => has[what]?.(post) ?? false,
};

const has: Readonly<Record<string, (post: Post) => boolean>> = {
  hashtags: (post) => whole(post).entities.hashtags.length > 0,
  mentions: (post) => whole(post).entities.mentions.length > 0,
  links: (post) => whole(post).entities.urls.length > 0,
  media: ({ media }) => media.length > 0,
  images: ({ media }) => media.some(({ type }) => type === 'photo'),
  videos: ({ media }) => media.some(({ type }) => type === 'video'),
  geo: ({ place }) => place !== null,
};

const whole = ({ short, long }: Post) => long ?? short;

const isUser = (who: string, { id, username }: User): boolean => who === id || who === username.toLowerCase();

const wordsOf = (text: string): string =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}_]+/u)
    .filter((word) => word !== '')
    .join(' ');
