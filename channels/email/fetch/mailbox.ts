import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type AgencyCode, normalizeLine } from '../../../src/domain/report.ts';
import { validate } from '../../../src/domain/validate.ts';
import { AppError, type FieldProblem } from '../../../src/errors.ts';

/** A mailbox that reports come in by, as it is set up. Holds passwords: never written to a log. */
export type Mailbox = {
  /** Unique, and the same for ever: what was fetched is remembered under it. Shown to staff. */
  readonly name: string;
  /** Whom it belongs to. */
  readonly agency: AgencyCode;
  readonly host: string;
  readonly port: number;
  /** `none` only to this machine. */
  readonly secure: Security;
  readonly user: string;
  readonly login: Login;
  readonly folder: string;
  /** Where mails are put once they are taken; null: they stay. */
  readonly processedFolder: string | null;
  /** How often it is looked at although nobody said that there is something new. */
  readonly pollSeconds: number;
  /** Of a mail that is larger only the beginning is taken. */
  readonly maxMb: number;
  /** PEM of an authority that is trusted besides those that everybody trusts; null: none. */
  readonly caFile: string | null;
};

export const securities = ['tls', 'starttls', 'none'] as const;
export type Security = (typeof securities)[number];

export type Login =
  | { readonly kind: 'password'; readonly password: string }
  /** The file is read at each sign-in, so whoever renews it need not tell anybody. */
  | { readonly kind: 'password-file'; readonly file: string }
  | ({ readonly kind: 'oauth2' } & OAuth2);

export type OAuth2 = {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string | null;
  /** Null: signs in as the application itself (client credentials). */
  readonly refreshToken: string | null;
  readonly scope: string | null;
};

const Text = (description: string) => Type.String({ minLength: 1, maxLength: 1_000, description });

/** What one mailbox looks like in the file. */
const MailboxEntry = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' }),
    agency: Type.Optional(Text('code of an agency')),
    host: Text('host of the IMAP server'),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    secure: Type.Optional(Type.Enum([...securities])),
    user: Text('as whom to sign in'),
    password: Type.Optional(Text('password')),
    passwordFile: Type.Optional(Text('file with the password in its first line')),
    oauth2: Type.Optional(
      Type.Object(
        {
          tokenUrl: Text('where access tokens are given out'),
          clientId: Text('id of this application'),
          clientSecret: Type.Optional(Text('secret of this application')),
          refreshToken: Type.Optional(Text('refresh token')),
          scope: Type.Optional(Text('scope')),
        },
        { additionalProperties: false },
      ),
    ),
    folder: Type.Optional(Text('folder')),
    processedFolder: Type.Optional(Type.Union([Text('folder'), Type.Null()])),
    // An IDLE must be renewed before half an hour is over (RFC 2177).
    pollSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_500 })),
    maxMb: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    caFile: Type.Optional(Text('PEM file')),
  },
  { additionalProperties: false },
);
const entryValidator = Compile(MailboxEntry);
export type MailboxEntry = Type.Static<typeof MailboxEntry>;

const fileValidator = Compile(
  Type.Object(
    { mailboxes: Type.Array(Type.Unknown(), { maxItems: 10_000 }) },
    { additionalProperties: false },
  ),
);

/** The entries of a file as they stand there. Throws `AppError` `config` that names mailbox and field. */
export function parseEntries(content: string): readonly MailboxEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    // What JSON.parse says may quote a password.
    throw new AppError('config', 'it is not JSON');
  }
  const { mailboxes } = validate<{ mailboxes: unknown[] }>(
    fileValidator,
    parsed,
    () => new AppError('config', 'it must be an object with one member, "mailboxes", a list'),
  );
  const names = new Set<string>();
  return mailboxes.map((entry, index) => {
    const name = nameOf(entry) ?? `number ${index + 1}`;
    const valid = validate<MailboxEntry>(
      entryValidator,
      entry,
      (fields) => new AppError('config', `mailbox ${name}: ${describeFields(fields)}`),
    );
    if (names.has(valid.name)) throw new AppError('config', `mailbox ${name}: the name is there twice`);
    names.add(valid.name);
    toMailbox(valid);
    return valid;
  });
}

function describeFields(fields: readonly FieldProblem[]): string {
  const named = fields.filter(({ path }) => path !== '');
  return (named.length > 0 ? named : fields)
    .map(({ path, problem }) => {
      const field = path.slice(1).replaceAll('/', '.') || 'it';
      return problem === 'schema is false' ? `${field} is no setting of a mailbox` : `${field} ${problem}`;
    })
    .join('; ');
}

function nameOf(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null || !('name' in entry)) return null;
  return typeof entry.name === 'string' ? (normalizeLine(entry.name)?.slice(0, 63) ?? null) : null;
}

/** With what was left out. Throws `AppError` `config` that names mailbox and field. */
export function toMailbox(entry: MailboxEntry): Mailbox {
  const wrong = (problem: string) => new AppError('config', `mailbox ${entry.name}: ${problem}`);
  const secure = entry.secure ?? 'tls';
  if (secure === 'none' && !isLoopback(entry.host)) {
    throw wrong(
      'secure must be tls or starttls: without either, passwords and mails go over the network in the clear',
    );
  }
  const folder = entry.folder ?? 'INBOX';
  const processedFolder = entry.processedFolder ?? null;
  if (processedFolder !== null && sameFolder(processedFolder, folder)) {
    throw wrong('processedFolder must be another folder than folder');
  }
  return {
    name: entry.name,
    agency: (entry.agency ?? 'nasional') as AgencyCode,
    host: entry.host,
    port: entry.port ?? (secure === 'tls' ? 993 : 143),
    secure,
    user: entry.user,
    login: readLogin(entry, wrong),
    folder,
    processedFolder,
    pollSeconds: entry.pollSeconds ?? 60,
    maxMb: entry.maxMb ?? 100,
    caFile: entry.caFile ?? null,
  };
}

const sameFolder = (one: string, other: string): boolean =>
  one === other || (one.toUpperCase() === 'INBOX' && other.toUpperCase() === 'INBOX');

function readLogin(entry: MailboxEntry, wrong: (problem: string) => AppError): Login {
  const { password, passwordFile, oauth2 } = entry;
  const given = [password, passwordFile, oauth2].filter((each) => each !== undefined);
  if (given.length !== 1) throw wrong('it must have one of password, passwordFile and oauth2');
  if (password !== undefined) return { kind: 'password', password };
  if (passwordFile !== undefined) return { kind: 'password-file', file: passwordFile };
  const { tokenUrl, clientId, clientSecret, refreshToken, scope } = oauth2 as NonNullable<typeof oauth2>;
  const url = URL.canParse(tokenUrl) ? new URL(tokenUrl) : null;
  if (
    url === null ||
    !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))
  ) {
    throw wrong('oauth2.tokenUrl must be an https address');
  }
  if (refreshToken === undefined && clientSecret === undefined) {
    throw wrong('oauth2 must have a refreshToken or a clientSecret');
  }
  return {
    kind: 'oauth2',
    tokenUrl,
    clientId,
    clientSecret: clientSecret ?? null,
    refreshToken: refreshToken ?? null,
    scope: scope ?? null,
  };
}

/** Names of this machine, and addresses of it: nobody listens on the way. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);

/** What is known of large providers, so that nobody has to look it up. */
export const presets: Readonly<
  Record<string, Partial<MailboxEntry> & { readonly tokenUrl: string; readonly scope: string }>
> = {
  gmail: {
    host: 'imap.gmail.com',
    port: 993,
    secure: 'tls',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    scope: 'https://mail.google.com/',
  },
  microsoft365: {
    host: 'outlook.office365.com',
    port: 993,
    secure: 'tls',
    tokenUrl: 'https://login.microsoftonline.com/organizations/oauth2/v2.0/token',
    scope: 'https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
  },
};
