import type { FastifyReply, FastifyRequest } from 'fastify';
import { recordAudit } from '../../../db/audit.ts';
import { transaction } from '../../../db/pool.ts';
import { findAccount, type StaffAccount, setPasswordHash } from '../../../db/staff.ts';
import { withdrawInvitations } from '../../../db/staff-invitations.ts';
import { endSessionsOf, replaceToken } from '../../../db/staff-sessions.ts';
import { findPasswordProblem, normalizePassword } from '../../../domain/password.ts';
import { roles, type StaffMember } from '../../../domain/staff.ts';
import { AppError } from '../../../errors.ts';
import type { Posted } from '../../pages/posted-form.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { hashToken, newToken, setSessionCookie } from '../session-cookie.ts';
import { countedFor, giveBackAttempt, takeAttempt } from '../sign-in/attempts.ts';
import type { SignInContext } from '../sign-in/check-password.ts';
import { readDevice } from '../sign-in/device-cookie.ts';
import { invitationWords } from '../sign-in/words.ts';
import { PasswordPage, type PasswordProblems } from './password-page.tsx';
import { accountWords } from './words.ts';

/** `GET` and `POST /petugas/sandi`: whoever sits at an open session still has to know the password to change it. */
export function registerPassword(area: StaffArea, context: SignInContext): void {
  const { config, db, passwords } = context;

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    staff: StaffMember,
    account: StaffAccount,
    problems: PasswordProblems,
  ) {
    const page = PasswordPage({
      view: viewOf(request),
      staff,
      csrfToken: csrfTokenFor(request, reply),
      login: account.login,
      hasPassword: account.passwordHash !== null,
      problems,
    });
    return sendPage(reply, page);
  }

  area.add({
    method: 'GET',
    url: '/petugas/sandi',
    roles,
    handle: async (request, reply, staff) => show(request, reply, staff, await mustFind(context, staff), {}),
  });

  area.add({
    method: 'POST',
    url: '/petugas/sandi',
    roles,
    action: 'staff_password_change_asked',
    handle: async (request, reply, staff) => {
      const account = await mustFind(context, staff);
      const { fields } = request.body as Posted;
      const password = fields.get('password') ?? '';
      const problems = await findProblems(context, request, account, fields);
      if (Object.keys(problems).length > 0) return show(request, reply.code(422), staff, account, problems);
      const hashed = await passwords.hash(password);
      const token = newToken();
      const session = request.staffSession?.id ?? null;
      await transaction(db, async (tx) => {
        await setPasswordHash(tx, staff.id, hashed);
        await withdrawInvitations(tx, staff.id);
        await endSessionsOf(tx, staff.id, session);
        if (session !== null) await replaceToken(tx, session, hashToken(token));
        await recordAudit(tx, {
          actor: `staff:${staff.id}`,
          action: 'staff_password_changed',
          subject: `staff:${staff.id}`,
          reason: null,
          details: { session },
        });
      });
      setSessionCookie(reply, config, token);
      return reply.redirect('/petugas/sesi?kabar=sandi', 303);
    },
  });
}

async function mustFind({ db }: SignInContext, { id }: StaffMember): Promise<StaffAccount> {
  const account = await findAccount(db, id);
  if (account === null) throw new AppError('not-found', 'there is no such member of staff');
  return account;
}

async function findProblems(
  context: SignInContext,
  request: FastifyRequest,
  account: StaffAccount,
  fields: URLSearchParams,
): Promise<PasswordProblems> {
  const { speech } = viewOf(request);
  const words = invitationWords[speech.language];
  const own = accountWords[speech.language];
  const password = fields.get('password') ?? '';
  const problem = findPasswordProblem(password, { login: account.login, name: account.member.name });
  if (problem !== null) return { password: words[problem] };
  if (normalizePassword(password) !== normalizePassword(fields.get('repeat') ?? '')) {
    return { repeat: words.different };
  }
  const { config, secrets, passwords } = context;
  const device = readDevice(request, secrets, config.publicUrl, account.login);
  const counted = countedFor(secrets, request, account.login, device);
  try {
    await takeAttempt(context, counted);
  } catch (error) {
    if (!(error instanceof AppError) || error.quota === null) throw error;
    return { current: speech.say(own.wait, { seconds: error.quota.resetSeconds }) };
  }
  const current = (fields.get('current') ?? '').slice(0, 1_000);
  if (!(await passwords.verify(account.passwordHash, current))) return { current: own.wrong };
  await giveBackAttempt(context, counted);
  return {};
}
