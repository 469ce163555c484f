import { AppError } from '../../../src/errors.ts';
import type { OAuth2 } from './mailbox.ts';

/** A token that is about to expire is as good as none. */
const marginMs = 60_000;
const answerWithinMs = 15_000;
const maxAnswerBytes = 64 * 1024;

export type AccessTokens = {
  /** One that holds for a while. Throws `AppError` `unauthenticated` where none is given, `unavailable` where nobody answers. */
  readonly get: (now: Date) => Promise<string>;
  /** The server did not take the one that `get` gave: the next is a new one. */
  readonly forget: () => void;
};

/**
 * Access tokens (RFC 6749), kept until they expire. Where a refresh token comes with one it takes the place of the one
 * before, and `onRefreshToken` is told: providers let the old one expire.
 */
export function createAccessTokens(
  settings: OAuth2,
  onRefreshToken: (token: string) => Promise<void> = async () => undefined,
): AccessTokens {
  let refreshToken = settings.refreshToken;
  let held: { readonly token: string; readonly until: number } | null = null;

  async function renew(now: Date): Promise<string> {
    const {
      access_token: token,
      expires_in: seconds,
      refresh_token: next,
    } = await ask(settings, refreshToken);
    if (typeof token !== 'string' || token === '') {
      throw new AppError('unauthenticated', 'the token endpoint gave no access token');
    }
    const lasts = typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : 300_000;
    held = { token, until: now.getTime() + lasts - marginMs };
    if (refreshToken !== null && typeof next === 'string' && next !== '' && next !== refreshToken) {
      refreshToken = next;
      await onRefreshToken(next);
    }
    return token;
  }

  return {
    get: async (now) => (held !== null && now.getTime() < held.until ? held.token : renew(now)),
    forget: () => {
      held = null;
    },
  };
}

type TokenAnswer = {
  readonly access_token?: unknown;
  readonly expires_in?: unknown;
  readonly refresh_token?: unknown;
  readonly error?: unknown;
};

async function ask(settings: OAuth2, refreshToken: string | null): Promise<TokenAnswer> {
  const { tokenUrl, clientId, clientSecret, scope } = settings;
  const body = new URLSearchParams({
    client_id: clientId,
    ...(clientSecret === null ? {} : { client_secret: clientSecret }),
    ...(refreshToken === null
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'refresh_token', refresh_token: refreshToken }),
    ...(scope === null ? {} : { scope }),
  });
  let response: Response;
  let text: string;
  try {
    response = await fetch(tokenUrl, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(answerWithinMs),
    });
    text = (await response.text()).slice(0, maxAnswerBytes);
  } catch (cause) {
    throw new AppError('unavailable', 'the token endpoint does not answer', { cause });
  }
  const answer = parseAnswer(text);
  if (response.ok) return answer;
  // `invalid_grant`, `invalid_client` …: words of the RFC; the description beside it may name somebody
  const word = typeof answer.error === 'string' && /^[a-z_]{1,40}$/.test(answer.error) ? answer.error : '';
  throw new AppError(
    response.status >= 500 ? 'unavailable' : 'unauthenticated',
    `the token endpoint answered ${response.status} ${word}`.trim(),
  );
}

function parseAnswer(text: string): TokenAnswer {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
