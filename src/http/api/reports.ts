import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Accept } from '../../accept.ts';
import type { Context, HttpContext } from '../../context.ts';
import { isReport } from '../../domain/message.ts';
import type { Accepted, NewReport } from '../../domain/report.ts';
import {
  findAgency,
  findTopic,
  isLikeAgencyCode,
  isLikeTopicCode,
  isLoaded,
} from '../../domain/routing/directory.ts';
import { Submission } from '../../domain/submission.ts';
import { AppError } from '../../errors.ts';
import { Problem } from '../problems.ts';
import { readInbound } from './inbound.ts';
import type { WaitForTrackingId } from './wait-for-tracking-id.ts';

const Receipted = Type.Object(
  {
    receipt: Type.String({ description: "The reporter's secret; it opens the progress of the report" }),
    trackingId: Type.Union([Type.String(), Type.Null()], {
      description:
        '12 digits, shown to people as 4-4-4; null until the report is filed, normally within a second',
    }),
    links: Type.Object({
      receipt: Type.String({ format: 'uri' }),
      page: Type.String({ format: 'uri', description: 'For the reporter, in a browser' }),
      track: Type.Union([Type.String({ format: 'uri' }), Type.Null()]),
    }),
  },
  { title: 'Receipted' },
);

/** `POST /v1/reports`: the web channel for programs. */
export function registerReports(
  app: FastifyInstance,
  context: Pick<HttpContext, 'attachments' | 'channels' | 'config' | 'clock' | 'directory'>,
  accept: Accept,
  waitForTrackingId: WaitForTrackingId,
): void {
  const receive = context.channels
    .find((channel) => channel.name === 'web')
    ?.providers.find((provider) => 'receive' in provider)?.receive;
  if (receive === undefined) return;

  app.post('/v1/reports', {
    config: { limit: 'reports' },
    // The channel validates: its errors name every field in words. The schema here is for the documentation.
    validatorCompiler: () => () => true,
    schema: {
      summary: 'Send a report',
      description:
        'Answers once the report is stored durably. With `Idempotency-Key` the same request may be repeated safely; ' +
        'with `Prefer: wait=N` the answer waits up to N seconds for the tracking ID.',
      tags: ['reports'],
      headers: Type.Object({
        'idempotency-key': Type.Optional(Type.String({ maxLength: 255 })),
        prefer: Type.Optional(Type.String({ description: 'wait=N, at most 30 (RFC 7240)' })),
      }),
      body: Submission,
      response: { 202: Receipted, 400: Problem, 413: Problem, 422: Problem, 429: Problem, 503: Problem },
    },
    handler: async (request, reply) => {
      const received = receive(readInbound(request, context.clock()));
      const reports = received.messages.filter(isReport).map((report) => resolveWishes(report, context));
      const accepted = await accept(await Promise.all(reports.map(context.attachments.claim)));
      received.answer(accepted);
      const [first] = accepted as [Accepted];

      const seconds = waitSeconds(request.headers.prefer);
      const trackingId = await waitForTrackingId(first, seconds * 1000);
      if (seconds > 0) reply.header('preference-applied', `wait=${seconds}`);
      const base = context.config.publicUrl;
      return reply
        .code(202)
        .header('cache-control', 'no-store')
        .send({
          receipt: first.receipt,
          trackingId,
          links: {
            receipt: `${base}/v1/receipts/${first.receipt}`,
            page: `${base}/terima/${first.receipt}`,
            track: trackingId === null ? null : `${base}/v1/track/${trackingId}`,
          },
        });
    },
  });
}

/**
 * A program that names an agency or topic means one that exists: an alias becomes its code, an unknown one is told. As
 * long as nobody knows which exist, what is no code is dropped.
 */
export function resolveWishes(report: NewReport, context: Pick<Context, 'directory'>): NewReport {
  const directory = context.directory();
  if (!isLoaded(directory)) return dropUncoded(report);
  const agency = report.agency === null ? null : findAgency(directory, report.agency);
  if (report.agency !== null && agency?.active !== true) {
    throw new AppError('agency-unknown', 'no active agency has this code', {
      fields: [{ path: '/agency', problem: 'must be the code of an active agency' }],
    });
  }
  if (report.topic !== null && findTopic(directory, report.topic) === null) {
    throw new AppError('topic-unknown', 'no topic has this code', {
      fields: [{ path: '/topic', problem: 'must be the code of a topic' }],
    });
  }
  return agency === null || agency.code === report.agency ? report : { ...report, agency: agency.code };
}

function dropUncoded(report: NewReport): NewReport {
  const { agency, topic } = report;
  return {
    ...report,
    agency: agency !== null && isLikeAgencyCode(agency) ? agency : null,
    topic: topic !== null && isLikeTopicCode(topic) ? topic : null,
  };
}

/** RFC 7240 section 4.3; a preference that cannot be read is ignored, as the RFC asks. */
function waitSeconds(prefer: string | string[] | undefined): number {
  if (prefer === undefined) return 0;
  const wait = /(?:^|[,;\s])wait=(\d{1,5})(?=$|[,;\s])/i.exec([prefer].flat().join(','))?.[1];
  return Math.min(Number(wait ?? 0), 30);
}
