import type { FastifyError, FastifyInstance } from 'fastify';
import { AppError } from '../../errors.ts';
import { sendPage, viewOf } from '../pages/send-page.ts';
import { refuseLostForm } from './lost-form.ts';
import { signInPath } from './paths.ts';
import { RefusedPage } from './refused-page.tsx';

/** Says in words that help what is refused in the staff's part; all other errors go on to where all are told. */
export function refuseInWords(pages: FastifyInstance): void {
  pages.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const isToken = error.code === 'FST_CSRF_INVALID_TOKEN' || error.code === 'FST_CSRF_MISSING_SECRET';
    const { url = '' } = request.routeOptions;
    // The page of old that signs in, or sets an account up, is shown anew: nothing is lost with it.
    if (isToken && url === signInPath) return reply.redirect(signInPath, 303);
    if (isToken && url.startsWith('/petugas/undangan/')) return reply.redirect(request.url, 303);
    if (isToken) return refuseLostForm(request, reply, 'not-ours');
    if (error instanceof AppError && error.code === 'forbidden') {
      return sendPage(reply.code(403), RefusedPage({ view: viewOf(request), why: 'forbidden' }));
    }
    if (error instanceof AppError && error.code === 'not-found') {
      return sendPage(reply.code(404), RefusedPage({ view: viewOf(request), why: 'notFound' }));
    }
    throw error;
  });
}
