import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';

/** Longer than anything honest holds the event loop up, as loading the directory does for a second: a 503 is refusing someone. */
const maxEventLoopDelayMs = 2_000;
/** Of what V8 may use before it ends the process; garbage not yet collected is part of it. */
const maxHeapShare = 0.85;
/** As long, because under-pressure takes an interval in which the event loop never came round for an endless delay. */
const sampleMs = maxEventLoopDelayMs;
const sayEveryMs = 10_000;

/** Answers 503 before anything is read while this process is overloaded, so that it lives to take what comes after. */
export async function registerPressure(
  app: FastifyInstance,
  { clock, log }: Pick<Context, 'clock' | 'log'>,
): Promise<void> {
  let saidAt = 0;
  await app.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    maxHeapUsedBytes: maxHeapShare * getHeapStatistics().heap_size_limit,
    sampleInterval: sampleMs,
    pressureHandler: (request, _reply, measure) => {
      if (request.routeOptions.config.limit === 'none') return;
      const now = clock().getTime();
      if (now - saidAt > sayEveryMs) {
        saidAt = now;
        log.warn({ event: 'overloaded', measure });
      }
      throw new AppError('unavailable', 'this gateway is overloaded; try again shortly');
    },
  });
}
