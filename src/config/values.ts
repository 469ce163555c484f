import { isIP } from 'node:net';
import { AppError } from '../errors.ts';

/** How settings are read from the environment: each kind of value says what it expects where it gets something else. */

export type Env = Readonly<Record<string, string | undefined>>;

/** Returns the usable value, or a sentence saying what was expected. */
export type Parse<T> = (raw: string) => { readonly value: T } | { readonly expected: string };

export function read<T, Default>(env: Env, name: string, parse: Parse<T>, fallback: Default): T | Default {
  const raw = env[name]?.trim();
  if (raw === undefined || raw === '') return fallback;
  const parsed = parse(raw);
  if ('expected' in parsed) {
    // The value itself is not repeated: it may be a secret put in the wrong variable.
    throw new AppError('config', `${name} cannot be used: expected ${parsed.expected}`);
  }
  return parsed.value;
}

export const isSet = (env: Env, name: string): boolean => (env[name] ?? '').trim() !== '';

/** Throws where some of the variables are set and others are not: together they mean something, alone nothing. */
export function requireTogether(env: Env, ...names: readonly string[]): void {
  const missing = names.filter((name) => !isSet(env, name));
  if (missing.length === 0 || missing.length === names.length) return;
  throw new AppError(
    'config',
    `${names.find((name) => isSet(env, name))} is set, so ${missing.join(' and ')} must be set too`,
  );
}

export const word: Parse<string> = (raw) =>
  /^[a-z0-9-]{1,40}$/.test(raw)
    ? { value: raw }
    : { expected: 'at most 40 lower-case letters, digits and dashes' };

export const text: Parse<string> = (raw) => ({ value: raw });

export const integer =
  (min: number, max: number): Parse<number> =>
  (raw) =>
    /^\d+$/.test(raw) && Number(raw) >= min && Number(raw) <= max
      ? { value: Number(raw) }
      : { expected: `a whole number from ${min} to ${max}` };

export const oneOf =
  <T extends string>(values: readonly T[]): Parse<T> =>
  (raw) => {
    const value = values.find((candidate) => candidate === raw);
    return value === undefined ? { expected: `one of ${values.join(', ')}` } : { value };
  };

export const atLeast =
  (length: number): Parse<string> =>
  (raw) =>
    raw.length >= length ? { value: raw } : { expected: `a secret of at least ${length} characters` };

export const urls =
  (...protocols: readonly string[]): Parse<string> =>
  (raw) => {
    const fits = raw.split(',').every((part) => protocols.includes(parseUrl(part.trim())?.protocol ?? ''));
    return fits
      ? { value: raw }
      : { expected: `a URL starting with ${protocols.map((p) => `${p}//`).join(' or ')}` };
  };

/** User and password in it would be printed with it. */
export const httpUrl =
  (example: string): Parse<string> =>
  (raw) => {
    const url = parseUrl(raw);
    return url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username === ''
      ? { value: url.href.replace(/\/$/, '') }
      : { expected: `an http(s) URL such as ${example}` };
  };

export const smsSender: Parse<string> = (raw) =>
  /^\+?\d{3,15}$/.test(raw) ? { value: raw } : { expected: 'a number such as 1708 or +6281234567890' };

export const timesOfDay: Parse<{ readonly from: number; readonly until: number }> = (raw) => {
  const [, ...times] = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(raw) ?? [];
  const [hour = 0, minute = 0, untilHour = 0, untilMinute = 0] = times.map(Number);
  const [from, until] = [hour * 60 + minute, untilHour * 60 + untilMinute];
  return from === until
    ? { expected: 'two times of the day such as 21:00-06:00' }
    : { value: { from, until } };
};

export const timeZone: Parse<string> = (raw) => {
  try {
    return { value: new Intl.DateTimeFormat('en', { timeZone: raw }).resolvedOptions().timeZone };
  } catch {
    return { expected: 'a time zone such as Asia/Jakarta, Asia/Makassar or Asia/Jayapura' };
  }
};

export const twilioSender: Parse<string> = (raw) =>
  /^MG[0-9a-f]{32}$/.test(raw) ? { value: raw } : smsSender(raw);

/** It becomes part of an address. */
export const accountName: Parse<string> = (raw) =>
  /^[A-Za-z0-9._&-]{3,50}$/.test(raw) ? { value: raw } : { expected: 'the name of an account' };

/** As long as a part of an address may be, in the form it has there. */
export const pathSecret: Parse<string> = (raw) =>
  /^[\x21-\x7e]{8,}$/.test(raw) && encodeURIComponent(raw).length <= 200
    ? { value: raw }
    : { expected: 'a secret of 8 to 200 letters and digits: it becomes part of an address' };

export const hosts: Parse<readonly string[]> = (raw) => {
  const list = raw.split(',').map((part) => part.trim().toLowerCase());
  return list.every((part) => /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/.test(part))
    ? { value: list }
    : { expected: 'hosts separated by commas, each as host or host:port' };
};

export const hostAndPort: Parse<string> = (raw) =>
  /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):\d{1,5}$/i.test(raw)
    ? { value: raw }
    : { expected: 'host:port, such as 127.0.0.1:3310' };

export const addresses: Parse<readonly string[]> = (raw) => {
  const list = raw.split(',').map((part) => part.trim().toLowerCase());
  return list.every((part) => part === 'loopback' || isAddressRange(part))
    ? { value: list }
    : { expected: 'addresses or ranges separated by commas, such as 10.0.0.5, 10.0.0.0/8 or loopback' };
};

function isAddressRange(part: string): boolean {
  const [address = '', bits, ...rest] = part.split('/');
  const longest = { 4: 32, 6: 128 }[isIP(address)];
  if (longest === undefined || rest.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= longest);
}

export const webhookSecret: Parse<string> = (raw) =>
  /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(raw)
    ? { value: raw }
    : { expected: 'a Standard Webhooks secret: whsec_ and at least 24 bytes in base64' };

export const key32: Parse<string> = (raw) =>
  /^[A-Za-z0-9+/]{43}=$/.test(raw) ? { value: raw } : { expected: '32 bytes in base64' };

export function parseUrl(raw: string): URL | null {
  return URL.canParse(raw) ? new URL(raw) : null;
}
