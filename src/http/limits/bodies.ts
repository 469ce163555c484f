import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';

/** Nearly every report; as many as there may be connections take no more than 128 MB. */
const smallBytes = 64 * 1024;
/** Four of the largest requests a provider may send. */
const maxLargeBytes = 64 * 1024 * 1024;

/**
 * Bounds what large bodies may hold of memory while they arrive, by the size they announce; who comes when it is used up
 * is told to come again. What has arrived is for `accept` to bound.
 */
export function registerBodyBudget(app: FastifyInstance): void {
  let arriving = 0;
  app.addHook('onRequest', (request, _reply, done) => {
    const size = announcedBytes(request);
    if (size <= smallBytes) return done();
    if (arriving + size > maxLargeBytes) {
      return done(new AppError('unavailable', 'too many large requests are arriving; try again shortly'));
    }
    arriving += size;
    request.raw.once('close', () => {
      arriving -= size;
    });
    done();
  });
}

/** A body without a length may become as large as its route allows; more than that is refused by its length at once. */
function announcedBytes({ headers, routeOptions }: FastifyRequest): number {
  const length =
    headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity;
  return length <= smallBytes ? length : Math.min(length, routeOptions.bodyLimit ?? Infinity);
}
