import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { listAdditions } from '../../db/additions.ts';
import { findProgressByReceipt, findProgressByTrackingId } from '../../db/progress.ts';
import { PublicView, publicView } from '../../domain/audiences/public.ts';
import { ReporterView, reporterView } from '../../domain/audiences/reporter.ts';
import { parseTrackingId } from '../../domain/tracking-id.ts';
import { AppError } from '../../errors.ts';
import { Problem } from '../problems.ts';

/** Without the title, which the page shows alone. */
const ReceiptBody = Type.Omit(ReporterView, ['title'], { title: 'Progress' });

/** Where a report stands: for the holder of the receipt, and for the public by tracking ID. */
export function registerProgress(app: FastifyInstance, context: Pick<Context, 'db'>): void {
  app.get<{ Params: { receipt: string } }>('/v1/receipts/:receipt', {
    schema: {
      summary: 'Progress of a report, for its reporter',
      tags: ['reports'],
      params: Type.Object({ receipt: Type.String() }),
      response: { 200: ReceiptBody, 404: Problem },
    },
    handler: async (request, reply) => {
      const record = await findProgressByReceipt(context.db, request.params.receipt.toLowerCase());
      if (record === null) throw new AppError('not-found', 'nobody was given this receipt');
      const additions = record.additionCount === 0 ? [] : await listAdditions(context.db, record.reportId);
      return reply.header('cache-control', 'no-store').send(reporterView(record, additions));
    },
  });

  app.get<{ Params: { trackingId: string } }>('/v1/track/:trackingId', {
    schema: {
      summary: 'Progress of a report, for the public',
      description: 'A confidential report answers exactly like an unknown tracking ID.',
      tags: ['reports'],
      params: Type.Object({
        trackingId: Type.String({ description: '12 digits, with or without separators' }),
      }),
      response: { 200: PublicView, 400: Problem, 404: Problem },
    },
    handler: async (request, reply) => {
      const parsed = parseTrackingId(request.params.trackingId);
      if (parsed === 'mistyped') {
        throw new AppError('tracking-id-mistyped', 'the check digit does not fit');
      }
      const record = await findProgressByTrackingId(context.db, parsed.trackingId);
      const progress = record && publicView(record);
      if (progress === null) throw new AppError('not-found', 'no public report has this tracking ID');
      return reply.header('cache-control', 'no-store').send(progress);
    },
  });
}
