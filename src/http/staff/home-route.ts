import type { HttpContext } from '../../context.ts';
import { roles } from '../../domain/staff.ts';
import { sendPage, viewOf } from '../pages/send-page.ts';
import { csrfTokenFor, type StaffArea, staffHome } from './area.ts';
import { HomePage } from './home-page.tsx';
import { findSections } from './sections.ts';

/** `GET /petugas`: where staff begin. */
export function registerStaffHome(area: StaffArea, context: Pick<HttpContext, 'db' | 'directory'>): void {
  area.add({
    method: 'GET',
    url: staffHome,
    roles,
    handle: async (request, reply, staff) => {
      const page = HomePage({
        view: viewOf(request),
        staff,
        csrfToken: csrfTokenFor(request, reply),
        agencyName: context.directory().agencies.get(staff.agencyCode)?.name ?? staff.agencyCode,
        sections: await findSections(context, staff),
      });
      return sendPage(reply, page);
    },
  });
}
