import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import type { PostOutcome } from '../domain/delivery.ts';
import { findTargetProblem, isAllowed, isPublicAddress } from './target.ts';

export type PostRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Never rejects: whatever goes wrong is an outcome, and none of its words come from the request or the answer's body. */
export type Post = (request: PostRequest) => Promise<PostOutcome>;

/** What came of asking for a file; none of its words come from the answer. */
export type DownloadOutcome =
  | { readonly kind: 'file'; readonly content: Buffer }
  /** There are more bytes than were wanted; none of them are kept. */
  | { readonly kind: 'too-large' }
  /** An answer without the file. */
  | { readonly kind: 'answer'; readonly status: number }
  | NoAnswer;

/** Never rejects. Reads no more than `maxBytes`. */
export type Download = (url: string, maxBytes: number) => Promise<DownloadOutcome>;

type NoAnswer = Exclude<PostOutcome, { readonly kind: 'answer' }>;

/** In milliseconds. `total` bounds the way to the status line, `body` the reading of what follows it, `file` all of a download. */
export type Timeouts = {
  readonly connect: number;
  readonly headers: number;
  readonly total: number;
  readonly body: number;
  readonly file: number;
};
const patient: Timeouts = { connect: 5_000, headers: 10_000, total: 15_000, body: 2_000, file: 30_000 };

/** How much of an answer's body is read, to keep the connection alive; none of it is kept. */
const drainBytes = 64 * 1024;

/**
 * Makes the one way out to addresses that others chose: https to public addresses, checked on the very addresses the
 * socket connects to, so a name that resolves differently the second time (DNS rebinding) gains nothing. Hosts in
 * `allow` are exempt. Redirects are answers, never followed. `download`
 * asks for a file by the same rules. `close` waits for requests in flight.
 */
export function createGuardedFetch(options: {
  readonly allow: readonly string[];
  readonly lookup?: LookupFunction;
  readonly timeouts?: Timeouts;
}): { readonly post: Post; readonly download: Download; readonly close: () => Promise<void> } {
  const { allow, lookup = systemLookup as LookupFunction, timeouts = patient } = options;
  const guarded = createAgent(publicOnly(lookup), timeouts);
  const exempt = createAgent(lookup, timeouts);

  const dispatcherFor = (url: string) => (isAllowed(new URL(url), allow) ? exempt : guarded);

  async function post({ url, headers, body }: PostRequest): Promise<PostOutcome> {
    const problem = findTargetProblem(url, allow);
    if (problem !== null) return { kind: 'blocked', detail: `the URL ${problem}` };
    try {
      const response = await request(url, {
        dispatcher: dispatcherFor(url),
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'lapor-gateway', ...headers },
        body,
        signal: AbortSignal.timeout(timeouts.total),
      });
      const retryAfter = oneValue(response.headers['retry-after']);
      await drain(response.body, timeouts.body);
      return { kind: 'answer', status: response.statusCode, retryAfter };
    } catch (error) {
      return toOutcome(error);
    }
  }

  async function download(url: string, maxBytes: number): Promise<DownloadOutcome> {
    const problem = findTargetProblem(url, allow);
    if (problem !== null) return { kind: 'blocked', detail: `the URL ${problem}` };
    try {
      const { statusCode, headers, body } = await request(url, {
        dispatcher: dispatcherFor(url),
        headers: { 'user-agent': 'lapor-gateway' },
        signal: AbortSignal.timeout(timeouts.file),
      });
      if (statusCode !== 200) {
        await drain(body, timeouts.body);
        return { kind: 'answer', status: statusCode };
      }
      const isTooLarge = Number(oneValue(headers['content-length']) ?? 0) > maxBytes;
      const content = isTooLarge ? null : await readUpTo(body, maxBytes);
      if (content !== null) return { kind: 'file', content };
      body.on('error', () => {}).destroy();
      return { kind: 'too-large' };
    } catch (error) {
      return toOutcome(error);
    }
  }

  return {
    post,
    download,
    close: async () => {
      await Promise.all([guarded.close(), exempt.close()]);
    },
  };
}

function createAgent(lookup: LookupFunction, timeouts: Timeouts): Agent {
  return new Agent({
    connect: { lookup, timeout: timeouts.connect },
    headersTimeout: timeouts.headers,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
    connections: 16,
  });
}

class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
}

/** Resolves like `lookup`, but fails unless every address is public: one private among them is an attack or a mistake. */
function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    const all: LookupOptions = { ...options, all: true };
    lookup(hostname, all, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = found as LookupAddress[];
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
        return callback(new BlockedAddressError('the name resolves to a private or reserved address'), []);
      }
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

/** An answer cut off, or dripping past the time limit, still is the answer its status line gave. */
async function drain(body: Dispatcher.ResponseData['body'], limitMs: number): Promise<void> {
  let size = 0;
  const timer = setTimeout(() => body.destroy(), limitMs);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > drainBytes) break;
    }
  } catch {
    // the connection broke or was given up
  } finally {
    clearTimeout(timer);
  }
}

/** Null where there is more; the connection is closed then. Rejects where it breaks off. */
async function readUpTo(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const timeoutCodes: readonly string[] = [
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
];

/** Only codes are passed on: messages of parsers and TLS may quote what was sent or received. */
function toOutcome(error: unknown): NoAnswer {
  if (!(error instanceof Error)) return { kind: 'network', detail: 'unknown failure' };
  if (error instanceof BlockedAddressError) return { kind: 'blocked', detail: error.message };
  if (error.name === 'TimeoutError') return { kind: 'timeout', detail: 'no complete answer in time' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { kind: timeoutCodes.includes(code) ? 'timeout' : 'network', detail: code };
}

function oneValue(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}
