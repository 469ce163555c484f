import { isIP } from 'node:net';
import { type CrashAt, crashPoints } from './crash-points.ts';
import { AppError } from './errors.ts';

/**
 * Every setting there is, read from the environment once, in `src/main.ts`. Unset means the default; a value that
 * cannot be used is an error that names its variable. `describeConfig` prints them with secrets left out.
 */
export type Config = {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** Null: the gateway brings its own PostgreSQL along in `dataDir`. */
  readonly databaseUrl: string | null;
  /** Null: the gateway brings its own Redis along. Several URLs separated by commas: the nodes of a Redis Cluster. */
  readonly redisUrl: string | null;
  /** Where citizens and agencies reach this gateway, without a trailing slash. */
  readonly publicUrl: string;
  readonly logLevel: LogLevel;
  /** `host` or `host:port` that webhooks may reach although private or plain http. */
  readonly outboundAllow: readonly string[];
  readonly smsGenericSecret: string | null;
  readonly smsKannelSecret: string | null;
  /** X25519, 32 bytes in base64. Null: from `dataDir/keys`, as the next two. */
  readonly identityPublicKey: string | null;
  /** File of one or more X25519 private keys in PEM, the newest first; only for who works or discloses. */
  readonly identityPrivateKeyFile: string | null;
  /** Key of the blind index, 32 bytes in base64: the same in every gateway. */
  readonly identityIndexKey: string | null;
  /** Kannel's sendsms, for word back by SMS; null: none is sent. With it come user and password. */
  readonly smsKannelSendUrl: string | null;
  readonly smsKannelSendUser: string | null;
  readonly smsKannelSendPassword: string | null;
  readonly smsKannelSendFrom: string;
  /** Name all queues of this gateway start with; two gateways on one Redis need two. */
  readonly queueNamespace: string;
  /** Days within which the same text about the same place is a duplicate. */
  readonly duplicateWindowDays: number;
  /** Megabytes that may wait on local disk while PostgreSQL is away. */
  readonly spoolMaxMb: number;
  /** Requests a minute from one address; 0 means no limit, here and below. */
  readonly rateLimitPerAddress: number;
  /** Reports a minute from one address, sent by web form or API. */
  readonly rateLimitReportsPerAddress: number;
  /** Reports an hour that name the same phone number or e-mail address, sent by web form or API. */
  readonly rateLimitPerSender: number;
  /** A form without proof of work that is sent sooner after it was opened is held for staff. */
  readonly formMinSeconds: number;
  /** Forms an hour from one address that are filed without proof of work; further ones are held for staff. */
  readonly formsWithoutProof: number;
  /** Addresses, CIDR ranges or `loopback` whose `X-Forwarded-For` is believed. */
  readonly trustProxy: readonly string[];
  /** Null: the process lives. Set by tests and the chaos harness only. */
  readonly crashAt: CrashAt | null;
};

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

type Env = Readonly<Record<string, string | undefined>>;

/** `parseConfig` of this process's own environment. */
export const readConfig = (): Config => parseConfig(process.env);

/** Throws `AppError` `config` that names the variable and what it should have been. */
export function parseConfig(env: Env): Config {
  const port = read(env, 'PORT', integer(0, 65_535), 1708);
  const host = read(env, 'HOST', text, '127.0.0.1');
  requireTogether(env, 'SMS_KANNEL_SEND_URL', 'SMS_KANNEL_SEND_USER', 'SMS_KANNEL_SEND_PASSWORD');
  return {
    port,
    host,
    dataDir: read(env, 'DATA_DIR', text, '.data'),
    databaseUrl: read(env, 'DATABASE_URL', urls('postgres:', 'postgresql:'), null),
    redisUrl: read(env, 'REDIS_URL', urls('redis:', 'rediss:'), null),
    publicUrl: read(
      env,
      'PUBLIC_URL',
      httpUrl('https://lapor.example.go.id'),
      `http://${host === '0.0.0.0' ? 'localhost' : host}:${port}`,
    ),
    logLevel: read(env, 'LOG_LEVEL', oneOf(logLevels), 'info'),
    outboundAllow: read(env, 'OUTBOUND_ALLOW', hosts, []),
    smsGenericSecret: read(env, 'SMS_GENERIC_SECRET', webhookSecret, null),
    smsKannelSecret: read(env, 'SMS_KANNEL_SECRET', atLeast(8), null),
    identityPublicKey: read(env, 'IDENTITY_PUBLIC_KEY', key32, null),
    identityPrivateKeyFile: read(env, 'IDENTITY_PRIVATE_KEY_FILE', text, null),
    identityIndexKey: read(env, 'IDENTITY_INDEX_KEY', key32, null),
    smsKannelSendUrl: read(
      env,
      'SMS_KANNEL_SEND_URL',
      httpUrl('http://127.0.0.1:13013/cgi-bin/sendsms'),
      null,
    ),
    smsKannelSendUser: read(env, 'SMS_KANNEL_SEND_USER', text, null),
    smsKannelSendPassword: read(env, 'SMS_KANNEL_SEND_PASSWORD', text, null),
    smsKannelSendFrom: read(env, 'SMS_KANNEL_SEND_FROM', smsSender, '1708'),
    queueNamespace: read(env, 'QUEUE_NAMESPACE', word, 'lapor'),
    duplicateWindowDays: read(env, 'DUPLICATE_WINDOW_DAYS', integer(1, 3650), 30),
    spoolMaxMb: read(env, 'SPOOL_MAX_MB', integer(1, 1_000_000), 256),
    rateLimitPerAddress: read(env, 'RATE_LIMIT_PER_ADDRESS', integer(0, 1_000_000), 300),
    rateLimitReportsPerAddress: read(env, 'RATE_LIMIT_REPORTS_PER_ADDRESS', integer(0, 1_000_000), 60),
    rateLimitPerSender: read(env, 'RATE_LIMIT_PER_SENDER', integer(0, 1_000_000), 60),
    formMinSeconds: read(env, 'FORM_MIN_SECONDS', integer(0, 3600), 3),
    formsWithoutProof: read(env, 'FORMS_WITHOUT_PROOF', integer(0, 1_000_000), 30),
    trustProxy: read(env, 'TRUST_PROXY', addresses, []),
    crashAt: read(env, 'CRASH_AT', crashAt, null),
  };
}

/** The settings as one may print them: secrets only as set or unset, passwords in URLs starred out. */
export function describeConfig(config: Config): Record<string, unknown> {
  const secretOrNot = ([name, value]: [string, unknown]) =>
    /secret|password|key/i.test(name) ? [name, value === null ? 'unset' : 'set'] : [name, value];
  return {
    ...Object.fromEntries(Object.entries(config).map(secretOrNot)),
    databaseUrl: withoutPassword(config.databaseUrl),
    redisUrl: withoutPassword(config.redisUrl),
  };
}

/** Returns the usable value, or a sentence saying what was expected. */
type Parse<T> = (raw: string) => { readonly value: T } | { readonly expected: string };

function read<T, Default>(env: Env, name: string, parse: Parse<T>, fallback: Default): T | Default {
  const raw = env[name]?.trim();
  if (raw === undefined || raw === '') return fallback;
  const parsed = parse(raw);
  if ('expected' in parsed) {
    // The value itself is not repeated: it may be a secret put in the wrong variable.
    throw new AppError('config', `${name} cannot be used: expected ${parsed.expected}`);
  }
  return parsed.value;
}

/** Throws where some of the variables are set and others are not: together they mean something, alone nothing. */
function requireTogether(env: Env, ...names: readonly string[]): void {
  const isSet = (name: string) => (env[name] ?? '').trim() !== '';
  const missing = names.filter((name) => !isSet(name));
  if (missing.length === 0 || missing.length === names.length) return;
  throw new AppError('config', `${names.find(isSet)} is set, so ${missing.join(' and ')} must be set too`);
}

const word: Parse<string> = (raw) =>
  /^[a-z0-9-]{1,40}$/.test(raw)
    ? { value: raw }
    : { expected: 'at most 40 lower-case letters, digits and dashes' };

const text: Parse<string> = (raw) => ({ value: raw });

const integer =
  (min: number, max: number): Parse<number> =>
  (raw) =>
    /^\d+$/.test(raw) && Number(raw) >= min && Number(raw) <= max
      ? { value: Number(raw) }
      : { expected: `a whole number from ${min} to ${max}` };

const oneOf =
  <T extends string>(values: readonly T[]): Parse<T> =>
  (raw) => {
    const value = values.find((candidate) => candidate === raw);
    return value === undefined ? { expected: `one of ${values.join(', ')}` } : { value };
  };

const atLeast =
  (length: number): Parse<string> =>
  (raw) =>
    raw.length >= length ? { value: raw } : { expected: `a secret of at least ${length} characters` };

const urls =
  (...protocols: readonly string[]): Parse<string> =>
  (raw) => {
    const fits = raw.split(',').every((part) => protocols.includes(parseUrl(part.trim())?.protocol ?? ''));
    return fits
      ? { value: raw }
      : { expected: `a URL starting with ${protocols.map((p) => `${p}//`).join(' or ')}` };
  };

/** User and password in it would be printed with it. */
const httpUrl =
  (example: string): Parse<string> =>
  (raw) => {
    const url = parseUrl(raw);
    return url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username === ''
      ? { value: url.href.replace(/\/$/, '') }
      : { expected: `an http(s) URL such as ${example}` };
  };

const smsSender: Parse<string> = (raw) =>
  /^\+?\d{3,15}$/.test(raw) ? { value: raw } : { expected: 'a number such as 1708 or +6281234567890' };

const hosts: Parse<readonly string[]> = (raw) => {
  const list = raw.split(',').map((part) => part.trim().toLowerCase());
  return list.every((part) => /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/.test(part))
    ? { value: list }
    : { expected: 'hosts separated by commas, each as host or host:port' };
};

const addresses: Parse<readonly string[]> = (raw) => {
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

const webhookSecret: Parse<string> = (raw) =>
  /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(raw)
    ? { value: raw }
    : { expected: 'a Standard Webhooks secret: whsec_ and at least 24 bytes in base64' };

const key32: Parse<string> = (raw) =>
  /^[A-Za-z0-9+/]{43}=$/.test(raw) ? { value: raw } : { expected: '32 bytes in base64' };

const crashAt: Parse<CrashAt> = (raw) => {
  const [, name, count = '1'] = /^([a-z-]+:[a-z-]+)(?::([1-9]\d{0,5}))?$/.exec(raw) ?? [];
  const point = crashPoints.find((candidate) => candidate === name);
  return point !== undefined
    ? { value: { point, count: Number(count) } }
    : { expected: `one of ${crashPoints.join(', ')}, and :N after it for the Nth time` };
};

function parseUrl(raw: string): URL | null {
  return URL.canParse(raw) ? new URL(raw) : null;
}

/** libpq takes a password among the parameters too: `password`, `sslpassword`; a name may be written in percent signs. */
const secretParameter = /([?&][^=&#,]*(?:pass|pwd|secret|%)[^=&#,]*=)[^&#,]*/gi;

function withoutPassword(url: string | null): string | null {
  return (
    url
      ?.replace(/:\/\/([^:@/]*):[^@/]*@/g, '://$1:***@')
      .replace(secretParameter, (_, name) => `${name}***`) ?? null
  );
}
