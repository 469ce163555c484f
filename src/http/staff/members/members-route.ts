import type { HttpContext } from '../../../context.ts';
import { transaction } from '../../../db/pool.ts';
import { listMembers, setActive } from '../../../db/staff.ts';
import { withdrawInvitations } from '../../../db/staff-invitations.ts';
import { endSessionsOf } from '../../../db/staff-sessions.ts';
import { mayActFor, type StaffId } from '../../../domain/staff.ts';
import { AppError } from '../../../errors.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { MembersPage } from './members-page.tsx';

const url = '/petugas/staf';
const done = `${url}?kabar=selesai`;

/** `/petugas/staf`: who is staff of one's agencies, and may be no more. */
export function registerMembers(
  area: StaffArea,
  { db, directory }: Pick<HttpContext, 'db' | 'directory'>,
): void {
  area.add({
    method: 'GET',
    url,
    roles: ['admin'],
    handle: async (request, reply, staff) => {
      const { kabar } = request.query as { readonly kabar?: string };
      const { agencies } = directory();
      const members = (await listMembers(db))
        .filter(({ agencyCode }) => mayActFor(staff, agencyCode, { agencies }))
        .map((member) => ({
          ...member,
          agencyName: agencies.get(member.agencyCode)?.name ?? member.agencyCode,
        }));
      const csrfToken = csrfTokenFor(request, reply);
      const said = kabar === undefined ? null : 'done';
      return sendPage(reply, MembersPage({ view: viewOf(request), staff, csrfToken, members, said }));
    },
  });

  area.add({
    method: 'POST',
    url: `${url}/:id/nonaktif`,
    roles: ['admin'],
    subject: 'staff',
    action: 'staff_disabled',
    handle: async (request, reply, staff) => {
      const id = idOf(request.params);
      if (id === staff.id) throw new AppError('conflict', 'nobody disables themselves');
      await transaction(db, async (tx) => {
        await setActive(tx, id, false);
        await withdrawInvitations(tx, id);
        await endSessionsOf(tx, id, null);
      });
      return reply.redirect(done, 303);
    },
  });

  area.add({
    method: 'POST',
    url: `${url}/:id/aktif`,
    roles: ['admin'],
    subject: 'staff',
    action: 'staff_enabled',
    handle: async (request, reply) => {
      await setActive(db, idOf(request.params), true);
      return reply.redirect(done, 303);
    },
  });

  area.add({
    method: 'POST',
    url: `${url}/:id/keluarkan`,
    roles: ['admin'],
    subject: 'staff',
    action: 'staff_sessions_ended',
    handle: async (request, reply) => {
      await endSessionsOf(db, idOf(request.params), null);
      return reply.redirect(done, 303);
    },
  });
}

const idOf = (params: unknown): StaffId => (params as { readonly id: StaffId }).id;
