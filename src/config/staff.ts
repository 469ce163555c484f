import { AppError } from '../errors.ts';
import { atLeast, type Env, httpUrl, integer, oneOf, read, requireTogether, text } from './values.ts';

/** How staff sign in. */
export type StaffConfig = {
  /** Minutes without a request after which a session ends. */
  readonly sessionIdleMinutes: number;
  /** Hours after which it ends in any case. */
  readonly sessionHours: number;
  /** Whether those who only key in may do without codes from an app; all others never may. */
  readonly isTotpOptional: boolean;
  /** The OpenID Connect provider that staff may sign in with as well; null where there is none. */
  readonly oidc: OidcConfig | null;
};

export type OidcConfig = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the button calls it. */
  readonly name: string;
};

/** Throws `AppError` `config` that names the variable. */
export function parseStaffConfig(env: Env): StaffConfig {
  return {
    sessionIdleMinutes: read(env, 'STAFF_SESSION_IDLE_MINUTES', integer(1, 1_440), 30),
    sessionHours: read(env, 'STAFF_SESSION_HOURS', integer(1, 168), 12),
    isTotpOptional: read(env, 'STAFF_TOTP', oneOf(['required', 'optional']), 'required') === 'optional',
    oidc: parseOidc(env),
  };
}

function parseOidc(env: Env): OidcConfig | null {
  requireTogether(env, 'STAFF_OIDC_ISSUER', 'STAFF_OIDC_CLIENT_ID', 'STAFF_OIDC_CLIENT_SECRET');
  const issuer = read(env, 'STAFF_OIDC_ISSUER', httpUrl('https://sso.example.go.id'), null);
  const clientId = read(env, 'STAFF_OIDC_CLIENT_ID', text, null);
  const clientSecret = read(env, 'STAFF_OIDC_CLIENT_SECRET', atLeast(8), null);
  if (issuer === null || clientId === null || clientSecret === null) return null;
  if (issuer.startsWith('http:') && !isLoopback(issuer)) {
    throw new AppError('config', 'STAFF_OIDC_ISSUER cannot be used: expected https, or http on this machine');
  }
  return { issuer, clientId, clientSecret, name: read(env, 'STAFF_OIDC_NAME', text, 'SSO') };
}

/** Over plain http whoever is on the way could sign in as anybody. */
const isLoopback = (url: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
