import type { FastifyRequest } from 'fastify';
import type { HttpContext } from '../../../context.ts';
import { findLetter, type LetterRecord } from '../../../db/letters.ts';
import { listProgress } from '../../../db/progress.ts';
import { reporterView } from '../../../domain/audiences/reporter.ts';
import { AppError } from '../../../errors.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { livePageHeaders } from '../../security.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { deskRoles, nameOffice } from './desk.ts';
import { LetterPage } from './letter-page.tsx';
import { LetterReceiptPage } from './letter-receipt-page.tsx';

/** What became of a letter, and the paper for who brought it. */
export function registerLetterPages(area: StaffArea, context: HttpContext): void {
  const { db, config } = context;

  area.add({
    method: 'GET',
    url: '/petugas/surat/:id',
    roles: deskRoles,
    subject: 'letter',
    handle: async (request, reply, staff) => {
      const letter = await read(request);
      const [record] = await listProgress(db, [letter.reportId]);
      const page = LetterPage({
        view: viewOf(request),
        staff,
        csrfToken: csrfTokenFor(request, reply),
        letter,
        office: nameOffice(context, letter.office),
        progress: record === undefined ? null : reporterView(record, []),
      });
      return sendPage(reply, page);
    },
  });

  area.add({
    method: 'GET',
    url: '/petugas/surat/:id/tanda-terima',
    roles: deskRoles,
    subject: 'letter',
    // Of a confidential report it says what opens the page of its reporter.
    action: 'letter_receipt_opened',
    handle: async (request, reply, staff) => {
      const letter = await read(request);
      const page = LetterReceiptPage({
        view: viewOf(request),
        staff,
        csrfToken: csrfTokenFor(request, reply),
        letter,
        office: nameOffice(context, letter.office),
        publicUrl: config.publicUrl,
      });
      return sendPage(reply, page, livePageHeaders);
    },
  });

  async function read(request: FastifyRequest): Promise<LetterRecord> {
    const letter = await findLetter(db, (request.params as { readonly id: string }).id);
    if (letter === null) throw new AppError('not-found', 'there is no such letter');
    return letter;
  }
}
