import type { Place } from './report.ts';

/** A post on X as it was read from what the platform gave; nothing here is masked. */
export type ReadPost = {
  /** Decimal. Holds the moment it was posted, see `channels/twitter/snowflake.ts`. */
  readonly id: string;
  readonly permalink: string;
  readonly author: PostAuthor;
  /** Id of the post that the conversation began with: its own, where it began one. */
  readonly conversationId: string;
  readonly createdAt: Date;
  /** All its versions, the first one first and this one among them; itself alone where it was never edited. */
  readonly versionIds: readonly string[];
  /** All words of a long post, links written out; without the names that only call us. May be empty. */
  readonly text: string;
  /** Without the sign, as written: capitals tell the words of `JalanRusak` apart. Those that call us are among them. */
  readonly hashtags: readonly string[];
  /** Handles, without the sign. */
  readonly mentions: readonly string[];
  /** As the platform takes it for (BCP 47, `in` for Indonesian); null where it takes it for none. */
  readonly language: string | null;
  /** The post that it answers; its author is null where the platform does not say. */
  readonly repliedTo: { readonly id: string; readonly authorId: string | null } | null;
  /** The post that it quotes; its words are null where they are not there any more. */
  readonly quoted: {
    readonly id: string;
    readonly text: string | null;
    readonly handle: string | null;
  } | null;
  readonly media: readonly PostMedia[];
  readonly place: Place | null;
  /** How its author called us: then the platform lets us answer. Null where they did not. */
  readonly summons: 'mention' | 'quote' | null;
  /** What it says itself of its place in a thread, `2/3` or `2/`. */
  readonly part: { readonly number: number; readonly total: number | null } | null;
  /** What is searched for stands in it. A repost calls nobody. */
  readonly isTagged: boolean;
  /** We posted it. */
  readonly isOurs: boolean;
};

export type PostAuthor = {
  readonly id: string;
  readonly handle: string | null;
  readonly name: string | null;
};

export type PostMedia = {
  readonly kind: 'photo' | 'video' | 'gif';
  /** The best one first. */
  readonly versions: readonly [MediaVersion, ...MediaVersion[]];
  readonly altText: string | null;
};

/** At an address that the platform chose, so reached through the guarded way alone; it has about so many bytes, 0 where nobody says. */
export type MediaVersion = { readonly url: string; readonly bytes: number };

/** Those that may be no larger, the best one first; the smallest, where none is. */
export function listFitting({ versions }: PostMedia, mostBytes: number): readonly MediaVersion[] {
  const fitting = versions.filter(({ bytes }) => bytes <= mostBytes);
  return fitting.length > 0 ? fitting : versions.slice(-1);
}

export const isSameMedia = (one: PostMedia, other: PostMedia): boolean =>
  one.versions[0].url === other.versions[0].url;

/** A post that answers another one of the same author. */
export const continuesOwn = ({ repliedTo, author }: Pick<ReadPost, 'repliedTo' | 'author'>): boolean =>
  repliedTo !== null && repliedTo.authorId === author.id;

/** May have others before or behind it that belong to it. */
export const isThreadPart = (post: Pick<ReadPost, 'repliedTo' | 'author' | 'part'>): boolean =>
  continuesOwn(post) || (post.part !== null && post.part.total !== 1);

/** Whether anybody looks if posts are still there. */
export const looksForGonePosts = ({
  bearerToken,
  withdraw,
}: {
  readonly bearerToken: string | null;
  readonly withdraw: boolean;
}): boolean => bearerToken !== null && withdraw;
