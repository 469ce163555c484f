import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../errors.ts';
import type { Posted } from '../../pages/posted-form.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { setRetryHeaders } from '../../problems.ts';
import { csrfTokenFor } from '../area.ts';
import { readReturnPath, signInPath } from '../paths.ts';
import { checkPassword, type SignInContext } from './check-password.ts';
import { rememberDevice } from './device-cookie.ts';
import { type SignInNews, SignInPage } from './sign-in-page.tsx';
import { startSession } from './start-session.ts';

/** `GET` and `POST /petugas/masuk`. */
export function registerSignIn(pages: FastifyInstance, context: SignInContext): void {
  pages.get(signInPath, { schema: { hide: true } }, async (request, reply) => {
    const { lanjut, keluar, siap } = request.query as Readonly<Record<string, string | undefined>>;
    const returnPath = readReturnPath(lanjut);
    if (request.staffSession !== null) return reply.redirect(returnPath, 303);
    return show(context, request, reply, { returnPath, news: findNews(keluar, siap) });
  });

  pages.post(
    signInPath,
    { schema: { hide: true }, preHandler: pages.csrfProtection, config: { limit: 'reports' } },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const { fields } = request.body as Posted;
      const returnPath = readReturnPath(fields.get('lanjut'));
      const login = fields.get('login') ?? '';
      try {
        const outcome = await checkPassword(context, request, {
          login,
          password: fields.get('password') ?? '',
          code: fields.get('code') ?? '',
        });
        if (outcome.kind === 'wrong') {
          return await show(context, request, reply.code(401), {
            returnPath,
            login,
            news: { kind: 'wrong' },
          });
        }
        if (outcome.kind === 'app-missing') {
          return await reply.redirect(`/petugas/undangan/${outcome.token}`, 303);
        }
        rememberDevice(request, reply, context.secrets, context.config.publicUrl, outcome.login);
        await startSession(context, request, reply, outcome.member.id, 'password', outcome.with);
        return await reply.redirect(returnPath, 303);
      } catch (error) {
        if (!(error instanceof AppError) || error.quota === null) throw error;
        setRetryHeaders(reply.code(429), error);
        const news = { kind: 'wait', seconds: error.quota.resetSeconds } as const;
        return show(context, request, reply, { returnPath, login, news });
      }
    },
  );
}

function findNews(signedOut: string | undefined, ready: string | undefined): SignInNews | null {
  if (ready !== undefined) return { kind: 'said', what: 'ready' };
  if (signedOut === undefined) return null;
  return { kind: 'said', what: signedOut === 'semua' ? 'allSignedOut' : 'signedOut' };
}

type Shown = { readonly returnPath: string; readonly login?: string; readonly news: SignInNews | null };

/** The page with an empty password, whatever became of the last one. */
export function show(
  { config }: Pick<SignInContext, 'config'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { returnPath, login = '', news }: Shown,
): FastifyReply {
  const view = viewOf(request, { lanjut: returnPath });
  const csrfToken = csrfTokenFor(request, reply);
  const sso = config.staff.oidc?.name ?? null;
  return sendPage(reply, SignInPage({ view, csrfToken, login: login.slice(0, 254), returnPath, sso, news }));
}
