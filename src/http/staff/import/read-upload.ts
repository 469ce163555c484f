import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../../errors.ts';
import { archiveBounds } from '../../../import/imports.ts';
import { tableBounds } from '../../../import/reading/table.ts';

/** The form with which a table is uploaded. The files stay in memory: in the clear they are written nowhere. */
export type PostedImport = {
  readonly fields: URLSearchParams;
  readonly table: Buffer | null;
  readonly archive: Buffer | null;
  /** One of them is larger than it may be; it was read and dropped. */
  readonly isTooLarge: boolean;
};

/** What was posted, with files or without; nothing, where a request has no body at all. */
export const postedImport = (request: FastifyRequest): PostedImport => ({
  fields: new URLSearchParams(),
  table: null,
  archive: null,
  isTooLarge: false,
  ...(request.body as Partial<PostedImport> | undefined),
});

/** As many as may be in memory at a time; whoever comes then is told to come again. */
const maxAtATime = 2;

export function createReadUpload(app: FastifyInstance): (request: FastifyRequest) => Promise<PostedImport> {
  const underWay = new Set<string>();
  // Whatever became of the request.
  app.addHook('onResponse', async (request) => {
    underWay.delete(request.id);
  });
  return async (request) => {
    if (underWay.size >= maxAtATime) throw new AppError('unavailable', 'other tables are being uploaded');
    underWay.add(request.id);
    return readParts(request);
  };
}

async function readParts(request: FastifyRequest): Promise<PostedImport> {
  const fields = new URLSearchParams();
  const files: { table: Buffer | null; archive: Buffer | null } = { table: null, archive: null };
  let isTooLarge = false;
  const parts = request.parts({
    limits: {
      fileSize: archiveBounds.bytes,
      files: 2,
      fields: 20,
      fieldSize: 10_000,
      fieldNameSize: 100,
      parts: 22,
    },
  });
  for await (const part of parts) {
    if (part.type === 'field') {
      if (typeof part.value !== 'string') throw new AppError('malformed', 'a field of the form is no text');
      fields.append(part.fieldname, part.value);
      continue;
    }
    const name = part.fieldname === 'archive' ? 'archive' : 'table';
    const most = name === 'archive' ? archiveBounds.bytes : tableBounds.bytes;
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of part.file as AsyncIterable<Buffer>) {
      length += chunk.length;
      // Read on, so that the fields behind it arrive.
      if (length <= most) chunks.push(chunk);
      else chunks.length = 0;
    }
    if (length > most || part.file.truncated) isTooLarge = true;
    else if (length > 0) files[name] = Buffer.concat(chunks);
  }
  return { fields, ...files, isTooLarge };
}
