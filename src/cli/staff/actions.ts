import { createHash, randomBytes } from 'node:crypto';
import { recordAudit } from '../../db/audit.ts';
import { findRecipient } from '../../db/endpoints.ts';
import { type Db, type Pool, transaction } from '../../db/pool.ts';
import {
  countActiveAdmins,
  findAccountByLogin,
  forgetCredentials,
  insertMember,
  listMembers,
  type StaffAccount,
  setActive,
  setPasswordHash,
  setRole,
} from '../../db/staff.ts';
import { insertInvitation, withdrawInvitations } from '../../db/staff-invitations.ts';
import { endSessionsOf } from '../../db/staff-sessions.ts';
import type { AuditAction, AuditEntry } from '../../domain/audit-entry.ts';
import { findPasswordProblem } from '../../domain/password.ts';
import { normalizeLogin, type Role, roles, type StaffId } from '../../domain/staff.ts';
import { AppError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import type { PasswordHashing } from '../../password-hash.ts';
import { nameOperator } from '../operator.ts';

/** What `lapor staff` does, each in one transaction with its row in the audit log. */

const invitationMinutes = 24 * 60;

export type NewMember = {
  readonly login: string;
  readonly name: string;
  readonly role: string;
  /** Code of the agency. */
  readonly agency: string;
};

/** Throws `AppError` `invalid` where there is no such role. */
export function readRole(typed: string): Role {
  const role = roles.find((known) => known === typed);
  if (role === undefined) {
    throw new AppError('invalid', `There is no role "${typed}": use one of ${roles.join(', ')}.`);
  }
  return role;
}

function readLogin(typed: string): string {
  const login = normalizeLogin(typed);
  if (login === null) {
    throw new AppError(
      'invalid',
      'A login is an e-mail address, or 3 letters, digits, dots and dashes or more.',
    );
  }
  return login;
}

function readName(typed: string): string {
  const name = typed.normalize('NFC').trim().replace(/\s+/g, ' ');
  if (name === '' || name.length > 200 || /[^\P{C}]/u.test(name)) {
    throw new AppError('invalid', 'A name has 1 to 200 letters.');
  }
  return name;
}

/** The hash of the password that a script sets for a new member. Throws `AppError` `invalid` where it is a bad one. */
export async function setFirstPassword(
  passwords: PasswordHashing,
  { login, name }: Pick<NewMember, 'login' | 'name'>,
  password: string,
): Promise<string> {
  const problem = findPasswordProblem(password, { login: readLogin(login), name: readName(name) });
  if (problem === null) return passwords.hash(password);
  const why = {
    short: 'has fewer than 12 characters',
    long: 'has more than 200 characters',
    common: 'is easy to guess: their name, a common word, or a row of digits',
  }[problem];
  throw new AppError('invalid', `The password ${why}.`);
}

/**
 * Adds a member of staff, with a password or with an invitation whose token is returned, and kept nowhere. Throws `AppError`
 * `invalid`, `agency-unknown`, or `conflict` where somebody has the login.
 */
export async function addMember(
  db: Pool,
  given: NewMember,
  passwordHash: string | null = null,
): Promise<{ readonly login: string; readonly id: StaffId; readonly token: string }> {
  const [login, name, role] = [readLogin(given.login), readName(given.name), readRole(given.role)];
  const id = newId<StaffId>();
  return transaction(db, async (tx) => {
    const agency = await findRecipient(tx, given.agency);
    if (agency === null) {
      throw new AppError(
        'agency-unknown',
        `No agency has the code ${given.agency}; "lapor agency list" shows them all.`,
      );
    }
    if (!(await insertMember(tx, { id, name, role, agencyCode: agency.code }, login))) {
      throw new AppError('conflict', `Somebody signs in as ${login} already: "lapor staff list" shows who.`);
    }
    if (passwordHash !== null) await setPasswordHash(tx, id, passwordHash);
    const token = passwordHash === null ? await invite(tx, id) : '';
    await audit(tx, id, 'staff_added', { role, agency: agency.code, invited: passwordHash === null });
    return { login, id, token };
  });
}

async function invite(tx: Db, staffId: StaffId): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const tokenHash = createHash('sha256').update(token).digest();
  await insertInvitation(tx, { tokenHash, staffId, purpose: 'setup', minutes: invitationMinutes });
  return token;
}

export const disableMember = (db: Pool, login: string): Promise<string> =>
  actOn(db, login, async (tx, { member, login: found }) => {
    const { id } = member;
    if (!(await setActive(tx, id, false))) throw new AppError('conflict', `${found} is disabled already.`);
    await withdrawInvitations(tx, id);
    const sessions = await endSessionsOf(tx, id, null);
    await audit(tx, id, 'staff_disabled', { sessionsEnded: sessions });
    return `${found} cannot sign in any more`;
  });

export const enableMember = (db: Pool, login: string): Promise<string> =>
  actOn(db, login, async (tx, { member: { id }, login: found }) => {
    if (!(await setActive(tx, id, true))) throw new AppError('conflict', `${found} is not disabled.`);
    await audit(tx, id, 'staff_enabled', {});
    return `${found} can sign in again`;
  });

export const signOutMember = (db: Pool, login: string): Promise<string> =>
  actOn(db, login, async (tx, { member: { id }, login: found }) => {
    const count = await endSessionsOf(tx, id, null);
    await audit(tx, id, 'staff_sessions_ended', { sessionsEnded: count });
    return `${count} ${count === 1 ? 'session' : 'sessions'} of ${found} ended`;
  });

/** What they may do changes, so whoever sits at an open session of theirs has to sign in anew. */
export const changeRole = (db: Pool, login: string, role: Role): Promise<string> =>
  actOn(db, login, async (tx, { member: { id, role: before }, login: found }) => {
    if (!(await setRole(tx, id, role))) throw new AppError('conflict', `${found} is ${role} already.`);
    const sessions = await endSessionsOf(tx, id, null);
    await audit(tx, id, 'staff_role_changed', { before, after: role, sessionsEnded: sessions });
    return `${found} is ${role} from now on`;
  });

/** Their new invitation. */
export const resetMember = (
  db: Pool,
  login: string,
): Promise<{ readonly login: string; readonly token: string }> =>
  actOn(db, login, async (tx, { member: { id }, login: found, active }) => {
    if (!active) {
      throw new AppError('conflict', `${found} is disabled: "lapor staff enable ${found}" comes first.`);
    }
    await forgetCredentials(tx, id);
    const sessions = await endSessionsOf(tx, id, null);
    const token = await invite(tx, id);
    await audit(tx, id, 'staff_reset', { sessionsEnded: sessions });
    return { login: found, token };
  });

/** A sentence where staff are there and nobody can look after them; null where all is well. */
export async function findWarning(db: Pool): Promise<string | null> {
  const isEmpty = (await listMembers(db)).length === 0;
  return isEmpty || (await countActiveAdmins(db)) > 0
    ? null
    : 'Warning: no active admin is left. Make one: lapor staff set-role LOGIN admin';
}

/** Throws `AppError` `not-found` where nobody has the login. */
function actOn<T>(db: Pool, typed: string, act: (tx: Db, account: StaffAccount) => Promise<T>): Promise<T> {
  return transaction(db, async (tx) => {
    const login = normalizeLogin(typed);
    const account = login === null ? null : await findAccountByLogin(tx, login);
    if (account === null) {
      throw new AppError('not-found', `Nobody signs in as ${typed}: "lapor staff list" shows who there is.`);
    }
    return act(tx, account);
  });
}

const audit = (tx: Db, id: StaffId, action: AuditAction, details: AuditEntry['details']): Promise<void> =>
  recordAudit(tx, { actor: nameOperator(), action, subject: `staff:${id}`, reason: null, details });
