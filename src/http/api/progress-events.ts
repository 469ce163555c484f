import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { findProgressByReceipt } from '../../db/progress.ts';
import { ReporterNews, reporterNews, versionForReporter } from '../../domain/audiences/reporter.ts';
import { isFinished, type ProgressRecord } from '../../domain/progress.ts';
import { AppError } from '../../errors.ts';
import { limitStreams } from '../limits/streams.ts';
import { Problem } from '../problems.ts';
import { createWatchProgress } from './progress-watch.ts';

/** Within the 60 seconds after which a connection on which nothing moves is cut, by us or by a proxy in between. */
const heartbeatMs = 20_000;
/** A stream is not for ever: who still watches connects again, and who went without a word is found out. */
const maxStreamMs = 15 * 60_000;
/** What a browser waits before it connects again. */
const retryMs = 5_000;
/** A reader that far behind is gone; everything a stream ever says is shorter. */
const maxUnreadBytes = 16 * 1024;

/** Where a report stands, told as it happens: server-sent events, as the HTML standard describes them. */
export function registerProgressEvents(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'db' | 'log'>,
): void {
  const takeStream = limitStreams(context.config.trustProxy.length > 0);
  const watch = createWatchProgress(context);
  const streams = new Set<PassThrough>();
  // Whoever watches would keep a gateway that is told to stop from stopping.
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end();
  });

  app.get<{ Params: { receipt: string }; Querystring: { seen?: string } }>('/v1/receipts/:receipt/events', {
    schema: {
      summary: 'Progress of a report as it happens, for its reporter',
      description:
        'Server-sent events. `progress` says that there is something new to read under `/v1/receipts/{receipt}`, and how ' +
        'far the report is, as JSON; it comes at once unless `seen`, or `Last-Event-ID`, names the present state. `end` ' +
        'says that nothing more is to come: do not connect again.',
      tags: ['reports'],
      produces: ['text/event-stream'],
      params: Type.Object({ receipt: Type.String() }),
      querystring: Type.Object({
        seen: Type.Optional(Type.String({ description: 'Id of the last event that was read' })),
      }),
      response: {
        200: { description: 'Events', content: { 'text/event-stream': { schema: ReporterNews } } },
        404: Problem,
        429: Problem,
        503: Problem,
      },
    },
    handler: async (request, reply) => {
      const release = takeStream(request);
      let record: ProgressRecord | null;
      try {
        record = await findProgressByReceipt(context.db, request.params.receipt.toLowerCase());
        if (record === null) throw new AppError('not-found', 'nobody was given this receipt');
      } catch (error) {
        release();
        throw error;
      }
      const seen = [request.headers['last-event-id']].flat()[0] ?? request.query.seen ?? '';
      const stream = openStream(watch, record, seen);
      streams.add(stream);
      stream.once('close', () => {
        streams.delete(stream);
        release();
      });
      return reply
        .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
        .type('text/event-stream; charset=utf-8')
        .send(stream);
    },
  });
}

function openStream(
  watch: ReturnType<typeof createWatchProgress>,
  first: ProgressRecord,
  seen: string,
): PassThrough {
  const stream = new PassThrough();
  let told = seen;

  function tell(record: ProgressRecord): void {
    if (stream.writableEnded) return;
    const version = versionForReporter(record);
    if (version !== told) {
      told = version;
      stream.write(`id: ${version}\nevent: progress\ndata: ${JSON.stringify(reporterNews(record))}\n\n`);
    }
    if (isFinished(record)) stream.end('event: end\ndata: {}\n\n');
  }

  stream.write(`retry: ${retryMs}\n\n`);
  const unwatch = watch(first.reportId, tell);
  const heartbeat = setInterval(() => {
    if (stream.writableLength + stream.readableLength > maxUnreadBytes) stream.destroy();
    else if (!stream.writableEnded) stream.write(': still here\n\n');
  }, heartbeatMs);
  const end = setTimeout(() => stream.end(), maxStreamMs);
  stream.once('close', () => {
    unwatch();
    clearInterval(heartbeat);
    clearTimeout(end);
  });
  tell(first);
  return stream;
}
