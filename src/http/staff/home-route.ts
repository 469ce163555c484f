import { roles } from '../../domain/staff.ts';
import { sendPage, viewOf } from '../pages/send-page.ts';
import { csrfTokenFor, type StaffArea, staffHome } from './area.ts';
import { HomePage } from './home-page.tsx';

/** `GET /petugas`: where staff begin. */
export function registerStaffHome(area: StaffArea): void {
  area.add({
    method: 'GET',
    url: staffHome,
    roles,
    handle: async (request, reply, staff) =>
      sendPage(reply, HomePage({ view: viewOf(request), staff, csrfToken: csrfTokenFor(request, reply) })),
  });
}
