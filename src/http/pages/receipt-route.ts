import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nanoid } from 'nanoid';
import type { HttpContext } from '../../context.ts';
import { listAdditions } from '../../db/additions.ts';
import { listAttachmentsByReceipt } from '../../db/attachments.ts';
import { findProgressByReceipt } from '../../db/progress.ts';
import { reporterFiles, reporterView, versionForReporter } from '../../domain/audiences/reporter.ts';
import { isFinished, mayBeAddedTo, mayBeRated, type ProgressRecord } from '../../domain/progress.ts';
import { livePageHeaders } from '../security.ts';
import { ErrorPage } from './error-page.tsx';
import { gatherFiles } from './form-files.ts';
import { nothingPosted } from './posted-form.ts';
import { ReceiptPage, type Stored } from './receipt-page.tsx';
import { sendPage, viewOf } from './send-page.ts';

export type ReceiptParams = { Params: { receipt: string } };

/** What `?tersimpan=` says was sent from the page and stored a moment ago. */
export const storedNames: Readonly<Record<Stored, string>> = { addition: 'tambahan', rating: 'nilai' };

/**
 * `GET /terima/:receipt`: the page of the receipt's owner. Relies on the CSRF protection that the report form brings
 * along.
 */
export function registerReceipt(
  app: FastifyInstance,
  context: Pick<HttpContext, 'attachments' | 'config' | 'db' | 'clock'>,
): void {
  app.get<ReceiptParams>('/terima/:receipt', { schema: { hide: true } }, async (request, reply) => {
    const receipt = receiptOf(request);
    const record = await findProgressByReceipt(context.db, receipt);
    if (record === null) return sendUnknownReceipt(request, reply);
    const additions = record.additionCount === 0 ? [] : await listAdditions(context.db, record.reportId);
    const files = await listAttachmentsByReceipt(context.db, receipt);
    const { shown: formFiles } = await gatherFiles(context, nothingPosted);
    const page = ReceiptPage({
      view: viewOf(request),
      receipt,
      address: `${context.config.publicUrl}/terima/${receipt}`,
      progress: reporterView(record, additions),
      files: reporterFiles(files ?? []),
      may: { add: mayBeAddedTo(record), rate: mayBeRated(record) },
      newsFrom: isFinished(record) ? null : newsAddress(receipt, record),
      csrfToken: reply.generateCsrf(),
      token: nanoid(),
      formFiles,
      stored: readStored(request),
      now: context.clock(),
    });
    return sendPage(reply.header('cache-control', 'no-store'), page, livePageHeaders);
  });
}

export const receiptOf = (request: FastifyRequest<ReceiptParams>): string =>
  request.params.receipt.toLowerCase();

export function sendUnknownReceipt(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const view = viewOf(request);
  const { unknownTitle: title, unknown: detail } = view.speech.words.receipt;
  return sendPage(reply.code(404).header('cache-control', 'no-store'), ErrorPage({ view, title, detail }));
}

/** Begins with what happens after the state that the page shows. */
const newsAddress = (receipt: string, record: ProgressRecord): string =>
  `/v1/receipts/${receipt}/events?seen=${versionForReporter(record)}`;

function readStored(request: FastifyRequest): Stored | null {
  const name = new URLSearchParams(request.url.split('?', 2)[1] ?? '').get('tersimpan');
  return (['addition', 'rating'] as const).find((stored) => storedNames[stored] === name) ?? null;
}
