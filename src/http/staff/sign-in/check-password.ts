import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { HttpContext } from '../../../context.ts';
import { recordAudit } from '../../../db/audit.ts';
import { findAccountByLogin, type StaffAccount, setPasswordHash, useTotpStep } from '../../../db/staff.ts';
import { insertInvitation, useRecoveryCode } from '../../../db/staff-invitations.ts';
import { needsSecondFactor, normalizeLogin, type StaffMember } from '../../../domain/staff.ts';
import { AppError, describeFailure } from '../../../errors.ts';
import type { PasswordHashing } from '../../../password-hash.ts';
import { hashToken } from '../session-cookie.ts';
import { countedFor, countedForCode, giveBackAttempt, takeAttempt } from './attempts.ts';
import { readDevice } from './device-cookie.ts';
import type { StaffSecrets } from './staff-secrets.ts';
import { findTotpStep, hashRecoveryCode, totpPurpose } from './totp.ts';

export type SignInContext = Pick<HttpContext, 'config' | 'db' | 'clock' | 'log'> & {
  readonly secrets: StaffSecrets;
  readonly passwords: PasswordHashing;
};

type Typed = { readonly login: string; readonly password: string; readonly code: string };

type Outcome =
  | {
      readonly kind: 'signed-in';
      readonly member: StaffMember;
      readonly login: string;
      readonly with: string;
    }
  /** Right, but the app that their role needs is missing: `token` opens the page that sets it up. */
  | { readonly kind: 'app-missing'; readonly token: string }
  /** Of what was typed something is wrong. What, nobody is told. */
  | { readonly kind: 'wrong' };

const appMinutes = 15;
/** Longer than any password: a login of a megabyte need not be looked at. */
const longest = 1_000;

/** Who may sign in with what was typed. Throws `AppError` `too-many-requests` where the next attempt is to wait. */
export async function checkPassword(
  context: SignInContext,
  request: FastifyRequest,
  typed: Typed,
): Promise<Outcome> {
  const { db, config, secrets, passwords } = context;
  const login = normalizeLogin(typed.login.slice(0, longest));
  const device = readDevice(request, secrets, config.publicUrl, login ?? '');
  const counted = countedFor(secrets, request, login ?? typed.login.slice(0, longest), device);
  await takeAttempt(context, counted);
  const account = login === null ? null : await findAccountByLogin(db, login);
  // As long for a login that does not exist: nobody finds out which do.
  const isRight = await passwords.verify(account?.passwordHash ?? null, typed.password.slice(0, longest));
  if (account === null || !isRight || !account.active) return fail(context, account, 'password');
  await renewHash(context, account, typed.password);
  const second = await checkSecondFactor(context, account, typed.code, device);
  if (second === 'wrong') return fail(context, account, 'code');
  await giveBackAttempt(context, counted);
  if (second === 'missing') return { kind: 'app-missing', token: await inviteToApp(context, account) };
  return { kind: 'signed-in', member: account.member, login: account.login, with: second };
}

async function fail(
  { db }: SignInContext,
  account: StaffAccount | null,
  at: 'password' | 'code',
): Promise<Outcome> {
  await recordAudit(db, {
    actor: 'nobody',
    action: 'staff_sign_in_failed',
    subject: `staff:${account?.member.id ?? 'unknown'}`,
    reason: null,
    details: { at },
  });
  return { kind: 'wrong' };
}

/** What the code was, or that it is wrong, or that there should be an app and is none. */
async function checkSecondFactor(
  context: SignInContext,
  { member, totpSecret }: StaffAccount,
  typed: string,
  device: string | null,
): Promise<'password' | 'code' | 'recovery code' | 'wrong' | 'missing'> {
  const { config, db, clock, log, secrets } = context;
  if (totpSecret === null) return needsSecondFactor(member.role, config.staff) ? 'missing' : 'password';
  const counted = countedForCode(secrets, member.id, device);
  try {
    await takeAttempt(context, counted);
  } catch (error) {
    // To say so would tell that the password is right.
    if (error instanceof AppError && error.code === 'too-many-requests') return 'wrong';
    throw error;
  }
  const secret = secrets.open(totpSecret, totpPurpose(member.id));
  if (secret === null) log.error({ event: 'totp_not_openable', staff: member.id });
  const step = secret === null ? null : findTotpStep(secret, typed, clock());
  const recovery = hashRecoveryCode(secrets, member.id, typed);
  const isCode = step !== null && (await useTotpStep(db, member.id, step));
  const isRecovery = recovery !== null && (await useRecoveryCode(db, member.id, recovery));
  if (!isCode && !isRecovery) return 'wrong';
  await giveBackAttempt(context, counted);
  return isCode ? 'code' : 'recovery code';
}

/** What was hashed with parameters of old is hashed with those of today, while the password is at hand. */
async function renewHash(context: SignInContext, account: StaffAccount, password: string): Promise<void> {
  const { db, log, passwords } = context;
  if (account.passwordHash === null || !(await passwords.isOutdated(account.passwordHash))) return;
  try {
    await setPasswordHash(db, account.member.id, await passwords.hash(password));
  } catch (error) {
    // The next time will do.
    log.warn({ event: 'password_not_rehashed', error: describeFailure(error) });
  }
}

async function inviteToApp({ db }: SignInContext, { member }: StaffAccount): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await insertInvitation(db, {
    tokenHash: hashToken(token),
    staffId: member.id,
    purpose: 'totp',
    minutes: appMinutes,
  });
  return token;
}
