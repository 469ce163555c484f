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
  /** What is searched for stands in it. */
  readonly isTagged: boolean;
  /** We posted it. */
  readonly isOurs: boolean;
};

export type PostAuthor = {
  readonly id: string;
  readonly handle: string | null;
  readonly name: string | null;
};

/** `url` is that of the best version that may be taken in: chosen by the platform, so reached through the guarded way alone. */
export type PostMedia = {
  readonly kind: 'photo' | 'video' | 'gif';
  readonly url: string;
  readonly altText: string | null;
};

/** A post that answers another one of the same author. */
export const continuesOwn = ({ repliedTo, author }: Pick<ReadPost, 'repliedTo' | 'author'>): boolean =>
  repliedTo !== null && repliedTo.authorId === author.id;

/** May have others before or behind it that belong to it. */
export const isThreadPart = (post: Pick<ReadPost, 'repliedTo' | 'author' | 'part'>): boolean =>
  continuesOwn(post) || (post.part !== null && post.part.total !== 1);
