import { defineCommand } from 'citty';
import { listMembers } from '../db/staff.ts';
import { AppError } from '../errors.ts';
import { createPasswordHashing } from '../password-hash.ts';
import { printable } from './printable.ts';
import {
  addMember,
  changeRole,
  disableMember,
  enableMember,
  findWarning,
  readRole,
  resetMember,
  setFirstPassword,
  signOutMember,
} from './staff/actions.ts';
import { withDatabase } from './with-database.ts';

const login = {
  type: 'positional',
  description: 'How they sign in: an e-mail address or a short name',
  required: true,
} as const;
const role = {
  type: 'string',
  description: 'intake (keys in and sorts), officer (works on reports) or admin (looks after staff as well)',
  valueHint: 'role',
  required: true,
} as const;

const add = defineCommand({
  meta: {
    name: 'add',
    description:
      'Add a member of staff; prints a link, good for a day, with which they set up password and app',
  },
  args: {
    login,
    name: { type: 'string', description: 'As colleagues know them', valueHint: 'name', required: true },
    role,
    agency: {
      type: 'string',
      description: 'Code of their agency; they see what is its and below it. "nasional" sees everything',
      valueHint: 'code',
      required: true,
    },
    'password-stdin': {
      type: 'boolean',
      description: 'Read the password from standard input instead of printing a link, for scripts',
      default: false,
    },
  },
  run: ({ args }) =>
    withDatabase(async ({ db, config }) => {
      const given = { login: args.login, name: args.name, role: args.role, agency: args.agency };
      const password = args['password-stdin'] ? await readLine(process.stdin) : null;
      if (password === null) {
        const { token, login: added } = await addMember(db, given);
        console.log(describeLink(added, config.publicUrl, token));
      } else {
        const hashed = await setFirstPassword(createPasswordHashing(), given, password);
        const { login: added } = await addMember(db, given, hashed);
        console.log(`${printable(added)} can sign in at ${config.publicUrl}/petugas/masuk`);
      }
    }),
});

function describeLink(added: string, publicUrl: string, token: string): string {
  return `\
${printable(added)} sets up password and app here, within 24 hours; the link is good once:

  ${publicUrl}/petugas/undangan/${token}

Hand it over on a way that only they can read: whoever opens it first is them. A new one: lapor staff reset LOGIN`;
}

/** The first line, without its end; passwords hold no line breaks. */
async function readLine(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    parts.push(Buffer.from(part));
    bytes += part.length;
    if (bytes > 10_000) throw new AppError('invalid', 'Standard input holds more than a password.');
  }
  const [line = ''] = Buffer.concat(parts).toString().split(/\r?\n/, 1);
  if (line === '') throw new AppError('invalid', 'Standard input holds no password.');
  return line;
}

const list = defineCommand({
  meta: { name: 'list', description: 'Show who is staff, of which agency, and how far they are set up' },
  args: { json: { type: 'boolean', description: 'Print JSON for scripts', default: false } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const members = await listMembers(db);
      if (args.json) {
        console.log(JSON.stringify(members, null, 2));
        return;
      }
      for (const member of members) {
        const { active, hasPassword, hasTotp, isLinked, sessions } = member;
        const facts = [
          active ? null : 'disabled',
          hasPassword || isLinked ? null : 'invited',
          hasTotp ? 'app' : null,
          isLinked ? 'oidc' : null,
          sessions > 0 ? `${sessions} ${sessions === 1 ? 'session' : 'sessions'}` : null,
        ].filter((fact) => fact !== null);
        console.log(
          printable(
            [member.agencyCode, member.role, member.login, member.name, facts.join(', ')]
              .join('  ')
              .trimEnd(),
          ),
        );
      }
      if (members.length === 0) console.log('nobody is staff; the first: lapor staff add LOGIN --help');
      const warning = await findWarning(db);
      if (warning !== null) console.error(warning);
    }),
});

/** A command about one member that only says that it is done, and whether an admin is left. */
const simple = (name: string, description: string, act: typeof disableMember) =>
  defineCommand({
    meta: { name, description },
    args: { login },
    run: ({ args }) =>
      withDatabase(async ({ db }) => {
        console.log(printable(await act(db, args.login)));
        const warning = await findWarning(db);
        if (warning !== null) console.error(warning);
      }),
  });

const reset = defineCommand({
  meta: {
    name: 'reset',
    description: 'Take password, app, recovery codes and sessions away; prints a link to set them up anew',
  },
  args: { login },
  run: ({ args }) =>
    withDatabase(async ({ db, config }) => {
      const { token, login: typed } = await resetMember(db, args.login);
      console.log(describeLink(typed, config.publicUrl, token));
    }),
});

const setRole = defineCommand({
  meta: { name: 'set-role', description: 'Give somebody another role; their sessions end' },
  args: { login, role: { ...role, type: 'positional' } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      console.log(printable(await changeRole(db, args.login, readRole(args.role))));
      const warning = await findWarning(db);
      if (warning !== null) console.error(warning);
    }),
});

/** `lapor staff …`: who signs in at /petugas. */
export const staffCommand = defineCommand({
  meta: { name: 'staff', description: 'People who work with reports: who they are, and what they may do' },
  subCommands: {
    add,
    list,
    disable: simple('disable', 'Let somebody sign in no more; their sessions end', disableMember),
    enable: simple('enable', 'Let somebody sign in again', enableMember),
    reset,
    'sign-out': simple('sign-out', 'End all sessions of somebody', signOutMember),
    'set-role': setRole,
  },
});
