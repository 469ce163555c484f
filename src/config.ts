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
  /** Messages one number may get in 24 hours; 0 means no limit. */
  readonly notifyMaxPerDay: number;
  /** When nobody is to be woken up, in minutes after midnight; null: at any hour. */
  readonly notifyQuietHours: { readonly from: number; readonly until: number } | null;
  readonly notifyTimeZone: string;
  /** What one SMS costs, in rupiah, for the metrics; 0: not shown. */
  readonly smsSegmentCost: number;
  /** Where Kannel reaches this gateway, to say what became of a message. */
  readonly smsKannelReceiptUrl: string;
  /** Verifies what Twilio sends, and sends through it where the next one is set. */
  readonly smsTwilioAuthToken: string | null;
  readonly smsTwilioAccountSid: string | null;
  /** A number, or the sid of a messaging service. */
  readonly smsTwilioFrom: string;
  readonly smsTwilioApiUrl: string;
  readonly smsVonageSignatureSecret: string | null;
  readonly smsVonageApiKey: string | null;
  readonly smsVonageApiSecret: string | null;
  readonly smsVonageFrom: string;
  readonly smsVonageApiUrl: string;
  readonly smsInfobipSecret: string | null;
  /** Addresses, CIDR ranges or `loopback` that may call with the secret; empty: any. */
  readonly smsInfobipAllow: readonly string[];
  readonly smsInfobipBaseUrl: string | null;
  readonly smsInfobipApiKey: string | null;
  readonly smsInfobipFrom: string;
  readonly sms8x8Secret: string | null;
  readonly sms8x8Allow: readonly string[];
  readonly sms8x8Subaccount: string | null;
  readonly sms8x8ApiKey: string | null;
  readonly sms8x8From: string;
  readonly sms8x8ApiUrl: string;
  /** Through whom word goes back by SMS: the one that has an account here, chosen where several have; null: nobody. */
  readonly smsSendProvider: SmsSendProvider | null;
  /** Name all queues of this gateway start with; two gateways on one Redis need two. */
  readonly queueNamespace: string;
  /** Reports an hour by SMS from one number; what is beyond is held for staff. 0 means no limit. */
  readonly smsHoldPerSender: number;
  /** Minutes within which the same SMS from the same number is a copy of the first; 0 means that none is. */
  readonly smsCopyMinutes: number;
  /** Days within which the same text about the same place is a duplicate. */
  readonly duplicateWindowDays: number;
  /** Minutes after which a message of several parts is filed without those that have not come. */
  readonly smsPartsWaitMinutes: number;
  /** Megabytes that may wait on local disk while PostgreSQL is away. */
  readonly spoolMaxMb: number;
  /** Requests a minute from one address; 0 means no limit, here and below. */
  readonly rateLimitPerAddress: number;
  /** Reports a minute from one address, sent by web form or API. */
  readonly rateLimitReportsPerAddress: number;
  /** Reports an hour that name the same phone number or e-mail address, sent by web form or API. */
  readonly rateLimitPerSender: number;
  /** Requests a minute from one address that upload files for a report to come. */
  readonly rateLimitUploadsPerAddress: number;
  /** Files that may come with one report. */
  readonly attachmentsMaxFiles: number;
  /** Megabytes that one file may have. */
  readonly attachmentsMaxMb: number;
  readonly attachmentsMaxMegapixels: number;
  readonly attachmentsMaxPages: number;
  /** `host:port` of clamd; null: files are not looked at for viruses. */
  readonly attachmentsClamd: string | null;
  /** A bucket that speaks S3; null: files lie in `dataDir`. With it come the two keys. */
  readonly attachmentsS3Url: string | null;
  readonly attachmentsS3AccessKey: string | null;
  readonly attachmentsS3SecretKey: string | null;
  readonly attachmentsS3Region: string;
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

const smsSendProviders = ['kannel', 'twilio', 'vonage', 'infobip', '8x8'] as const;
export type SmsSendProvider = (typeof smsSendProviders)[number];

type Env = Readonly<Record<string, string | undefined>>;

/** `parseConfig` of this process's own environment. */
export const readConfig = (): Config => parseConfig(process.env);

/** Throws `AppError` `config` that names the variable and what it should have been. */
export function parseConfig(env: Env): Config {
  const port = read(env, 'PORT', integer(0, 65_535), 1708);
  const host = read(env, 'HOST', text, '127.0.0.1');
  requireTogether(env, 'SMS_KANNEL_SEND_URL', 'SMS_KANNEL_SEND_USER', 'SMS_KANNEL_SEND_PASSWORD');
  requireTogether(env, 'SMS_VONAGE_API_KEY', 'SMS_VONAGE_API_SECRET');
  requireTogether(env, 'SMS_INFOBIP_BASE_URL', 'SMS_INFOBIP_API_KEY');
  requireTogether(env, 'SMS_8X8_SUBACCOUNT', 'SMS_8X8_API_KEY');
  const publicUrl = read(
    env,
    'PUBLIC_URL',
    httpUrl('https://lapor.example.go.id'),
    `http://${host === '0.0.0.0' ? 'localhost' : host}:${port}`,
  );
  requireTogether(env, 'ATTACHMENTS_S3_URL', 'ATTACHMENTS_S3_ACCESS_KEY', 'ATTACHMENTS_S3_SECRET_KEY');
  return {
    port,
    host,
    dataDir: read(env, 'DATA_DIR', text, '.data'),
    databaseUrl: read(env, 'DATABASE_URL', urls('postgres:', 'postgresql:'), null),
    redisUrl: read(env, 'REDIS_URL', urls('redis:', 'rediss:'), null),
    publicUrl,
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
    notifyMaxPerDay: read(env, 'NOTIFY_MAX_PER_DAY', integer(0, 100_000), 20),
    notifyQuietHours: read(env, 'NOTIFY_QUIET_HOURS', timesOfDay, null),
    notifyTimeZone: read(env, 'NOTIFY_TIME_ZONE', timeZone, 'Asia/Jakarta'),
    smsSegmentCost: read(env, 'SMS_SEGMENT_COST', integer(0, 1_000_000), 0),
    smsKannelReceiptUrl: read(
      env,
      'SMS_KANNEL_RECEIPT_URL',
      httpUrl('http://10.0.0.5:1708/channels/sms/kannel'),
      `${publicUrl}/channels/sms/kannel`,
    ),
    smsTwilioAuthToken: read(env, 'SMS_TWILIO_AUTH_TOKEN', atLeast(8), null),
    smsTwilioAccountSid: read(env, 'SMS_TWILIO_ACCOUNT_SID', accountName, null),
    smsTwilioFrom: read(env, 'SMS_TWILIO_FROM', twilioSender, '1708'),
    smsTwilioApiUrl: read(env, 'SMS_TWILIO_API_URL', httpUrl(twilioApi), twilioApi),
    smsVonageSignatureSecret: read(env, 'SMS_VONAGE_SIGNATURE_SECRET', atLeast(8), null),
    smsVonageApiKey: read(env, 'SMS_VONAGE_API_KEY', text, null),
    smsVonageApiSecret: read(env, 'SMS_VONAGE_API_SECRET', text, null),
    smsVonageFrom: read(env, 'SMS_VONAGE_FROM', smsSender, '1708'),
    smsVonageApiUrl: read(env, 'SMS_VONAGE_API_URL', httpUrl(vonageApi), vonageApi),
    smsInfobipSecret: read(env, 'SMS_INFOBIP_SECRET', pathSecret, null),
    smsInfobipAllow: read(env, 'SMS_INFOBIP_ALLOW', addresses, []),
    smsInfobipBaseUrl: read(env, 'SMS_INFOBIP_BASE_URL', httpUrl('https://xxxxx.api.infobip.com'), null),
    smsInfobipApiKey: read(env, 'SMS_INFOBIP_API_KEY', text, null),
    smsInfobipFrom: read(env, 'SMS_INFOBIP_FROM', smsSender, '1708'),
    sms8x8Secret: read(env, 'SMS_8X8_SECRET', pathSecret, null),
    sms8x8Allow: read(env, 'SMS_8X8_ALLOW', addresses, []),
    sms8x8Subaccount: read(env, 'SMS_8X8_SUBACCOUNT', accountName, null),
    sms8x8ApiKey: read(env, 'SMS_8X8_API_KEY', text, null),
    sms8x8From: read(env, 'SMS_8X8_FROM', smsSender, '1708'),
    sms8x8ApiUrl: read(env, 'SMS_8X8_API_URL', httpUrl(eightByEightApi), eightByEightApi),
    smsSendProvider: chooseSendProvider(env),
    smsHoldPerSender: read(env, 'SMS_HOLD_PER_SENDER', integer(0, 1_000_000), 60),
    smsCopyMinutes: read(env, 'SMS_COPY_MINUTES', integer(0, 10_080), 60),
    queueNamespace: read(env, 'QUEUE_NAMESPACE', word, 'lapor'),
    duplicateWindowDays: read(env, 'DUPLICATE_WINDOW_DAYS', integer(1, 3650), 30),
    smsPartsWaitMinutes: read(env, 'SMS_PARTS_WAIT_MINUTES', integer(1, 1_440), 10),
    spoolMaxMb: read(env, 'SPOOL_MAX_MB', integer(1, 1_000_000), 256),
    rateLimitPerAddress: read(env, 'RATE_LIMIT_PER_ADDRESS', integer(0, 1_000_000), 300),
    rateLimitReportsPerAddress: read(env, 'RATE_LIMIT_REPORTS_PER_ADDRESS', integer(0, 1_000_000), 60),
    rateLimitPerSender: read(env, 'RATE_LIMIT_PER_SENDER', integer(0, 1_000_000), 60),
    rateLimitUploadsPerAddress: read(env, 'RATE_LIMIT_UPLOADS_PER_ADDRESS', integer(0, 1_000_000), 60),
    attachmentsMaxFiles: read(env, 'ATTACHMENTS_MAX_FILES', integer(1, 50), 5),
    attachmentsMaxMb: read(env, 'ATTACHMENTS_MAX_MB', integer(1, 500), 25),
    attachmentsMaxMegapixels: read(env, 'ATTACHMENTS_MAX_MEGAPIXELS', integer(1, 1_000), 64),
    attachmentsMaxPages: read(env, 'ATTACHMENTS_MAX_PAGES', integer(1, 10_000), 300),
    attachmentsClamd: read(env, 'ATTACHMENTS_CLAMD', hostAndPort, null),
    attachmentsS3Url: read(env, 'ATTACHMENTS_S3_URL', httpUrl('https://s3.example.go.id/lapor'), null),
    attachmentsS3AccessKey: read(env, 'ATTACHMENTS_S3_ACCESS_KEY', text, null),
    attachmentsS3SecretKey: read(env, 'ATTACHMENTS_S3_SECRET_KEY', text, null),
    attachmentsS3Region: read(env, 'ATTACHMENTS_S3_REGION', word, 'us-east-1'),
    formMinSeconds: read(env, 'FORM_MIN_SECONDS', integer(0, 3600), 3),
    formsWithoutProof: read(env, 'FORMS_WITHOUT_PROOF', integer(0, 1_000_000), 30),
    trustProxy: read(env, 'TRUST_PROXY', addresses, []),
    crashAt: read(env, 'CRASH_AT', crashAt, null),
  };
}

const twilioApi = 'https://api.twilio.com';
const vonageApi = 'https://rest.nexmo.com';
const eightByEightApi = 'https://sms.8x8.com';

/** The setting that gives each provider an account to send with. */
const sendAccounts: { readonly [Name in SmsSendProvider]: string } = {
  kannel: 'SMS_KANNEL_SEND_URL',
  twilio: 'SMS_TWILIO_ACCOUNT_SID',
  vonage: 'SMS_VONAGE_API_KEY',
  infobip: 'SMS_INFOBIP_BASE_URL',
  '8x8': 'SMS_8X8_SUBACCOUNT',
};

function chooseSendProvider(env: Env): SmsSendProvider | null {
  if (isSet(env, 'SMS_TWILIO_ACCOUNT_SID') && !isSet(env, 'SMS_TWILIO_AUTH_TOKEN')) {
    throw new AppError('config', 'SMS_TWILIO_ACCOUNT_SID is set, so SMS_TWILIO_AUTH_TOKEN must be set too');
  }
  const chosen = read(env, 'SMS_SEND_PROVIDER', oneOf(smsSendProviders), null);
  if (chosen !== null) {
    if (isSet(env, sendAccounts[chosen])) return chosen;
    throw new AppError(
      'config',
      `SMS_SEND_PROVIDER is ${chosen}, so ${sendAccounts[chosen]} must be set too`,
    );
  }
  const [first = null, ...others] = smsSendProviders.filter((name) => isSet(env, sendAccounts[name]));
  if (others.length === 0) return first;
  throw new AppError(
    'config',
    `SMS can be sent by ${[first, ...others].join(' and ')}: SMS_SEND_PROVIDER must say which`,
  );
}

/** The settings as one may print them: secrets only as set or unset, passwords in URLs starred out. */
export function describeConfig(config: Config): Record<string, unknown> {
  const secretOrNot = ([name, value]: [string, unknown]) =>
    /secret|password|key|token/i.test(name) ? [name, value === null ? 'unset' : 'set'] : [name, value];
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

const isSet = (env: Env, name: string): boolean => (env[name] ?? '').trim() !== '';

/** Throws where some of the variables are set and others are not: together they mean something, alone nothing. */
function requireTogether(env: Env, ...names: readonly string[]): void {
  const missing = names.filter((name) => !isSet(env, name));
  if (missing.length === 0 || missing.length === names.length) return;
  throw new AppError(
    'config',
    `${names.find((name) => isSet(env, name))} is set, so ${missing.join(' and ')} must be set too`,
  );
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

const timesOfDay: Parse<{ readonly from: number; readonly until: number }> = (raw) => {
  const [, ...times] = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(raw) ?? [];
  const [hour = 0, minute = 0, untilHour = 0, untilMinute = 0] = times.map(Number);
  const [from, until] = [hour * 60 + minute, untilHour * 60 + untilMinute];
  return from === until
    ? { expected: 'two times of the day such as 21:00-06:00' }
    : { value: { from, until } };
};

const timeZone: Parse<string> = (raw) => {
  try {
    return { value: new Intl.DateTimeFormat('en', { timeZone: raw }).resolvedOptions().timeZone };
  } catch {
    return { expected: 'a time zone such as Asia/Jakarta, Asia/Makassar or Asia/Jayapura' };
  }
};

const twilioSender: Parse<string> = (raw) => (/^MG[0-9a-f]{32}$/.test(raw) ? { value: raw } : smsSender(raw));

/** It becomes part of an address. */
const accountName: Parse<string> = (raw) =>
  /^[A-Za-z0-9._&-]{3,50}$/.test(raw) ? { value: raw } : { expected: 'the name of an account' };

/** As long as a part of an address may be, in the form it has there. */
const pathSecret: Parse<string> = (raw) =>
  /^[\x21-\x7e]{8,}$/.test(raw) && encodeURIComponent(raw).length <= 200
    ? { value: raw }
    : { expected: 'a secret of 8 to 200 letters and digits: it becomes part of an address' };

const hosts: Parse<readonly string[]> = (raw) => {
  const list = raw.split(',').map((part) => part.trim().toLowerCase());
  return list.every((part) => /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/.test(part))
    ? { value: list }
    : { expected: 'hosts separated by commas, each as host or host:port' };
};

const hostAndPort: Parse<string> = (raw) =>
  /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):\d{1,5}$/i.test(raw)
    ? { value: raw }
    : { expected: 'host:port, such as 127.0.0.1:3310' };

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
