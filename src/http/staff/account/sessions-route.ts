import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpContext } from '../../../context.ts';
import { endSession, endSessionsOf, listSessions } from '../../../db/staff-sessions.ts';
import { roles, type StaffMember } from '../../../domain/staff.ts';
import type { Posted } from '../../pages/posted-form.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { signInPath } from '../paths.ts';
import { clearSessionCookie } from '../session-cookie.ts';
import { SessionsPage } from './sessions-page.tsx';

/** `/petugas/sesi`: where somebody is signed in; `POST /petugas/keluar`: signs out. */
export function registerSessions(area: StaffArea, { config, db }: Pick<HttpContext, 'config' | 'db'>): void {
  area.add({
    method: 'GET',
    url: '/petugas/sesi',
    roles,
    handle: async (request, reply, staff) => {
      const { kabar } = request.query as { readonly kabar?: string };
      const page = SessionsPage({
        view: viewOf(request),
        staff,
        csrfToken: csrfTokenFor(request, reply),
        sessions: await listSessions(db, staff.id, config.staff.sessionIdleMinutes),
        current: request.staffSession?.id ?? '',
        said: kabar === 'diakhiri' ? 'ended' : kabar === 'sandi' ? 'changed' : null,
      });
      return sendPage(reply, page);
    },
  });

  const signOut = async (request: FastifyRequest, reply: FastifyReply, staff: StaffMember) => {
    await endSession(db, request.staffSession?.id ?? '', staff.id);
    clearSessionCookie(reply, config);
    return reply.redirect(`${signInPath}?keluar`, 303);
  };
  area.add({ method: 'POST', url: '/petugas/keluar', roles, action: 'staff_signed_out', handle: signOut });

  area.add({
    method: 'POST',
    url: '/petugas/sesi/akhiri',
    roles,
    action: 'staff_sessions_ended',
    handle: async (request, reply, staff) => {
      const id = (request.body as Posted).fields.get('session') ?? '';
      if (id === request.staffSession?.id) return signOut(request, reply, staff);
      // One that is not theirs, or ended meanwhile, is none.
      await endSession(db, id, staff.id);
      return reply.redirect('/petugas/sesi?kabar=diakhiri', 303);
    },
  });

  area.add({
    method: 'POST',
    url: '/petugas/sesi/akhiri-semua',
    roles,
    action: 'staff_sessions_ended',
    handle: async (_request, reply, staff) => {
      await endSessionsOf(db, staff.id, null);
      clearSessionCookie(reply, config);
      return reply.redirect(`${signInPath}?keluar=semua`, 303);
    },
  });
}
