import type { TwitterApi } from 'twitter-api-v2';
import type { TwitterConfig } from '../../src/config/twitter.ts';
import { createAgent } from './agent.ts';

/**
 * Makes one call, and once only: rejects with what `readFailure` understands, or with the signal's reason. It has ended by
 * then, one way or the other: nothing of it goes on in the background.
 */
export type XClient = <T>(call: (api: TwitterApi) => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** `app` reads what is public, `account` posts; null: nobody is answered. */
export type XClients = { readonly app: XClient; readonly account: XClient | null };

/** However slowly the answer comes: the library's own limit is for silence, and begins anew with each byte. */
const callTimeoutMs = 20_000;

/** Null without a bearer token: then the channel is off. */
export function createXClients(config: TwitterConfig): XClients | null {
  const { bearerToken, appKey, appSecret, accessToken, accessSecret, apiUrl } = config;
  if (bearerToken === null) return null;
  const hasAccount = appKey !== null && appSecret !== null && accessToken !== null && accessSecret !== null;
  return {
    app: createXClient(bearerToken, apiUrl),
    account: hasAccount ? createXClient({ appKey, appSecret, accessToken, accessSecret }, apiUrl) : null,
  };
}

type Tokens = string | Readonly<Record<'appKey' | 'appSecret' | 'accessToken' | 'accessSecret', string>>;

/** `timeoutMs` is given by tests alone. */
export function createXClient(tokens: Tokens, apiUrl: string, timeoutMs = callTimeoutMs): XClient {
  return async (call, signal) => {
    // Only who has an account there loads it.
    const library = await import('twitter-api-v2');
    signal?.throwIfAborted();
    const httpAgent = createAgent(apiUrl);
    // Uncompressed: where a compressed answer breaks off the library waits for its end for ever.
    const settings = { httpAgent, compression: 'identity' as const };
    const api =
      typeof tokens === 'string'
        ? new library.TwitterApi(tokens, settings)
        : new library.TwitterApi(tokens, settings);
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(new CallTimedOut('X has not answered in time')), timeoutMs);
    const onAbort = () => ending.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    try {
      return await Promise.race([call(api), rejectOnAbort(ending.signal)]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      httpAgent.destroy();
    }
  };
}

/** Whether the request was carried out nobody knows. */
export class CallTimedOut extends Error {
  override readonly name = 'CallTimedOut';
}

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
