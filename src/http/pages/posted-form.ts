import type { FastifyRequest } from 'fastify';
import type { HttpContext } from '../../context.ts';
import type { Original } from '../../domain/report.ts';
import { type Multipart, readMultipart } from '../uploads/read-multipart.ts';

/** A form as it was posted, with files or without. */

export const formType = 'application/x-www-form-urlencoded';

/** Its fields, the bytes as they came unless files came with them, and the files. */
export type Posted = Multipart & { readonly raw: Buffer };

export const nothingPosted: Posted = {
  fields: new URLSearchParams(),
  raw: Buffer.alloc(0),
  uploads: [],
  problems: [],
};

/** `multipart/form-data`, with the files that were ticked among its fields counted in. */
export async function readMultipartForm(
  request: FastifyRequest,
  context: Pick<HttpContext, 'attachments' | 'config'>,
): Promise<Posted> {
  const read = await readMultipart(request, context, (fields) => fields.getAll('upload').length);
  return { ...read, raw: Buffer.alloc(0) };
}

/** What is kept of it for audit; `hashes` are those of its files. */
export const originalOf = (
  request: FastifyRequest<{ Body: Posted }>,
  hashes: readonly string[],
): Original => ({
  contentType: formType,
  body: request.isMultipart() ? writeFields(request.body.fields, hashes) : withoutKeys(request.body.raw),
  messageId: null,
});

/** Byte for byte as posted, but for what may differ each time the same form is shown again. */
function withoutKeys(raw: Buffer): Buffer {
  const kept = raw
    .toString('latin1')
    .split('&')
    .filter((field) => !/^(csrf|opened|proof)=/.test(field));
  return Buffer.from(kept.join('&'), 'latin1');
}

/**
 * Of a form with files, its fields as a form without would have brought them, and instead of the files their hashes, so that
 * the same form sent again is known to be the same.
 */
function writeFields(fields: URLSearchParams, hashes: readonly string[]): Buffer {
  const kept = [...fields].filter(([name]) => !/^(csrf|opened|proof|upload|photoPlace)$/.test(name));
  return Buffer.from(
    new URLSearchParams([...kept, ...hashes.map((hash) => ['file', hash] as [string, string])]).toString(),
  );
}
