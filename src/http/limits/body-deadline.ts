import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors.ts';
import type { ConnectionBounds } from './connections.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes `multipart/form-data` with files, which are read as they come and have the time that their size needs. */
    takesFiles?: boolean;
  }
}

/** The longest that any request may take, with files of `maxBytes` together: for Node, who ends what we oversee. */
export const longestRequestMs = ({ requestMs, uploadRate }: ConnectionBounds, maxBytes: number): number =>
  requestMs + Math.ceil((maxBytes / uploadRate) * 1000);

/**
 * Ends requests whose body takes too long to come: Node has one time for all, and files need more than reports. A request
 * with files of more than `maxBytes` is refused before any of it is read.
 */
export function registerBodyDeadline(app: FastifyInstance, bounds: ConnectionBounds, maxBytes: number): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw, headers, routeOptions } = request;
    const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : null;
    if (length === 0) return done();
    const isUpload =
      routeOptions.config?.takesFiles === true &&
      (headers['content-type'] ?? '').toLowerCase().startsWith('multipart/form-data');
    if (isUpload && length !== null && length > maxBytes) {
      return done(new AppError('too-large', `a request with files may have ${maxBytes} bytes`));
    }
    const bytes = isUpload ? (length ?? maxBytes) : 0;
    const timer = setTimeout(() => raw.destroy(), longestRequestMs(bounds, bytes));
    raw.once('end', () => clearTimeout(timer));
    raw.once('close', () => clearTimeout(timer));
    done();
  });
}
