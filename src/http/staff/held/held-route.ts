import type { HttpContext } from '../../../context.ts';
import { listHeldReports, releaseHeldReport } from '../../../db/held-reports.ts';
import type { ReportId } from '../../../domain/report.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { HeldPage } from './held-page.tsx';

const url = '/petugas/tertahan';
const mostShown = 100;

/** `/petugas/tertahan`: reports held for the national desk, and the button that has one filed. */
export function registerHeld(area: StaffArea, { db, clock }: Pick<HttpContext, 'db' | 'clock'>): void {
  area.add({
    method: 'GET',
    url,
    roles: ['officer', 'admin'],
    onlyNationalDesk: true,
    handle: async (request, reply, staff) => {
      const { kabar } = request.query as { readonly kabar?: string };
      const page = HeldPage({
        view: viewOf(request),
        staff,
        csrfToken: csrfTokenFor(request, reply),
        reports: await listHeldReports(db, mostShown),
        said: kabar === 'diteruskan' ? 'released' : kabar === 'tidak' ? 'notHeld' : null,
      });
      return sendPage(reply, page);
    },
  });

  area.add({
    method: 'POST',
    url: `${url}/:id/teruskan`,
    roles: ['officer', 'admin'],
    subject: 'held',
    action: 'report_released',
    handle: async (request, reply) => {
      const { id } = request.params as { readonly id: ReportId };
      const isReleased = await releaseHeldReport(db, id, clock());
      return reply.redirect(`${url}?kabar=${isReleased ? 'diteruskan' : 'tidak'}`, 303);
    },
  });
}
