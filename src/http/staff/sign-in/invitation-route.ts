import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { recordAudit } from '../../../db/audit.ts';
import { transaction } from '../../../db/pool.ts';
import { findAccount, type StaffAccount, setPasswordHash, setTotpSecret } from '../../../db/staff.ts';
import {
  findInvitation,
  type Invitation,
  keepTotpDraft,
  replaceRecoveryCodes,
  useInvitation,
} from '../../../db/staff-invitations.ts';
import { endSessionsOf } from '../../../db/staff-sessions.ts';
import { findPasswordProblem, normalizePassword } from '../../../domain/password.ts';
import { needsSecondFactor } from '../../../domain/staff.ts';
import type { Posted } from '../../pages/posted-form.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { csrfTokenFor } from '../area.ts';
import { signInPath } from '../paths.ts';
import { hashToken } from '../session-cookie.ts';
import type { SignInContext } from './check-password.ts';
import {
  InvitationDonePage,
  InvitationGonePage,
  InvitationPage,
  type SetUpProblems,
} from './invitation-page.tsx';
import {
  describeTotp,
  findTotpStep,
  hashRecoveryCode,
  newRecoveryCodes,
  newTotpSecret,
  totpPurpose,
} from './totp.ts';

type Found = {
  readonly tokenHash: Buffer;
  readonly invitation: Invitation;
  readonly account: StaffAccount;
  /** Of the app, offered by this invitation. */
  readonly secret: Buffer;
  readonly isAppOptional: boolean;
};

/** `GET` and `POST /petugas/undangan/…`: the link that `lapor staff add` prints. Looking at it uses nothing up. */
export function registerInvitation(pages: FastifyInstance, context: SignInContext): void {
  const url = '/petugas/undangan/:token';
  pages.get(url, { schema: { hide: true } }, async (request, reply) => {
    const found = await findOpen(context, request);
    return found === null ? showGone(request, reply) : show(request, reply, found, {});
  });
  pages.post(
    url,
    { schema: { hide: true }, preHandler: pages.csrfProtection, config: { limit: 'reports' } },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const found = await findOpen(context, request);
      if (found === null) return showGone(request, reply);
      const { fields } = request.body as Posted;
      const step = findTotpStep(found.secret, fields.get('code') ?? '', context.clock());
      const problems = findProblems(found, fields, step);
      if (Object.keys(problems).length > 0) return show(request, reply.code(422), found, problems);
      const password = found.invitation.purpose === 'setup' ? (fields.get('password') ?? '') : null;
      const codes = await setUp(context, found, password, step);
      if (codes === null) return showGone(request, reply);
      return codes.length === 0
        ? reply.redirect(`${signInPath}?siap`, 303)
        : sendPage(reply, InvitationDonePage({ view: viewOf(request), codes }));
    },
  );
}

async function findOpen(
  { db, secrets, config }: SignInContext,
  request: FastifyRequest,
): Promise<Found | null> {
  const tokenHash = hashToken((request.params as { readonly token: string }).token);
  const invitation = await findInvitation(db, tokenHash);
  const account = invitation === null ? null : await findAccount(db, invitation.staffId);
  if (invitation === null || account === null) return null;
  const purpose = totpPurpose(account.member.id);
  const sealed =
    invitation.totpDraft ?? (await keepTotpDraft(db, tokenHash, secrets.seal(newTotpSecret(), purpose)));
  const secret = secrets.open(sealed, purpose);
  if (secret === null) return null;
  const isAppOptional =
    invitation.purpose === 'setup' && !needsSecondFactor(account.member.role, config.staff);
  return { tokenHash, invitation, account, secret, isAppOptional };
}

function findProblems(found: Found, fields: URLSearchParams, step: number | null): SetUpProblems {
  const { invitation, account, isAppOptional } = found;
  const code = (fields.get('code') ?? '').trim();
  const password = fields.get('password') ?? '';
  const problem =
    invitation.purpose === 'totp'
      ? null
      : findPasswordProblem(password, { login: account.login, name: account.member.name });
  const isRepeated = normalizePassword(password) === normalizePassword(fields.get('repeat') ?? '');
  return {
    ...(problem !== null && { password: problem }),
    ...(invitation.purpose === 'setup' &&
      problem === null &&
      !isRepeated && { repeat: 'different' as const }),
    ...(code === '' && !isAppOptional && { code: 'codeMissing' as const }),
    ...(code !== '' && step === null && { code: 'codeWrong' as const }),
  };
}

/** Returns the recovery codes, none where no app was connected; null where the invitation was used meanwhile. */
async function setUp(
  { db, secrets, passwords }: SignInContext,
  { tokenHash, account, secret }: Found,
  password: string | null,
  step: number | null,
): Promise<readonly string[] | null> {
  const { id } = account.member;
  const hashed = password === null ? null : await passwords.hash(password);
  const codes = step === null ? [] : newRecoveryCodes();
  return transaction(db, async (tx) => {
    if (!(await useInvitation(tx, tokenHash))) return null;
    if (hashed !== null) await setPasswordHash(tx, id, hashed);
    if (step !== null) {
      await setTotpSecret(tx, id, secrets.seal(secret, totpPurpose(id)), step);
      const hashes = codes.map((code) => hashRecoveryCode(secrets, id, code)).filter((hash) => hash !== null);
      await replaceRecoveryCodes(tx, id, hashes);
    }
    const ended = await endSessionsOf(tx, id, null);
    await recordAudit(tx, {
      actor: `staff:${id}`,
      action: 'staff_set_up',
      subject: `staff:${id}`,
      reason: null,
      details: { password: hashed !== null, app: step !== null, sessionsEnded: ended },
    });
    return codes;
  });
}

function show(
  request: FastifyRequest,
  reply: FastifyReply,
  { invitation, account, secret, isAppOptional }: Found,
  problems: SetUpProblems,
): FastifyReply {
  const view = viewOf(request);
  const page = InvitationPage({
    view,
    csrfToken: csrfTokenFor(request, reply),
    action: `/petugas/undangan/${(request.params as { readonly token: string }).token}`,
    name: account.member.name,
    login: account.login,
    asksPassword: invitation.purpose === 'setup',
    isAppOptional,
    totp: describeTotp(secret, view.speech.words.site.name, account.login),
    problems,
  });
  return sendPage(reply, page);
}

const showGone = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendPage(reply.code(404), InvitationGonePage({ view: viewOf(request) }));
