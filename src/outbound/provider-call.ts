import { Agent, buildConnector, request } from 'undici';

/** One HTTP request to a provider that the operator set up. */
export type CallRequest = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type CallOutcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The header as sent: seconds or a date (RFC 9110, 10.2.3). */
      readonly retryAfter: string | null;
      /** Empty where it could not be read whole: the status line has answered by then. */
      readonly body: string;
    }
  /** `not-sent`: no connection came about, so the provider knows nothing of it. `lost`: it may have been carried out. */
  | { readonly kind: 'not-sent' | 'lost'; readonly detail: string };

/** Never rejects: whatever goes wrong is an outcome, and `detail` holds no word of request or answer. */
export type Call = (request: CallRequest) => Promise<CallOutcome>;

/** In milliseconds. `total` bounds the way to the status line and no call takes longer than `total` and `body`. */
export type CallTimeouts = { readonly connect: number; readonly total: number; readonly body: number };
export const callTimeouts: CallTimeouts = { connect: 5_000, total: 15_000, body: 2_000 };

/** Longer answers are not read: providers answer with a line or a small document. */
const maxBodyBytes = 64 * 1024;

/**
 * Makes the way out to providers. Their addresses are the operator's settings, so any is allowed; redirects are answers,
 * never followed. Each call has a connection of its own: one kept from before may be closed by the provider at the very
 * moment of writing, and that would leave a message in doubt that never went anywhere.
 */
export function createProviderCall(timeouts: CallTimeouts = callTimeouts): {
  readonly call: Call;
  readonly close: () => Promise<void>;
} {
  const agent = new Agent({ connect: connector(timeouts.connect), pipelining: 0 });

  async function call({ method, url, headers, body }: CallRequest): Promise<CallOutcome> {
    try {
      const response = await request(url, {
        dispatcher: agent,
        method,
        headers: { 'user-agent': 'lapor-gateway', ...headers },
        body,
        signal: AbortSignal.timeout(timeouts.total),
      });
      const retryAfter = response.headers['retry-after'];
      return {
        kind: 'answer',
        status: response.statusCode,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
        body: await readBody(response.body, timeouts.body),
      };
    } catch (error) {
      if (error instanceof NeverConnectedError) return { kind: 'not-sent', detail: error.message };
      return { kind: 'lost', detail: codeOf(error) };
    }
  }

  return { call, close: () => agent.close() };
}

/** The message is a code: messages of TLS and resolvers may quote names and addresses. */
class NeverConnectedError extends Error {
  override readonly name = 'NeverConnectedError';
}

/** Connects as undici does, and marks what fails on the way: only then it is certain that nothing was sent. */
function connector(timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout });
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(new NeverConnectedError(codeOf(error)), null);
    });
}

async function readBody(
  body: AsyncIterable<Buffer> & { destroy: () => unknown },
  limitMs: number,
): Promise<string> {
  const timer = setTimeout(() => body.destroy(), limitMs);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBodyBytes) return '';
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return '';
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  if (error.name === 'TimeoutError') return 'no answer in time';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
