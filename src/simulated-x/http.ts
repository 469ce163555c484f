import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Audience, authorize, type Caller } from './authorization.ts';
import type { Fault, Faults } from './faults.ts';
import { invalidRequest, notThere, Problem } from './problem.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Clock } from './server.ts';

export type ApiRequest = {
  readonly query: URLSearchParams;
  /** What stands for `:id` in the path. */
  readonly id: string;
  readonly caller: Caller;
  /** Parsed where it is JSON, else text. */
  readonly body: unknown;
  readonly response: ServerResponse;
};

export type Route = {
  readonly method: string;
  readonly path: string;
  readonly audience: Audience | 'anybody';
  /** Requests in 15 minutes; null: there is no limit. */
  readonly limit: number | null;
  /** The body of the answer, and its status where it is not 200; null where it answers itself. */
  readonly handle: (request: ApiRequest) => { readonly status?: number; readonly body: unknown } | null;
};

type HttpOptions = {
  readonly routes: readonly Route[];
  readonly faults: Faults;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly bearerToken: string | undefined;
  readonly count: (endpoint: string) => void;
};

const largestBody = 8 * 1024 * 1024;

/** Takes requests to their routes, and in between does what faults say. */
export function createHandler(options: HttpOptions) {
  const { routes, faults, clock, count } = options;
  const pending = new Set<NodeJS.Timeout>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulated-x');
    response.setHeader('date', new Date(clock()).toUTCString());
    const body = await readBody(request);
    const found = findRoute(routes, method, pathname);
    count(`${method} ${found?.route.path ?? pathname}`);
    const fault = faults.take(method, pathname);
    if (fault !== null && 'cut' in fault && fault.cut === 'before') return void request.socket.destroy();
    if (fault !== null && 'status' in fault) return answerFault(response, fault);
    const answer = answerOf(() => {
      if (body === null || found === null) throw notThere();
      return serve(found, { request, response, query: searchParams, body });
    });
    if (fault !== null && 'cut' in fault) return void request.socket.destroy();
    if (fault !== null && 'hangMs' in fault) await later(fault.hangMs);
    if (answer !== null) write(response, answer.status ?? 200, answer.body);
  }

  function serve(
    { route, id }: { route: Route; id: string },
    { request, response, query, body }: Served,
  ): ReturnType<Route['handle']> {
    const { audience, limit, method, path } = route;
    const caller: Caller =
      audience === 'anybody' ? { kind: 'app', token: '' } : authorize(request, audience, options.bearerToken);
    if (limit !== null) {
      options.limits.use(`${method} ${path}`, limit, (name, value) => response.setHeader(name, value));
    }
    const isJson = request.headers['content-type']?.startsWith('application/json') ?? false;
    return route.handle({ query, id, caller, body: isJson ? parseJson(body) : body, response });
  }

  const later = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        pending.delete(timer);
        resolve();
      }, ms);
      pending.add(timer);
    });

  return {
    handle,
    stop: (): void => {
      for (const timer of pending) clearTimeout(timer);
    },
  };
}

type Served = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly body: string;
};

function findRoute(routes: readonly Route[], method: string, path: string) {
  for (const route of routes) {
    const pattern = new RegExp(`^${route.path.replace(':id', '([\\w.-]+)')}$`, 'u');
    const match = route.method === method ? pattern.exec(path) : null;
    if (match !== null) return { route, id: match[1] ?? '' };
  }
  return null;
}

function answerOf(serve: () => ReturnType<Route['handle']>): ReturnType<Route['handle']> {
  try {
    return serve();
  } catch (error) {
    if (error instanceof Problem) return { status: error.status, body: error.body };
    throw error;
  }
}

/** Null where it is larger than anything that is sent here, or its sender went away. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > largestBody) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw invalidRequest('body', null, 'The body is not valid JSON');
  }
}

function answerFault(response: ServerResponse, fault: Extract<Fault, { readonly status: number }>): void {
  for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
  const words = { title: 'Fault', detail: 'Asked for.', type: 'about:blank', status: fault.status };
  write(response, fault.status, fault.body ?? words);
}

function write(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
