import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import { compose, type Written } from './compose.ts';
import type { Media, MediaDraft, MediaFiles } from './media.ts';
import type { Clock } from './server.ts';
import { firstIdOf } from './snowflake.ts';
import type { User, Users } from './users.ts';

export type PlaceDraft = {
  readonly fullName: string;
  /** Longitude, latitude. */
  readonly coordinates?: readonly [number, number];
  /** West, south, east, north. */
  readonly bbox?: readonly [number, number, number, number];
};

export type PostDraft = {
  /** Handle; who is not known yet gets an account. */
  readonly author?: string;
  readonly text: string;
  readonly at?: Date;
  readonly replyTo?: string;
  readonly quote?: string;
  readonly retweetOf?: string;
  readonly media?: readonly MediaDraft[];
  readonly place?: PlaceDraft;
  /** Written as a long post even where it would fit into a short one. */
  readonly long?: boolean;
  readonly lang?: string;
  /** Until search knows this one, where it is not as long as for all. */
  readonly indexingMs?: number;
};

export type Post = {
  readonly id: string;
  readonly author: User;
  readonly createdAt: Date;
  /** The moment from which search finds it. */
  readonly searchableAt: number;
  readonly conversationId: string;
  readonly repliedTo: Post | null;
  readonly quoted: Post | null;
  readonly retweeted: Post | null;
  /** As its author wrote it. */
  readonly plain: string;
  readonly short: Written;
  readonly long: Written | null;
  readonly media: readonly Media[];
  readonly place: (PlaceDraft & { readonly id: string }) | null;
  readonly lang: string;
  /** All versions share it, oldest first. */
  readonly versionIds: string[];
};

export type Posts = ReturnType<typeof createPosts>;

type PostsOptions = {
  readonly clock: Clock;
  readonly users: Users;
  readonly files: MediaFiles;
  readonly indexingMs: number;
};

/** How many are kept; the oldest are forgotten first. */
const most = 100_000;

/** Every post there is, in the order of their ids, which is that of their moments. */
export function createPosts({ clock, users, files, indexingMs }: PostsOptions) {
  const byId = new Map<string, Post>();
  const inOrder: Post[] = [];

  function publish(draft: PostDraft, earlier: Post | null = null): Post {
    const at = draft.at?.getTime() ?? clock();
    const id = nextId(at);
    const author = users.get(draft.author ?? 'warga');
    const repliedTo = referred(draft.replyTo);
    const text = { author, text: draft.text, isLong: draft.long ?? false };
    const references = { repliedTo, quoted: referred(draft.quote), retweeted: referred(draft.retweetOf) };
    const media = earlier?.media ?? draft.media?.map((file, index) => files.add(`${id}${index}`, file)) ?? [];
    const versionIds = earlier?.versionIds ?? [];
    versionIds.push(id);
    return insert({
      id,
      author,
      createdAt: new Date(at),
      searchableAt: clock() + (draft.indexingMs ?? indexingMs),
      conversationId: earlier?.conversationId ?? repliedTo?.conversationId ?? id,
      ...references,
      plain: draft.text,
      ...compose({ id, ...text, ...references, media }, users.get),
      media,
      place: draft.place === undefined ? null : { ...draft.place, id: placeId(draft.place) },
      lang: draft.lang ?? 'in',
      versionIds,
    });
  }

  function edit(id: string, text: string, at?: Date): Post {
    const post = get(id);
    return publish({ ...draftOf(post), text, ...(at && { at }) }, post);
  }

  function insert(post: Post): Post {
    byId.set(post.id, post);
    const newest = inOrder.at(-1);
    if (newest === undefined || BigInt(newest.id) < BigInt(post.id)) inOrder.push(post);
    else
      inOrder.splice(
        inOrder.findIndex(({ id }) => BigInt(id) > BigInt(post.id)),
        0,
        post,
      );
    if (inOrder.length > most) forget(inOrder[0]?.id ?? '');
    return post;
  }

  function forget(id: string): void {
    byId.delete(id);
    const index = inOrder.findIndex((post) => post.id === id);
    if (index >= 0) inOrder.splice(index, 1);
  }

  function nextId(at: number): string {
    let id = firstIdOf(at);
    while (byId.has(String(id))) id += 1n;
    return String(id);
  }

  function get(id: string): Post {
    const post = byId.get(id);
    if (post === undefined) throw new AppError('not-found', `There is no post ${id}.`);
    return post;
  }

  const referred = (id: string | undefined): Post | null => (id === undefined ? null : get(id));

  return {
    publish: (draft: PostDraft): Post => publish(draft),
    edit,
    /** With all its versions. */
    delete: (id: string): void => [...get(id).versionIds].forEach(forget),
    find: (id: string): Post | null => byId.get(id) ?? null,
    /** Newest first. */
    *newestFirst(): Generator<Post> {
      for (let index = inOrder.length - 1; index >= 0; index -= 1) {
        const post = inOrder[index];
        if (post !== undefined) yield post;
      }
    },
  };
}

function draftOf({ author, repliedTo, quoted, place, lang, long }: Post): Omit<PostDraft, 'text'> {
  return {
    author: author.username,
    lang,
    long: long !== null,
    ...(repliedTo && { replyTo: repliedTo.id }),
    ...(quoted && { quote: quoted.id }),
    ...(place && { place }),
  };
}

const placeId = ({ fullName }: PlaceDraft): string =>
  createHash('sha256').update(fullName).digest('hex').slice(0, 16);
