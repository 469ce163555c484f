import { parseWanted, presentPosts, presentUser } from './fields.ts';
import type { Post, Posts } from './posts.ts';
import { invalidRequest, missing } from './problem.ts';
import { parseCount, parseId, parseMoment } from './search.ts';
import { firstIdOf } from './snowflake.ts';
import type { User, Users } from './users.ts';

const most = 100;

/** GET /2/tweets: what of these ids is there under `data`, the rest under `errors`. */
export function lookUpPosts(posts: Posts, query: URLSearchParams) {
  const ids = (query.get('ids') ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0) throw invalidRequest('ids', null, 'The `ids` query parameter can not be empty');
  if (ids.length > most) {
    throw invalidRequest(
      'ids',
      ids.join(','),
      `The number of values in the \`ids\` query parameter list [${ids.length}] is not between 1 and ${most}`,
    );
  }
  const wanted = parseWanted(query);
  const found = [...new Set(ids)].flatMap((id) => posts.find(id) ?? []);
  const { data, errors, ...rest } = presentPosts(found, wanted, posts.find);
  const gone = ids.filter((id) => posts.find(id) === null).map((id) => missing('tweet', 'ids', id));
  const all = [...(errors ?? []), ...gone];
  return { ...(data.length > 0 && { data }), ...rest, ...(all.length > 0 && { errors: all }) };
}

/** GET /2/tweets/:id. One that is not there is no failure for X: it says so under `errors`, with 200. */
export function lookUpPost(posts: Posts, id: string, query: URLSearchParams) {
  const wanted = parseWanted(query);
  const post = posts.find(id);
  if (post === null) return { errors: [missing('tweet', 'id', id)] };
  const { data, ...rest } = presentPosts([post], wanted, posts.find);
  return { data: data[0], ...rest };
}

/** GET /2/users/by/username/:username and GET /2/users/me. */
export function lookUpUser(user: User | null, handle: string, query: URLSearchParams) {
  const wanted = parseWanted(query);
  return user === null
    ? { errors: [missing('user', 'username', handle)] }
    : { data: presentUser(user, wanted) };
}

/** GET /2/users/:id/tweets: what this user posted, newest first. */
export function listPostsOf(posts: Posts, users: Users, id: string, query: URLSearchParams) {
  const wanted = parseWanted(query);
  if (users.find(id) === null) return { errors: [missing('user', 'id', id)] };
  const count = parseCount(query, 'max_results', 5, 100, 10);
  const start = parseMoment(query, 'start_time');
  const since = parseId(query, 'since_id') ?? (start === null ? null : firstIdOf(start) - 1n);
  const until = parseId(query, query.has('pagination_token') ? 'pagination_token' : 'until_id');
  const page: Post[] = [];
  for (const post of posts.newestFirst()) {
    if (since !== null && BigInt(post.id) <= since) break;
    if (post.author.id === id && (until === null || BigInt(post.id) < until)) page.push(post);
    if (page.length > count) break;
  }
  const isMore = page.length > count;
  const shown = page.slice(0, count);
  if (shown.length === 0) return { meta: { result_count: 0 } };
  const oldest = shown.at(-1)?.id;
  return {
    ...presentPosts(shown, wanted, posts.find),
    meta: {
      newest_id: shown[0]?.id,
      oldest_id: oldest,
      result_count: shown.length,
      ...(isMore && { next_token: oldest }),
    },
  };
}
