import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OidcConfig } from '../../../config/staff.ts';
import { recordAudit } from '../../../db/audit.ts';
import { transaction } from '../../../db/pool.ts';
import { findAccount, findAccountByLogin, findLinkedMember, linkMember } from '../../../db/staff.ts';
import { normalizeLogin, type StaffMember } from '../../../domain/staff.ts';
import { describeFailure } from '../../../errors.ts';
import { readReturnPath, signInPath, staffHome } from '../paths.ts';
import { cookieOptions, hostCookie } from '../session-cookie.ts';
import type { SignInContext } from './check-password.ts';
import { createOidcClient, type OidcAccount, type OidcJourney } from './oidc.ts';
import type { SignInNews } from './sign-in-page.tsx';
import { show } from './sign-in-route.ts';
import { startSession } from './start-session.ts';

const purpose = 'oidc journey';
type Why = (SignInNews & { readonly kind: 'sso' })['why'];

/**
 * `GET /petugas/masuk/sso` and `…/kembali`: to the provider and back. A link, not a form: the pages' content security policy lets
 * no form lead to another site.
 */
export function registerOidc(pages: FastifyInstance, context: SignInContext, settings: OidcConfig): void {
  const { config, secrets, clock, log } = context;
  const backPath = `${signInPath}/sso/kembali`;
  const provider = createOidcClient(settings, `${config.publicUrl}${backPath}`);
  const cookieName = hostCookie(config.publicUrl, 'lapor-staff-sso');

  const refuse = (request: FastifyRequest, reply: FastifyReply, status: number, why: Why) =>
    show(context, request, reply.code(status), { returnPath: staffHome, news: { kind: 'sso', why } });

  pages.get(`${signInPath}/sso`, { schema: { hide: true } }, async (request, reply) => {
    const { lanjut } = request.query as { readonly lanjut?: string };
    try {
      const { url, journey } = await provider.begin(readReturnPath(lanjut), clock());
      const sealed = secrets.seal(Buffer.from(JSON.stringify(journey)), purpose).toString('base64url');
      reply.setCookie(cookieName, sealed, { ...cookieOptions(config.publicUrl), maxAge: 600 });
      return reply.redirect(url.href, 303);
    } catch (error) {
      log.warn({ event: 'oidc_unavailable', error: describeFailure(error) });
      return refuse(request, reply, 503, 'ssoAway');
    }
  });

  pages.get(backPath, { schema: { hide: true } }, async (request, reply) => {
    reply.clearCookie(cookieName, cookieOptions(config.publicUrl));
    const journey = readJourney(context, request.cookies[cookieName]);
    if (journey === null) return refuse(request, reply, 400, 'ssoExpired');
    let account: OidcAccount | 'denied';
    try {
      account = await provider.finish(journey, new URL(`${config.publicUrl}${request.url}`));
    } catch (error) {
      log.warn({ event: 'oidc_failed', error: describeFailure(error) });
      return refuse(request, reply, 502, 'ssoAway');
    }
    if (account === 'denied') return refuse(request, reply, 403, 'ssoDenied');
    const member = await findMember(context, settings.issuer, account);
    if (member === null) return refuse(request, reply, 403, 'ssoUnknown');
    await startSession(context, request, reply, member.id, 'oidc', 'oidc');
    return reply.redirect(journey.returnPath, 303);
  });
}

function readJourney({ secrets, clock }: SignInContext, cookie: string | undefined): OidcJourney | null {
  const opened = secrets.open(Buffer.from(cookie ?? '', 'base64url'), purpose);
  if (opened === null) return null;
  const journey = JSON.parse(opened.toString()) as OidcJourney;
  return journey.until > clock().getTime() ? journey : null;
}

/**
 * The active member with this account over there. The first time it is who has the verified address of it as their login; after
 * that only the account itself counts, whatever its address becomes. Nobody becomes staff by this.
 */
async function findMember(
  { db }: SignInContext,
  issuer: string,
  { subject, verifiedEmail }: OidcAccount,
): Promise<StaffMember | null> {
  const linked = await findLinkedMember(db, issuer, subject);
  if (linked !== null) {
    const account = await findAccount(db, linked);
    if (account?.active) return account.member;
    return refuse(db, linked);
  }
  const login = verifiedEmail === null ? null : normalizeLogin(verifiedEmail);
  const account = login?.includes('@') ? await findAccountByLogin(db, login) : null;
  if (account === null || !account.active) return refuse(db, account?.member.id ?? 'unknown');
  const { id } = account.member;
  const isLinked = await transaction(db, async (tx) => {
    if (!(await linkMember(tx, id, issuer, subject))) return false;
    const details = { host: new URL(issuer).host };
    await recordAudit(tx, {
      actor: `staff:${id}`,
      action: 'staff_linked',
      subject: `staff:${id}`,
      reason: null,
      details,
    });
    return true;
  });
  return isLinked ? account.member : refuse(db, id);
}

async function refuse(db: SignInContext['db'], subject: string): Promise<null> {
  await recordAudit(db, {
    actor: 'nobody',
    action: 'staff_sign_in_failed',
    subject: `staff:${subject}`,
    reason: null,
    details: { at: 'oidc' },
  });
  return null;
}
