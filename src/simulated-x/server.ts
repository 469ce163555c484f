import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, createAnswers } from './answers.ts';
import { createCompliance } from './compliance.ts';
import { createFaults, type Fault } from './faults.ts';
import { createHandler } from './http.ts';
import { createMediaFiles } from './media.ts';
import { createPosts, type Post, type PostDraft } from './posts.ts';
import { creditsDepleted } from './problem.ts';
import { createRateLimits } from './rate-limits.ts';
import { createRoutes } from './routes.ts';
import { createRules, type Rule } from './rules.ts';
import type { Disorder } from './search.ts';
import { createStream } from './stream.ts';
import { createUsers, type UserDraft } from './users.ts';

/** Milliseconds since 1970. */
export type Clock = () => number;

export type SimulatedXOptions = {
  readonly port?: number;
  readonly heartbeatMs?: number;
  /** Until search knows a post. */
  readonly indexingMs?: number;
  /** Characters that a query of search may have: 512, for Enterprise 4,096. */
  readonly queryLimit?: number;
  /** The only one that is let in; any is, where it is not given. */
  readonly bearerToken?: string;
  /** Handle of the account that answers. */
  readonly account?: string;
  /** Enterprise may reply to who did not call. */
  readonly plan?: 'pay-per-use' | 'enterprise';
  readonly clock?: Clock;
};

export type SimulatedX = {
  /** For TWITTER_API_URL. */
  readonly url: string;
  /** Returns the id. It goes to matching streams at once, and to search once it is indexed. */
  readonly publish: (post: PostDraft) => string;
  /** Returns the id of the new version. */
  readonly edit: (id: string, text: string, at?: Date) => string;
  /** With all its versions. */
  readonly delete: (id: string) => void;
  readonly addUser: (user: UserDraft) => { readonly id: string };
  /** What was posted through the API. */
  readonly answers: readonly Answer[];
  /** Returns how to take it back. */
  readonly fault: (fault: Fault) => () => void;
  /** From now on pages of search are turned round, and each repeats the last post of the one before. */
  readonly disorder: (on: boolean) => void;
  readonly stream: {
    readonly connections: number;
    readonly cut: () => void;
    readonly stall: (on: boolean) => void;
    readonly send: (raw: Buffer) => void;
    readonly rules: () => readonly Rule[];
  };
  /** What X would bill, each time it is delivered; requests by method and path, such as `GET /2/tweets/:id`. */
  readonly delivered: {
    readonly searchPosts: number;
    readonly streamPosts: number;
    readonly lookupPosts: number;
    readonly requests: Readonly<Record<string, number>>;
  };
  /** In posts; null: endless. */
  readonly setCredits: (posts: number | null) => void;
  readonly stop: () => Promise<void>;
};

/** Starts a server on loopback that behaves as the API v2 of X is documented in 2026: for tests, and for the demo. */
export async function startSimulatedX(options: SimulatedXOptions = {}): Promise<SimulatedX> {
  const { port = 0, heartbeatMs = 20_000, indexingMs = 0, queryLimit = 512, clock = Date.now } = options;
  const { bearerToken, account = 'LAPOR1708', plan = 'pay-per-use' } = options;
  let url = '';
  const address = () => url;
  const delivered = {
    searchPosts: 0,
    streamPosts: 0,
    lookupPosts: 0,
    requests: {} as Record<string, number>,
  };
  let credits = Number.POSITIVE_INFINITY;
  const disorder: Disorder = { isOn: false };

  const users = createUsers(clock);
  users.add({ handle: account });
  const files = createMediaFiles(address);
  const posts = createPosts({ clock, users, files, indexingMs });
  const rules = createRules(clock);
  const stream = createStream({
    rules,
    find: posts.find,
    heartbeatMs,
    pay: () => {
      if (credits < 1) return false;
      credits -= 1;
      delivered.streamPosts += 1;
      return true;
    },
  });
  const told = (post: Post): Post => {
    stream.deliver(post);
    return post;
  };
  const publish = (draft: PostDraft): Post => told(posts.publish(draft));
  const answers = createAnswers({ posts, publish, mustBeSummoned: plan === 'pay-per-use' });
  const faults = createFaults();
  const routes = createRoutes({
    ...{ posts, users, files, rules, stream, answers, clock, queryLimit, disorder },
    compliance: createCompliance(posts, clock, address),
    account: () => users.get(account),
    demandCredits: () => {
      if (credits < 1) throw creditsDepleted();
    },
    pay: (purpose, count) => {
      credits -= count;
      delivered[purpose === 'search' ? 'searchPosts' : 'lookupPosts'] += count;
    },
    readPosts: () => delivered.searchPosts + delivered.streamPosts + delivered.lookupPosts,
  });
  const handler = createHandler({
    ...{ routes, faults, clock, bearerToken },
    limits: createRateLimits(clock),
    count: (endpoint) => {
      delivered.requests[endpoint] = (delivered.requests[endpoint] ?? 0) + 1;
    },
  });

  const server = createServer((request, response) => void handler.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    publish: (draft) => publish(draft).id,
    edit: (id, text, at) => told(posts.edit(id, text, at)).id,
    delete: posts.delete,
    addUser: users.add,
    answers: answers.list,
    fault: faults.add,
    disorder: (on) => {
      disorder.isOn = on;
    },
    stream: {
      get connections() {
        return stream.connections;
      },
      cut: stream.cut,
      stall: stream.stall,
      send: stream.send,
      rules: rules.list,
    },
    delivered,
    setCredits: (left) => {
      credits = left ?? Number.POSITIVE_INFINITY;
    },
    stop: () =>
      new Promise((resolve) => {
        handler.stop();
        stream.cut();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
