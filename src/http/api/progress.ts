import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { findProgressByReceipt, findProgressByTrackingId, type Progress } from '../../db/progress.ts';
import { kinds } from '../../domain/report.ts';
import { parseTrackingId } from '../../domain/tracking-id.ts';
import { AppError } from '../../errors.ts';
import { Problem } from '../problems.ts';

const Nullable = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

const ProgressBody = Type.Object(
  {
    trackingId: Nullable('12 digits, shown to people as 4-4-4; null until the report is filed'),
    status: Type.Enum(['accepted', 'in_review', 'forwarded', 'delivered'], {
      description:
        'accepted: stored; in_review: looked at by the national desk; forwarded: has its agency; delivered: the agency has it',
    }),
    kind: Type.Enum([...kinds]),
    channel: Type.String(),
    receivedAt: Type.String({ format: 'date-time' }),
    agency: Type.Union([Type.Object({ code: Type.String(), name: Type.String() }), Type.Null()]),
    topic: Nullable('Name of the topic'),
    reason: Nullable('Why this agency, in words'),
    duplicateOf: Nullable('Tracking ID of an earlier report of the same event'),
    history: Type.Array(
      Type.Object({
        at: Type.String({ format: 'date-time' }),
        what: Type.Enum(['received', 'quarantined', 'filed', 'routed', 'delivered']),
        agency: Nullable('Name of the agency concerned'),
      }),
    ),
  },
  { title: 'Progress' },
);

/** Where a report stands: for the holder of the receipt, and for the public by tracking ID. */
export function registerProgress(app: FastifyInstance, context: Pick<Context, 'db'>): void {
  app.get<{ Params: { receipt: string } }>('/v1/receipts/:receipt', {
    schema: {
      summary: 'Progress of a report, for its reporter',
      tags: ['reports'],
      params: Type.Object({ receipt: Type.String() }),
      response: { 200: ProgressBody, 404: Problem },
    },
    handler: async (request, reply) => {
      const progress = await findProgressByReceipt(context.db, request.params.receipt.toLowerCase());
      if (progress === null) throw new AppError('not-found', 'nobody was given this receipt');
      return reply.header('cache-control', 'no-store').send(toBody(progress));
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
      response: { 200: ProgressBody, 400: Problem, 404: Problem },
    },
    handler: async (request, reply) => {
      const parsed = parseTrackingId(request.params.trackingId);
      if (parsed === 'mistyped') {
        throw new AppError('tracking-id-mistyped', 'the check digit does not fit');
      }
      const progress = await findProgressByTrackingId(context.db, parsed.trackingId);
      if (progress === null) throw new AppError('not-found', 'no public report has this tracking ID');
      return reply.header('cache-control', 'no-store').send(toBody(progress));
    },
  });
}

function toBody(progress: Progress): Type.Static<typeof ProgressBody> {
  return {
    trackingId: progress.trackingId,
    status: progress.status,
    kind: progress.kind,
    channel: progress.channel,
    receivedAt: progress.receivedAt.toISOString(),
    agency:
      progress.agencyCode === null
        ? null
        : { code: progress.agencyCode, name: progress.agencyName ?? progress.agencyCode },
    topic: progress.topicName,
    reason: progress.reason,
    duplicateOf: progress.duplicateOf,
    history: progress.events.map((event) => ({
      at: event.at.toISOString(),
      what: event.what,
      agency: event.agencyName,
    })),
  };
}
