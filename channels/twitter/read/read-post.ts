import type { PostAuthor, ReadPost } from '../../../src/domain/post.ts';
import { limits, normalizeLine } from '../../../src/domain/report.ts';
import { AppError } from '../../../src/errors.ts';
import { momentOf } from '../snowflake.ts';
import { readMedia } from './media.ts';
import {
  findIncludedPost,
  findUser,
  type GivenPost,
  type Includes,
  isPost,
  type Payload,
  readGiven,
} from './payload.ts';
import { readPlace } from './place.ts';
import { isOurAccount, isTerm, type Us } from './us.ts';
import { readAllWords, readWords } from './words.ts';

/** Throws `AppError` `malformed` where not even the id can be read; what else does not fit is as if it were not there. */
export function readPost(original: Buffer, us: Us): ReadPost {
  const { data, includes } = parse(original);
  if (!isPost(data)) throw new AppError('malformed', 'this is no post of X');
  return readPayload({ data, includes: Object(includes) as Includes }, us);
}

export function readPayload({ data, includes }: Payload, us: Us): ReadPost {
  const post = readGiven(data);
  const author = readAuthor(post, includes);
  const isOurs = isOurAccount(us, author);
  // Its words are somebody else's, and cut: what it repeats is found by itself.
  const isRepost = post.references.some(({ type }) => type === 'retweeted');
  const quoted = readQuoted(post, includes);
  const words = readWords(post, us);
  const named = [...words.hashtags.map((tag) => `#${tag}`), ...words.mentions.map((name) => `@${name}`)];
  return {
    id: post.id,
    permalink: `https://x.com/${author.handle ?? 'i'}/status/${post.id}`,
    author,
    conversationId: post.conversationId ?? post.id,
    createdAt: readMoment(post),
    versionIds: post.versionIds.includes(post.id) ? post.versionIds : [...post.versionIds, post.id],
    text: words.text,
    hashtags: words.hashtags,
    mentions: words.mentions,
    language: readLanguage(post.language),
    repliedTo: readRepliedTo(post, includes),
    quoted: quoted && { id: quoted.id, text: quoted.text, handle: quoted.author.handle },
    media: readMedia(post, includes),
    place: readPlace(post, includes),
    summons: isOurs || isRepost ? null : findSummons(post, quoted?.author ?? null, us),
    part: isRepost ? null : words.part,
    isTagged: !isRepost && named.some((name) => isTerm(us, name)),
    isOurs,
  };
}

function parse(original: Buffer): { readonly data?: unknown; readonly includes?: unknown } {
  try {
    return Object(JSON.parse(original.toString('utf8')));
  } catch (error) {
    throw new AppError('malformed', 'this is no JSON', { cause: error });
  }
}

/** An author of whom X says nothing has an empty id: it is nobody's. */
const readAuthor = ({ authorId }: GivenPost, includes: Includes): PostAuthor => {
  const { handle, name } = findUser(includes, authorId);
  return { id: authorId ?? '', handle, name: normalizeLine(name?.slice(0, limits.name)) };
};

function readMoment({ id, createdAt }: GivenPost): Date {
  const stated = new Date(createdAt ?? Number.NaN);
  return Number.isNaN(stated.getTime()) ? momentOf(id) : stated;
}

/** X has codes of its own for texts without a language: `qme` is only media, `qht` only hashtags, `zxx` and `art` are no words. */
const readLanguage = (language: string | null): string | null =>
  language !== null && /^(?!und|zxx|art|q)[a-z]{2,3}(?:-\w{2,8})?$/.test(language) ? language : null;

function readRepliedTo(post: GivenPost, includes: Includes): ReadPost['repliedTo'] {
  const id = post.references.find(({ type }) => type === 'replied_to')?.id;
  if (id === undefined) return null;
  const included = findIncludedPost(includes, id);
  return { id, authorId: post.inReplyToUserId ?? (included && readGiven(included).authorId) };
}

type Quoted = {
  readonly id: string;
  readonly text: string | null;
  readonly author: { readonly id: string | null; readonly handle: string | null };
};

function readQuoted(post: GivenPost, includes: Includes): Quoted | null {
  const id = post.references.find(({ type }) => type === 'quoted')?.id;
  if (id === undefined) return null;
  const included = findIncludedPost(includes, id);
  const given = included && readGiven(included);
  const handle = findUser(includes, given?.authorId ?? null).handle ?? findHandleInLink(post, id);
  return { id, text: given && readAllWords(given), author: { id: given?.authorId ?? null, handle } };
}

/** The link to what is quoted names its author. */
function findHandleInLink({ links }: GivenPost, quotedId: string): string | null {
  for (const { expanded_url: target } of links) {
    const [, handle, id] =
      /^https:\/\/(?:x|twitter)\.com\/(\w{1,50})\/status\/(\d{1,19})/.exec(String(target)) ?? [];
    if (handle !== undefined && handle !== 'i' && id === quotedId) return handle;
  }
  return null;
}

/** An answer to us names us, whether or not its author wrote our name. */
function findSummons(post: GivenPost, quotedAuthor: Quoted['author'] | null, us: Us): ReadPost['summons'] {
  const isMentioned = post.mentions.some(({ username, id }) =>
    isOurAccount(us, { handle: username, id: typeof id === 'string' ? id : null }),
  );
  if (isMentioned || isOurAccount(us, { id: post.inReplyToUserId })) return 'mention';
  return quotedAuthor !== null && isOurAccount(us, quotedAuthor) ? 'quote' : null;
}
