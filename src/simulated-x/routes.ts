import type { createAnswers } from './answers.ts';
import type { Compliance } from './compliance.ts';
import type { Route } from './http.ts';
import { listPostsOf, lookUpPost, lookUpPosts, lookUpUser } from './lookup.ts';
import type { MediaFiles } from './media.ts';
import type { Posts } from './posts.ts';
import type { Rules } from './rules.ts';
import { countRecent, type Disorder, searchRecent } from './search.ts';
import type { Clock } from './server.ts';
import type { Stream } from './stream.ts';
import type { User, Users } from './users.ts';

type Parts = {
  readonly posts: Posts;
  readonly users: Users;
  readonly files: MediaFiles;
  readonly rules: Rules;
  readonly stream: Stream;
  readonly answers: ReturnType<typeof createAnswers>;
  readonly compliance: Compliance;
  readonly clock: Clock;
  readonly queryLimit: number;
  readonly disorder: Disorder;
  /** Whose tokens the keys of OAuth 1.0a are. */
  readonly account: () => User;
  /** Throws a `Problem` where no credit is left, for what is paid for. */
  readonly demandCredits: () => void;
  readonly pay: (purpose: 'search' | 'lookup', posts: number) => void;
  readonly readPosts: () => number;
};

/** What is answered, to whom, and how often in 15 minutes: limits of docs.x.com/x-api/fundamentals/rate-limits. */
export function createRoutes(parts: Parts): readonly Route[] {
  const { posts, users, rules, stream, answers, compliance, account, demandCredits, pay } = parts;

  const charged = <T extends object>(purpose: 'search' | 'lookup', read: () => T): { body: T } => {
    demandCredits();
    const body = read();
    const { data } = body as { data?: unknown };
    pay(purpose, Array.isArray(data) ? data.length : data === undefined ? 0 : 1);
    return { body };
  };
  const free = <T>(read: () => T): { body: T } => {
    demandCredits();
    return { body: read() };
  };
  const get = (
    path: string,
    audience: Route['audience'],
    limit: number | null,
    handle: Route['handle'],
  ): Route => ({ method: 'GET', path, audience, limit, handle });

  return [
    get('/2/tweets/search/recent', 'both', 450, ({ query }) =>
      charged('search', () => searchRecent(parts, query)),
    ),
    get('/2/tweets/counts/recent', 'app', 300, ({ query }) => free(() => countRecent(parts, query))),
    get('/2/tweets/search/stream', 'app', 50, ({ caller, query, response }) => {
      demandCredits();
      stream.open(caller.token, query, response);
      return null;
    }),
    get('/2/tweets/search/stream/rules', 'app', 450, () => ({ body: rules.present() })),
    {
      method: 'POST',
      path: '/2/tweets/search/stream/rules',
      audience: 'app',
      limit: 100,
      handle: ({ body, query }) => rules.change((body ?? {}) as object, query.get('dry_run') === 'true'),
    },
    {
      method: 'POST',
      path: '/2/tweets',
      audience: 'user',
      limit: 100,
      handle: ({ body }) => {
        demandCredits();
        return { status: 201, body: answers.post(body, account()) };
      },
    },
    get('/2/tweets', 'both', 3_500, ({ query }) => charged('lookup', () => lookUpPosts(posts, query))),
    get('/2/users/me', 'user', 75, ({ query }) =>
      free(() => lookUpUser(account(), account().username, query)),
    ),
    get('/2/users/by/username/:id', 'both', 300, ({ id, query }) =>
      free(() => lookUpUser(users.findByHandle(id), id, query)),
    ),
    get('/2/users/:id/tweets', 'both', 900, ({ id, query }) =>
      charged('lookup', () => listPostsOf(posts, users, id, query)),
    ),
    get('/2/usage/tweets', 'app', 50, ({ query }) => ({ body: presentUsage(parts, query) })),
    {
      method: 'POST',
      path: '/2/compliance/jobs',
      audience: 'app',
      limit: 150,
      handle: ({ body }) => ({ body: compliance.create(body) }),
    },
    get('/2/compliance/jobs', 'app', 150, () => ({ body: compliance.list() })),
    get('/2/compliance/jobs/:id', 'app', 150, ({ id }) => ({ body: compliance.look(id) })),
    {
      method: 'PUT',
      path: '/compliance/:id/upload',
      audience: 'anybody',
      limit: null,
      handle: ({ id, body }) => {
        compliance.upload(id, String(body));
        return { body: '' };
      },
    },
    get('/compliance/:id/download', 'anybody', null, ({ id }) => ({ body: compliance.download(id) })),
    get('/media/:id', 'anybody', null, ({ id, query, response }) => {
      parts.files.serve(`/media/${id}`, query, response);
      return null;
    }),
    get('/2/tweets/:id', 'both', 450, ({ id, query }) =>
      charged('lookup', () => lookUpPost(posts, id, query)),
    ),
  ];
}

const monthlyCap = 2_000_000;

/** GET /2/usage/tweets. */
function presentUsage({ readPosts, clock }: Parts, query: URLSearchParams) {
  const now = new Date(clock());
  const midnight = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  const usage = readPosts();
  return {
    data: {
      cap_reset_day: 1,
      project_id: '2026000000000000001',
      project_cap: String(monthlyCap),
      project_usage: String(usage),
      ...(query.get('usage.fields')?.includes('daily_project_usage') && {
        daily_project_usage: {
          project_id: '2026000000000000001',
          usage: [{ date: midnight.toISOString(), usage: String(usage) }],
        },
      }),
    },
  };
}
