import { describeEmailConfig, type EmailConfig, parseEmailConfig } from './config/email.ts';
import { parseStaffConfig, type StaffConfig } from './config/staff.ts';
import { parseTwitterConfig, type TwitterConfig } from './config/twitter.ts';
import {
  accountName,
  addresses,
  atLeast,
  type Env,
  hostAndPort,
  hosts,
  httpUrl,
  integer,
  isSet,
  key32,
  oneOf,
  type Parse,
  pathSecret,
  read,
  requireTogether,
  smsSender,
  text,
  timesOfDay,
  timeZone,
  twilioSender,
  urls,
  webhookSecret,
  word,
} from './config/values.ts';
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
  readonly email: EmailConfig;
  readonly staff: StaffConfig;
  readonly twitter: TwitterConfig;
  /** Null: the process lives. Set by tests and the chaos harness only. */
  readonly crashAt: CrashAt | null;
};

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const smsSendProviders = ['kannel', 'twilio', 'vonage', 'infobip', '8x8'] as const;
export type SmsSendProvider = (typeof smsSendProviders)[number];

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
    email: parseEmailConfig(env),
    staff: parseStaffConfig(env),
    twitter: parseTwitterConfig(env),
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
  return {
    ...hideSecrets(config),
    databaseUrl: withoutPassword(config.databaseUrl),
    redisUrl: withoutPassword(config.redisUrl),
    email: describeEmailConfig(config.email),
  };
}

const crashAt: Parse<CrashAt> = (raw) => {
  const [, name, count = '1'] = /^([a-z-]+:[a-z-]+)(?::([1-9]\d{0,5}))?$/.exec(raw) ?? [];
  const point = crashPoints.find((candidate) => candidate === name);
  return point !== undefined
    ? { value: { point, count: Number(count) } }
    : { expected: `one of ${crashPoints.join(', ')}, and :N after it for the Nth time` };
};

function hideSecrets(settings: object): Record<string, unknown> {
  const secretOrNot = ([name, value]: [string, unknown]) => {
    if (/secret|password|key|token/i.test(name)) return [name, value === null ? 'unset' : 'set'];
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [name, isGroup ? hideSecrets(value) : value];
  };
  return Object.fromEntries(Object.entries(settings).map(secretOrNot));
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
