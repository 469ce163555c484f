import { parseWanted, presentPosts } from './fields.ts';
import { matches } from './match.ts';
import type { Post, Posts } from './posts.ts';
import { invalidRequest } from './problem.ts';
import { parseQuery, type Query, QueryError } from './query.ts';
import type { Clock } from './server.ts';
import { firstIdOf, momentOf } from './snowflake.ts';

const hour = 3_600_000;
const day = 24 * hour;
const windowMs = 7 * day;
/** `end_time` must lie at least that long back. */
const settlingMs = 10_000;

export type Disorder = { isOn: boolean };

type SearchContext = {
  readonly posts: Posts;
  readonly clock: Clock;
  readonly queryLimit: number;
  /** Pages turned round, each beginning with what the one before ended with. */
  readonly disorder: Disorder;
};

/** GET /2/tweets/search/recent: the newest first, the next page from `meta.next_token`. */
export function searchRecent({ posts, clock, queryLimit, disorder }: SearchContext, query: URLSearchParams) {
  const wanted = parseWanted(query);
  const range = parseRange(query, clock());
  const found = parseSearchQuery(query, queryLimit);
  const most = parseCount(query, 'max_results', 10, 100, 10);
  const page: Post[] = [];
  let isMore = false;
  for (const post of searchable(posts, found, range, clock())) {
    isMore = page.length === most;
    if (isMore) break;
    page.push(post);
  }
  if (page.length === 0) return { meta: { result_count: 0 } };
  const [newest, oldest] = [page[0], page.at(-1)];
  const nextToken = isMore ? tokenOf(BigInt(oldest?.id ?? 0) + (disorder.isOn ? 1n : 0n)) : undefined;
  return {
    ...presentPosts(disorder.isOn ? page.toReversed() : page, wanted, posts.find),
    meta: {
      newest_id: newest?.id,
      oldest_id: oldest?.id,
      result_count: page.length,
      ...(nextToken && { next_token: nextToken }),
    },
  };
}

const granularities: Readonly<Record<string, number>> = { minute: 60_000, hour, day };

/** GET /2/tweets/counts/recent: how many there are, in buckets, oldest first; no post is delivered. */
export function countRecent({ posts, clock, queryLimit }: SearchContext, query: URLSearchParams) {
  const range = parseRange(query, clock());
  const found = parseSearchQuery(query, queryLimit);
  const granularity = query.get('granularity') ?? 'hour';
  const width = granularities[granularity];
  if (width === undefined) {
    throw invalidRequest(
      'granularity',
      granularity,
      `The \`granularity\` query parameter value [${granularity}] is not one of [minute,hour,day]`,
    );
  }
  const moments = [...searchable(posts, found, range, clock())].map(({ createdAt }) => createdAt.getTime());
  const [from, to] = [momentOf(range.after + 1n), range.before === null ? clock() : momentOf(range.before)];
  const data: { start: string; end: string; tweet_count: number }[] = [];
  for (let start = from; start < to; start = Math.floor(start / width) * width + width) {
    const end = Math.min(Math.floor(start / width) * width + width, to);
    data.push({
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
      tweet_count: moments.filter((at) => at >= start && (at < end || end === to)).length,
    });
  }
  return { data, meta: { total_tweet_count: moments.length } };
}

/** Ids greater than `after` and less than `before`. */
type Range = { readonly after: bigint; readonly before: bigint | null };

function* searchable(posts: Posts, query: Query, { after, before }: Range, now: number): Generator<Post> {
  for (const post of posts.newestFirst()) {
    const id = BigInt(post.id);
    if (id <= after) return;
    const latest = post.versionIds.findLast((version) => isIndexed(posts.find(version), now));
    if ((before === null || id < before) && latest === post.id && matches(query, post)) yield post;
  }
}

const isIndexed = (post: Post | null, now: number): boolean => post !== null && post.searchableAt <= now;

function parseRange(query: URLSearchParams, now: number): Range {
  const [since, until] = [parseId(query, 'since_id'), parseId(query, 'until_id')];
  const [start, end] = [parseMoment(query, 'start_time'), parseMoment(query, 'end_time')];
  if ((since !== null || until !== null) && (start !== null || end !== null)) {
    throw invalidRequest(
      since === null ? 'until_id' : 'since_id',
      String(since ?? until),
      "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'.",
    );
  }
  const oldest = now - windowMs;
  if (since !== null && momentOf(since) < oldest) {
    throw invalidRequest(
      'since_id',
      String(since),
      `'since_id' must be a tweet id created after [${new Date(oldest).toISOString()}]. Please use a 'since_id' that is larger than ${firstIdOf(oldest)}`,
    );
  }
  if (start !== null && start < oldest) {
    throw invalidRequest(
      'start_time',
      query.get('start_time'),
      `Invalid 'start_time':'${query.get('start_time')}'. 'start_time' must be on or after ${new Date(oldest).toISOString()}. The 'start_time' in your request was before the allowed window.`,
    );
  }
  if (end !== null && end > now - settlingMs) {
    throw invalidRequest(
      'end_time',
      query.get('end_time'),
      `Invalid 'end_time':'${query.get('end_time')}'. 'end_time' must be a minimum of 10 seconds prior to the request time.`,
    );
  }
  const token = query.get('next_token') ?? query.get('pagination_token');
  const before = [until, end === null ? null : firstIdOf(end), token === null ? null : parseToken(token)];
  return {
    after: since ?? firstIdOf(start ?? oldest) - 1n,
    before: before.reduce((least, id) => (id !== null && (least === null || id < least) ? id : least)),
  };
}

function parseSearchQuery(query: URLSearchParams, limit: number): Query {
  const text = query.get('query') ?? '';
  if (text.trim() === '') throw invalidRequest('query', null, 'The `query` query parameter can not be empty');
  if (text.length > limit) {
    throw invalidRequest(
      'query',
      text,
      `The \`query\` query parameter value's length [${text.length}] is not within the allowed limit [1-${limit}]`,
    );
  }
  try {
    return parseQuery(text);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw invalidRequest('query', text, `There were errors processing your request: ${error.message}`);
  }
}

export function parseCount(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
  usual: number,
): number {
  const given = query.get(name);
  if (given === null) return usual;
  const count = Number(given);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw invalidRequest(
    name,
    given,
    `The \`${name}\` query parameter value [${given}] is not between ${least} and ${most}`,
  );
}

export function parseId(query: URLSearchParams, name: string): bigint | null {
  const given = query.get(name);
  if (given === null) return null;
  if (/^[0-9]{1,19}$/u.test(given)) return BigInt(given);
  throw invalidRequest(name, given, `The \`${name}\` query parameter value [${given}] is not valid`);
}

export function parseMoment(query: URLSearchParams, name: string): number | null {
  const given = query.get(name);
  if (given === null) return null;
  const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/u.test(given) ? Date.parse(given) : Number.NaN;
  if (!Number.isNaN(moment)) return moment;
  throw invalidRequest(
    name,
    given,
    `The \`${name}\` query parameter value [${given}] is not a valid timestamp`,
  );
}

const tokenOf = (before: bigint): string => Buffer.from(`b26v89c19zqg8o3f ${before}`).toString('base64url');

export function parseToken(token: string): bigint {
  const [, before] = /^b26v89c19zqg8o3f (\d+)$/u.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (before !== undefined) return BigInt(before);
  throw invalidRequest(
    'next_token',
    token,
    `The \`next_token\` query parameter value [${token}] is not valid`,
  );
}
