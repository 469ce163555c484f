import type { Readable } from 'node:stream';
import type { AttachmentId } from '../domain/attachment.ts';

/** Where the bytes of files lie: a folder on this machine, or a bucket that speaks S3. */
export type FileStore = {
  /** Durable once it resolves, and nothing is left of it where it rejects. */
  readonly put: (
    id: AttachmentId,
    content: Readable,
    facts: { readonly bytes: number; readonly sha256: string },
  ) => Promise<void>;
  /** Null where there is none. */
  readonly get: (id: AttachmentId) => Promise<Readable | null>;
  /** There need not be any. */
  readonly delete: (id: AttachmentId) => Promise<void>;
};
