import type { IncomingMessage } from 'node:http';
import { unauthorized, unsupportedAuthentication } from './problem.ts';

/** Whom an endpoint serves: the app, a user, or both. */
export type Audience = 'app' | 'user' | 'both';

export type Caller = { readonly kind: 'app' | 'user'; readonly token: string };

const names = { app: 'OAuth 2.0 Application-Only', user: 'OAuth 1.0a User Context' };

const oauthParameters = [
  ...['oauth_consumer_key', 'oauth_nonce', 'oauth_signature', 'oauth_signature_method'],
  ...['oauth_timestamp', 'oauth_token', 'oauth_version'],
];

/** Who calls. Throws a `Problem`. The signature of OAuth 1.0a is not verified, only that all of it is there. */
export function authorize(
  { headers: { authorization = '' } }: IncomingMessage,
  audience: Audience,
  bearerToken: string | undefined,
): Caller {
  const caller = readBearer(authorization, bearerToken) ?? readOAuth(authorization);
  if (caller === null) throw unauthorized();
  if (audience !== 'both' && audience !== caller.kind) {
    throw unsupportedAuthentication(names[caller.kind], names[audience]);
  }
  return caller;
}

function readBearer(authorization: string, expected: string | undefined): Caller | null {
  const [, token] = /^Bearer (\S+)$/u.exec(authorization) ?? [];
  if (token === undefined || (expected !== undefined && token !== expected)) return null;
  return { kind: 'app', token };
}

function readOAuth(authorization: string): Caller | null {
  if (!authorization.startsWith('OAuth ')) return null;
  const given = new Map(
    [...authorization.matchAll(/(oauth_[a-z_]+)="([^"]*)"/gu)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
  const isWhole = oauthParameters.every((name) => (given.get(name) ?? '') !== '');
  return isWhole ? { kind: 'user', token: given.get('oauth_token') ?? '' } : null;
}
