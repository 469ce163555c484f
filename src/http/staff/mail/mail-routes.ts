import type { FastifyRequest } from 'fastify';
import type { HttpContext } from '../../../context.ts';
import { findOrderedMail, type KeptMail, listKeptMails } from '../../../db/mails.ts';
import { orderFiling } from '../../../db/taken-messages.ts';
import { roles } from '../../../domain/staff.ts';
import { describeFailure } from '../../../errors.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { listOwnAgencies } from '../offices.ts';
import { isUuid } from '../subjects.ts';
import { MailListPage, mailListPath, resultPath } from './mail-list-page.tsx';

const perPage = 20;

type MailContext = Pick<HttpContext, 'clock' | 'db' | 'directory' | 'enqueue' | 'log'>;

/** `/petugas/email`: e-mails that are no reports, and the button that makes one a report whatever it was taken for. */
export function registerStaffMail(area: StaffArea, context: MailContext): void {
  const { clock, db, directory, enqueue, log } = context;

  area.add({
    method: 'GET',
    url: mailListPath,
    roles,
    handle: async (request, reply, staff) => {
      const agencies = listOwnAgencies(staff, directory());
      const before = readCursor(request);
      const found = await listKeptMails(db, { agencies, before, limit: perPage + 1 });
      const mails = found.slice(0, perPage);
      const last = found.length > perPage ? mails.at(-1) : undefined;
      const { surat: id = '' } = request.query as { readonly surat?: string };
      const ordered = isUuid(id) ? await findOrderedMail(db, id, agencies) : null;
      const names = directory().agencies;
      return sendPage(
        reply,
        MailListPage({
          view: viewOf(request),
          staff,
          csrfToken: csrfTokenFor(request, reply),
          mails: mails.map((mail) => ({ ...mail, agencyName: names.get(mail.agency)?.name ?? mail.agency })),
          ordered: ordered && { ...ordered, id },
          olderHref: last === undefined ? null : `${mailListPath}?sebelum=${writeCursor(last)}`,
          isFirstPage: before === null,
        }),
      );
    },
  });

  area.add({
    method: 'POST',
    url: `${mailListPath}/:id/laporan`,
    roles,
    subject: 'message',
    action: 'mail_filed',
    handle: async (request, reply) => {
      const { id } = request.params as { readonly id: string };
      if (await orderFiling(db, id, clock())) {
        // Never awaited: it is a row already, and the sweeper makes up for a queue that is away.
        enqueue('messages', { messageIds: [id] }).catch((error: unknown) =>
          log.warn({ event: 'messages_not_enqueued', error: describeFailure(error) }),
        );
      }
      return reply.redirect(resultPath(id), 303);
    },
  });
}

const writeCursor = ({ finishedAt, id }: KeptMail): string => `${finishedAt.getTime()}.${id}`;

/** Null for the first page, and for what nobody was given. */
function readCursor(request: FastifyRequest): { readonly finishedAt: Date; readonly id: string } | null {
  const { sebelum = '' } = request.query as { readonly sebelum?: string };
  const [, ms, id = ''] = /^(\d{1,14})\.(.*)$/.exec(String(sebelum)) ?? [];
  return ms !== undefined && isUuid(id) ? { finishedAt: new Date(Number(ms)), id } : null;
}
