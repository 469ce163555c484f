import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FastifyRequest } from 'fastify';
import type { HttpContext } from '../../../context.ts';
import { attachmentName, type UploadSecret } from '../../../domain/attachment.ts';
import type { OcrProblem } from '../../../ocr/ocr.ts';
import { sizeOf } from '../../pages/attachments-field.tsx';
import { gatherFiles } from '../../pages/form-files.ts';
import { readMultipartForm } from '../../pages/posted-form.ts';
import { viewOf } from '../../pages/send-page.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { deskRoles, postedOf } from './desk.ts';

type Read = { readonly text: string; readonly pages: number; readonly picture: string };

/** What the scripts of the letter desk ask for while a letter is being typed. */
export function registerScans(area: StaffArea, context: HttpContext): void {
  const { attachments, ocr } = context;

  /** Whether they are still signed in, and what a form has to carry now: it may have been open since before lunch. */
  area.add({
    method: 'GET',
    url: '/petugas/surat/sesi',
    roles: deskRoles,
    handle: async (request, reply) => reply.send({ csrf: csrfTokenFor(request, reply) }),
  });

  area.add({
    method: 'POST',
    url: '/petugas/surat/berkas',
    roles: deskRoles,
    action: 'scan_uploaded',
    readFiles: (request) => readMultipartForm(request, context),
    handle: async (request, reply) => {
      const { speech } = viewOf(request);
      const { uploads, problems } = postedOf(request);
      const kept = uploads.filter(({ isKept }) => isKept);
      const { problems: told } = await gatherFiles(context, {
        fields: new URLSearchParams(),
        uploads: [],
        problems,
      });
      return reply.send({
        files: kept.map(({ secret, type, bytes, number }) => ({
          upload: secret,
          number,
          label: `${attachmentName({ position: number, type }).replace(/^.*\./, '').toUpperCase()}, ${sizeOf(speech, bytes)}`,
          type,
        })),
        problems: told.map(({ message, values = {} }) => speech.say(speech.words.problems[message], values)),
      });
    },
  });

  area.add({
    method: 'POST',
    url: '/petugas/surat/ocr',
    roles: deskRoles,
    action: 'scan_read',
    handle: async (request, reply, staff) => {
      const result = await read(request, staff.id);
      return reply.send(typeof result === 'string' ? { problem: result } : result);
    },
  });

  /** The page that the body asks for; its picture as well where the browser cannot have it, written as an address. */
  async function read(request: FastifyRequest, reader: string): Promise<Read | OcrProblem | 'gone'> {
    const { fields } = postedOf(request);
    const [file] = await attachments.list([(fields.get('upload') ?? '') as UploadSecret]);
    const stored = file == null ? null : await attachments.read(file.id);
    if (file == null || stored === null) return 'gone';
    const content = await buffer(stored);
    const { type } = file;
    const page = await ocr.readPage(
      { type, content: Readable.from([content]) },
      Number(fields.get('page')),
      reader,
    );
    if (typeof page === 'string') return page;
    const picture =
      page.picture === null
        ? `data:${type};base64,${content.toString('base64')}`
        : `data:image/jpeg;base64,${page.picture.toString('base64')}`;
    return { text: page.text, pages: page.pages, picture };
  }
}
