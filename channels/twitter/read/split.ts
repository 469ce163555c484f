import { findIncludedPost, type Includes, isPost, type Payload, readGiven } from './payload.ts';

/** What an answer of X holds for us. */
export type Split = {
  /** In the order of the answer. */
  readonly payloads: readonly Payload[];
  /** Of so many posts not even the id can be read. */
  readonly unreadable: number;
};

/**
 * One answer with its one post or its many, or one line of the stream, as one payload for each post, with only those includes
 * that the post refers to: what is sealed with one person's post is nobody else's.
 */
export function splitAnswer(answer: unknown): Split {
  const { data, includes } = Object(answer) as { readonly data?: unknown; readonly includes?: unknown };
  const given = Array.isArray(data) ? data : data === undefined || data === null ? [] : [data];
  const posts = given.filter(isPost);
  return {
    payloads: posts.map((post) => ({ data: post, includes: pickIncludes(post, listsOf(includes)) })),
    unreadable: given.length - posts.length,
  };
}

const listsOf = (includes: unknown): Includes =>
  Object.fromEntries(Object.entries(Object(includes)).filter(([, list]) => Array.isArray(list))) as Includes;

function pickIncludes(data: Payload['data'], includes: Includes): Includes {
  const post = readGiven(data);
  const referred = post.references.flatMap(({ id }) => findIncludedPost(includes, id) ?? []);
  const wanted = new Set([
    ...post.references.map(({ id }) => id),
    ...[post.authorId, post.placeId].filter((id) => id !== null),
    ...referred.flatMap((each) => readGiven(each).authorId ?? []),
    ...post.mediaKeys,
  ]);
  const isWanted = (each: unknown) => {
    const { id, media_key: key } = Object(each) as { readonly id?: unknown; readonly media_key?: unknown };
    return wanted.has((key ?? id) as string);
  };
  return Object.fromEntries(
    Object.entries(includes)
      .map(([kind, list]) => [kind, list.filter(isWanted)] as const)
      .filter(([, list]) => list.length > 0),
  );
}
