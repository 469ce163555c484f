import type { FastifyInstance } from 'fastify';
import type { HttpContext } from '../context.ts';
import { type AttachmentFile, findAttachment, findEndpointSecret } from '../db/attachments.ts';
import {
  type AttachmentId,
  attachmentName,
  isPublic,
  isSameProof,
  proveEndpoint,
  proveReceipt,
} from '../domain/attachment.ts';
import { AppError } from '../errors.ts';

type Asked = {
  readonly Params: { readonly id: string; readonly name: string };
  readonly Querystring: { readonly bukti?: unknown; readonly titik?: unknown; readonly sampai?: unknown };
};

/**
 * `GET /lampiran/:id/:name`: a file as it is given out, to everybody where it is public, else to who brings proof: of the
 * report's receipt, or of an agency's endpoint. No other page may show it, and it may do nothing by itself.
 */
export function registerAttachmentFiles(
  app: FastifyInstance,
  context: Pick<HttpContext, 'attachments' | 'db' | 'clock'>,
): void {
  app.get<Asked>('/lampiran/:id/:name', { schema: { hide: true } }, async (request, reply) => {
    const { id, name } = request.params;
    const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
    const file = isId ? await findAttachment(context.db, id as AttachmentId) : null;
    if (file === null || file.state === 'infected' || name !== attachmentName(file)) throw unknown();
    const everybody = isPublic(file, file);
    if (!everybody && !(await proves(request.query, file))) throw unknown();
    if (file.state === 'unscanned') {
      throw new AppError('unavailable', 'this file is still being looked at; try again later');
    }
    const content = await context.attachments.read(file.id);
    if (content === null) throw unknown();
    // Painted anew by us, an image holds nothing but its picture; anything else is for programs to open, not for the browser.
    const disposition = file.type.startsWith('image/') ? 'inline' : 'attachment';
    return reply
      .type(file.type)
      .headers({
        'content-length': file.bytes,
        'content-disposition': `${disposition}; filename="${name}"`,
        'content-security-policy': "sandbox; default-src 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        // Staff may withdraw what is public.
        'cache-control': everybody ? 'no-cache' : 'no-store',
      })
      .send(content);
  });

  async function proves(
    { bukti, titik, sampai }: Asked['Querystring'],
    file: AttachmentFile,
  ): Promise<boolean> {
    if (typeof bukti !== 'string') return false;
    if (titik === undefined) return isSameProof(bukti, proveReceipt(file.id, file.receipt));
    const until = Number(sampai);
    if (typeof titik !== 'string' || !/^[0-9a-f-]{36}$/.test(titik)) return false;
    if (!Number.isSafeInteger(until) || until * 1000 < context.clock().getTime()) return false;
    const secret = await findEndpointSecret(context.db, titik, file.reportId);
    return secret !== null && isSameProof(bukti, proveEndpoint(file.id, { id: titik, secret }, until));
  }
}

/** Whether there is such a file is nobody's business who may not see it. */
const unknown = () => new AppError('not-found', 'there is no such file, or it is not for everybody');
