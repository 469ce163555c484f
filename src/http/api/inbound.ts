import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { InboundRequest } from '../../../channels/channel.ts';

/** Bodies reach channels byte for byte: signatures are over bytes, and the original is kept for audit. */
export function keepBodiesRaw(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

export function readInbound(request: FastifyRequest, receivedAt: Date): InboundRequest {
  const start = request.url.indexOf('?');
  return {
    method: request.method,
    query: start === -1 ? '' : request.url.slice(start + 1),
    // Node joins repeated headers into one line, all but set-cookie, which no request has.
    headers: request.headers as InboundRequest['headers'],
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    receivedAt,
  };
}
