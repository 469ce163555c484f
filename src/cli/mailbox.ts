import { defineCommand } from 'citty';
import {
  type Mailbox,
  type MailboxEntry,
  parseEntries,
  presets,
  type Security,
  securities,
  toMailbox,
} from '../../channels/email/fetch/mailbox.ts';
import { readMailboxesFile, writeMailboxesFile } from '../../channels/email/fetch/mailboxes-file.ts';
import { type Probe, probeMailbox } from '../../channels/email/fetch/probe.ts';
import { createTokens } from '../../channels/email/fetch/sources.ts';
import { findMailboxesFile } from '../../channels/index.ts';
import { readConfig } from '../config.ts';
import { findRecipient } from '../db/endpoints.ts';
import { AppError } from '../errors.ts';
import { fail } from './fail.ts';
import { printable } from './printable.ts';
import { askHidden, readStdin } from './secret-input.ts';
import { withDatabase } from './with-database.ts';

const name = { type: 'positional', description: 'Name of the mailbox', required: true } as const;
const noticed = 'Gateways that run notice it within seconds.';

const add = defineCommand({
  meta: {
    name: 'add',
    description: 'Have reports fetched from a mailbox; tries it first, and asks for the password',
  },
  args: {
    name: { ...name, description: 'A name for it: small letters, digits, dots, dashes; never changed later' },
    host: { type: 'string', description: 'IMAP server; not needed with --preset' },
    user: { type: 'string', description: 'As whom to sign in, mostly the address', required: true },
    agency: { type: 'string', description: 'Code of the agency it belongs to', default: 'nasional' },
    port: { type: 'string', description: 'Port; 993 with tls, else 143' },
    secure: { type: 'string', description: `${securities.join(', ')}; none only to this machine` },
    folder: { type: 'string', description: 'Folder that reports come into', default: 'INBOX' },
    processed: {
      type: 'string',
      description: 'Folder to put mails into once they are taken; else they stay',
    },
    poll: { type: 'string', description: 'Seconds between looks where nobody tells of mail; 60' },
    'max-mb': { type: 'string', description: 'Of larger mails only the beginning is taken; 100' },
    'ca-file': { type: 'string', description: 'PEM of the authority of the server, where it is your own' },
    preset: {
      type: 'string',
      description: `What is known of a provider: ${Object.keys(presets).join(', ')}`,
    },
    'password-stdin': { type: 'boolean', description: 'Read the password from stdin', default: false },
    'password-file': { type: 'string', description: 'File with the password in its first line' },
    'oauth2-client': { type: 'string', description: 'OAuth2 instead of a password: id of the application' },
    'oauth2-token-url': {
      type: 'string',
      description: 'Where tokens are given out; not needed with --preset',
    },
    'oauth2-scope': { type: 'string', description: 'Scope; not needed with --preset' },
    replace: { type: 'boolean', description: 'Change a mailbox that is set up already', default: false },
    'dry-run': { type: 'boolean', description: 'Only try it', default: false },
  },
  run: ({ args }) =>
    orFail(async () => {
      const file = findMailboxesFile(readConfig());
      const present = await readMailboxesFile(file);
      if (!args.replace && present.some((entry) => entry.name === args.name)) {
        throw new AppError(
          'conflict',
          `There is a mailbox ${args.name} already; --replace changes it, and it goes on where it was.`,
        );
      }
      const known = args.preset === undefined ? null : findPreset(args.preset);
      const host = args.host ?? known?.host;
      if (host === undefined) throw new AppError('invalid', 'Where is it? Give --host, or a --preset.');
      const plain = {
        name: args.name,
        ...(args.agency === 'nasional' ? {} : { agency: args.agency }),
        host,
        ...optional('port', number(args.port, '--port') ?? known?.port),
        ...optional('secure', (args.secure ?? known?.secure) as Security | undefined),
        user: args.user,
        ...(args.folder === 'INBOX' ? {} : { folder: args.folder }),
        ...optional('processedFolder', args.processed),
        ...optional('pollSeconds', number(args.poll, '--poll')),
        ...optional('maxMb', number(args['max-mb'], '--max-mb')),
        ...optional('caFile', args['ca-file']),
      };
      // What is wrong is said before anybody types a password.
      if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(args.name)) {
        throw new AppError(
          'invalid',
          `${args.name} cannot be its name: small letters, digits, dots and dashes, such as pusat.`,
        );
      }
      check({ ...plain, password: '-' });
      if (args.agency !== 'nasional') await checkAgency(args.agency);
      const entry = check({ ...plain, ...(await readLogin(args, known)) });
      const probe = await tryOut(toMailbox(entry));
      console.log(describeProbe(toMailbox(entry), probe));
      if (args['dry-run']) return;
      // Read anew: somebody may have changed it while a password was typed.
      const others = (await readMailboxesFile(file)).filter((each) => each.name !== entry.name);
      await writeMailboxesFile(file, [...others, entry]);
      console.log(`\nWritten to ${file}. ${noticed}`);
    }),
});

function findPreset(name: string) {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset === undefined) {
    throw new AppError(
      'invalid',
      `There is no preset ${name}; there are: ${Object.keys(presets).join(', ')}.`,
    );
  }
  return preset;
}

const optional = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [_ in Name]?: Value };

function number(typed: string | undefined, flag: string): number | undefined {
  if (typed === undefined) return undefined;
  if (!/^\d{1,6}$/.test(typed)) throw new AppError('invalid', `${flag} must be a number.`);
  return Number(typed);
}

function check(entry: object): MailboxEntry {
  try {
    return parseEntries(JSON.stringify({ mailboxes: [entry] }))[0] as MailboxEntry;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('invalid', error.message, { cause: error });
  }
}

async function checkAgency(code: string): Promise<void> {
  let known = false;
  let asked = false;
  await withDatabase(async ({ db }) => {
    known = (await findRecipient(db, code)) !== null;
    asked = true;
  });
  if (asked && !known) {
    throw new AppError(
      'agency-unknown',
      `No agency has the code ${code}; "lapor agency list" shows them all.`,
    );
  }
  if (!asked) throw new AppError('unavailable', `Whether there is an agency ${code} could not be found out.`);
}

async function readLogin(
  args: Readonly<Record<string, unknown>>,
  known: { readonly tokenUrl: string; readonly scope: string } | null,
): Promise<Pick<MailboxEntry, 'password' | 'passwordFile' | 'oauth2'>> {
  const given = (flag: string) => (typeof args[flag] === 'string' ? args[flag] : undefined);
  const passwordFile = given('password-file');
  if (passwordFile !== undefined) return { passwordFile };
  const clientId = given('oauth2-client');
  const ask = (question: string) => (args['password-stdin'] === true ? readStdin() : askHidden(question));
  if (clientId === undefined) return { password: await ask('Password: ') };
  const tokenUrl = given('oauth2-token-url') ?? known?.tokenUrl;
  if (tokenUrl === undefined)
    throw new AppError('invalid', 'OAuth2 needs --oauth2-token-url, or a --preset.');
  const secrets = (await ask('Client secret and refresh token, with a blank between them: '))
    .trim()
    .split(/\s+/);
  const [clientSecret, refreshToken] = secrets.length === 1 ? [undefined, secrets[0]] : secrets;
  return {
    oauth2: {
      tokenUrl,
      clientId,
      ...optional('clientSecret', clientSecret === '-' ? undefined : clientSecret),
      ...optional('refreshToken', refreshToken === '-' ? undefined : refreshToken),
      ...optional('scope', given('oauth2-scope') ?? known?.scope),
    },
  };
}

const tryOut = (mailbox: Mailbox): Promise<Probe> => probeMailbox(mailbox, createTokens(mailbox, null));

function describeProbe(mailbox: Mailbox, probe: Probe): string {
  const { folder, processedFolder, pollSeconds } = mailbox;
  const shown = probe.folders.slice(0, 12).join(', ');
  const more = probe.folders.length > 12 ? ` and ${probe.folders.length - 12} more` : '';
  return printable(
    [
      `${mailbox.name}: signed in to ${mailbox.host}:${mailbox.port}${mailbox.secure === 'none' ? ', without TLS' : ''}, for ${mailbox.agency}.`,
      `  folders    ${shown}${more}`,
      `  ${folder.padEnd(9)}  ${probe.mails} mails, ${probe.newestUid === null ? 'never one before' : `the newest UID is ${probe.newestUid}`}; all of them are taken`,
      probe.idle
        ? '  news       the server tells of a new mail at once (IDLE)'
        : `  news       the server tells of none: it is asked every ${pollSeconds} s`,
      processedFolder === null
        ? '  afterwards mails stay where they are, as they are'
        : !probe.moves
          ? `  afterwards mails stay: the server can neither MOVE nor UIDPLUS, so ${processedFolder} is not used`
          : `  afterwards mails are put into ${processedFolder}${probe.processedFolder === 'missing' ? ', which is made then' : ''}`,
    ].join('\n'),
  );
}

const list = defineCommand({
  meta: { name: 'list', description: 'Show the mailboxes, without their secrets' },
  args: { json: { type: 'boolean', description: 'Print JSON for scripts', default: false } },
  run: ({ args }) =>
    orFail(async () => {
      const file = findMailboxesFile(readConfig());
      const mailboxes = (await readMailboxesFile(file)).map((entry) => withoutSecrets(toMailbox(entry)));
      if (args.json) return console.log(JSON.stringify(mailboxes, null, 2));
      for (const { name, agency, user, host, port, secure, folder, processedFolder, login } of mailboxes) {
        console.log(`${name}  for ${agency}`);
        console.log(`  ${user} at ${host}:${port} (${secure}), signs in by ${login}`);
        console.log(`  ${folder}${processedFolder === null ? '' : `, then ${processedFolder}`}`);
      }
      console.log(
        mailboxes.length === 0
          ? `No mailbox is set up in ${file}; "lapor mailbox add --help" tells how.`
          : `${mailboxes.length} in ${file}`,
      );
    }),
});

/** Member by member: a secret that is added one day is not shown. */
const withoutSecrets = (mailbox: Mailbox) => ({
  name: mailbox.name,
  agency: mailbox.agency,
  host: mailbox.host,
  port: mailbox.port,
  secure: mailbox.secure,
  user: mailbox.user,
  login: mailbox.login.kind,
  folder: mailbox.folder,
  processedFolder: mailbox.processedFolder,
  pollSeconds: mailbox.pollSeconds,
  maxMb: mailbox.maxMb,
});

const test = defineCommand({
  meta: { name: 'test', description: 'Sign in to a mailbox and say what is there; changes nothing' },
  args: { name: { ...name, description: 'Name of the mailbox; without it all of them', required: false } },
  run: ({ args }) =>
    orFail(async () => {
      const mailboxes = (await readMailboxesFile(findMailboxesFile(readConfig()))).map(toMailbox);
      const wanted = mailboxes.filter((each) => args.name === undefined || each.name === args.name);
      if (wanted.length === 0) throw unknown(args.name ?? null);
      for (const mailbox of wanted) {
        try {
          console.log(describeProbe(mailbox, await tryOut(mailbox)));
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          console.error(printable(`${mailbox.name}: ${error.message}`));
          process.exitCode = 1;
        }
      }
    }),
});

const remove = defineCommand({
  meta: { name: 'remove', description: 'Fetch no more from a mailbox; what was taken stays' },
  args: { name },
  run: ({ args }) =>
    orFail(async () => {
      const file = findMailboxesFile(readConfig());
      const present = await readMailboxesFile(file);
      const rest = present.filter((entry) => entry.name !== args.name);
      if (rest.length === present.length) throw unknown(args.name);
      await writeMailboxesFile(file, rest);
      console.log(`Removed. ${noticed}`);
    }),
});

const unknown = (name: string | null): AppError =>
  new AppError(
    'not-found',
    name === null
      ? 'No mailbox is set up; "lapor mailbox add --help" tells how.'
      : `There is no mailbox ${name}; "lapor mailbox list" shows those that are set up.`,
  );

async function orFail(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    fail(error);
  }
}

/** `lapor mailbox …`: where reports by e-mail come in. */
export const mailboxCommand = defineCommand({
  meta: { name: 'mailbox', description: 'Mailboxes that reports are fetched from' },
  subCommands: { add, list, test, remove },
});
