import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Accept } from '../../accept.ts';

import type { AddInformation } from '../../add-information.ts';
import type { Context, HttpContext } from '../../context.ts';
import { listAttachments } from '../../db/attachments.ts';
import { findProgressByTrackingId } from '../../db/progress.ts';

import type { ListedFile } from '../../domain/attachment.ts';
import { publicFiles, publicView } from '../../domain/audiences/public.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Challenges } from '../limits/challenges.ts';
import { askedLanguage, languageCookie } from '../messages/language.ts';
import { problemKinds } from '../problems.ts';
import { loadAssets } from './assets.ts';
import { ErrorPage } from './error-page.tsx';
import { HomePage } from './home-page.tsx';
import { registerReceiptForms } from './receipt-forms-route.ts';
import { registerReceipt } from './receipt-route.ts';
import { registerReportForm } from './report-form-route.ts';
import { sendPage, viewOf } from './send-page.ts';
import { TrackPage, type TrackResult } from './track-page.tsx';
import { readTrackQuery } from './track-query.ts';

/** The pages people see, and the files these link to. */
export async function registerPages(
  app: FastifyInstance,
  context: Pick<HttpContext, 'attachments' | 'config' | 'db' | 'directory' | 'clock' | 'log' | 'formKey'>,
  accept: Accept,
  challenges: Pick<Challenges, 'isSolved'>,
  addInformation: AddInformation,
): Promise<void> {
  app.decorate('assets', loadAssets());
  await app.register(async (pages) => {
    await pages.register(cookie);
    rememberLanguage(pages, context);
    registerHome(pages);
    await registerReportForm(pages, context, accept, challenges);
    registerReceipt(pages, context);
    registerReceiptForms(pages, context, addInformation);
    registerTrack(pages, context);
    registerAssets(pages);
  });
}

/** Answers a browser's request that failed; says no more than the kind of problem does. */
export function renderErrorPage(
  request: FastifyRequest,
  reply: FastifyReply,
  code: ErrorCode | 'internal',
): FastifyReply {
  const view = viewOf(request);
  const kind = problemKinds[code];
  reply.code(kind.status).header('cache-control', 'no-store');
  return sendPage(reply, ErrorPage({ view, ...kind[view.speech.language] }));
}

const aYear = 365 * 24 * 60 * 60;

/** What `?lang=` asks for is kept in a cookie. */
export function rememberLanguage(app: FastifyInstance, { config }: Pick<Context, 'config'>): void {
  app.addHook('onRequest', async (request, reply) => {
    const asked = askedLanguage(request);
    if (asked === null) return;
    reply.setCookie(languageCookie, asked, {
      path: '/',
      maxAge: aYear,
      sameSite: 'lax',
      httpOnly: true,
      secure: config.publicUrl.startsWith('https:'),
    });
  });
}

function registerHome(app: FastifyInstance): void {
  app.get('/', { schema: { hide: true } }, async (request, reply) =>
    sendPage(reply.header('cache-control', 'private, no-cache'), HomePage({ view: viewOf(request) })),
  );
}

const trackStatus = { 'not-asked': 200, empty: 422, mistyped: 422, unknown: 404 } as const;

function registerTrack(app: FastifyInstance, context: Pick<Context, 'db'>): void {
  app.get('/lacak', { schema: { hide: true } }, async (request, reply) => {
    const query = readTrackQuery(request.url);
    reply.header('cache-control', 'no-store');
    if ('receipt' in query) return reply.redirect(`/terima/${query.receipt}`, 303);
    const { result, files = [] } =
      'trackingId' in query ? await track(context, query.trackingId) : { result: query.result };
    reply.code(typeof result === 'string' ? trackStatus[result] : 200);
    const view = viewOf(request, query.typed === '' ? {} : { id: query.typed });
    return sendPage(reply, TrackPage({ view, typed: query.typed, result, files }));
  });
}

async function track(
  { db }: Pick<Context, 'db'>,
  trackingId: string,
): Promise<{ readonly result: TrackResult; readonly files?: readonly ListedFile[] }> {
  const record = await findProgressByTrackingId(db, trackingId);
  const result = record && publicView(record);
  if (record === null || result === null) return { result: 'unknown' };
  return { result, files: publicFiles(record, await listAttachments(db, record.reportId)) };
}

/** A path names its content, so what a browser has once it never asks for again. */
function registerAssets(app: FastifyInstance): void {
  const { form, ...single } = app.assets;
  for (const asset of new Set([...Object.values(single), ...form.modules, ...form.desk, form.worker])) {
    // The page that tells somebody to wait has to look like one: what it is dressed in is never refused.
    app.get(asset.path, { schema: { hide: true }, config: { limit: 'none' } }, async (request, reply) => {
      const gzip = /\bgzip\b/.test(String(request.headers['accept-encoding']));
      if (gzip) reply.header('content-encoding', 'gzip');
      return reply
        .type(asset.contentType)
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('vary', 'accept-encoding')
        .send(gzip ? asset.gzipped : asset.body);
    });
  }
}
