import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpContext } from '../../context.ts';
import { recordAudit } from '../../db/audit.ts';
import { rotateToken, type StaffSession, touchSession } from '../../db/staff-sessions.ts';
import type { AuditAction } from '../../domain/audit-entry.ts';
import type { AgencyCode } from '../../domain/report.ts';
import { nationalDesk } from '../../domain/routing/directory.ts';
import { mayActFor, type Role, type StaffMember } from '../../domain/staff.ts';
import { AppError } from '../../errors.ts';
import { readPastFiles, refuseLostForm } from './lost-form.ts';
import { signInPath } from './paths.ts';
import { hashToken, newToken, sessionCookie, setSessionCookie } from './session-cookie.ts';
import { findAgencyOfSubject, type SubjectKind } from './subjects.ts';

export { signInPath, staffHome } from './paths.ts';
export { hashToken, sessionCookie } from './session-cookie.ts';

/**
 * The staff's part of the pages: nobody comes in without a session, nobody does what their role may not, nobody reaches what
 * belongs to an agency outside their own and those below it, and what is done is in the audit log before it is done.
 * Each route says what it takes; what is not said is refused.
 */

export type StaffRoute = StaffRead | StaffAction;

type StaffRead = Route & { readonly method: 'GET'; readonly action?: AuditAction };
type StaffAction = Route & {
  readonly method: 'POST';
  /** How the audit log calls it. */
  readonly action: AuditAction;
  /**
   * Reads the body of a form that comes with files, once it is known who sends it; what it resolves with becomes the body. The
   * field `csrf` has to be among its fields, or the token in the header `x-csrf-token`.
   */
  readonly readFiles?: (request: FastifyRequest) => Promise<{ readonly fields: URLSearchParams }>;
  /**
   * Name of the field with which such a form is shown again as it was typed, and nothing done: for one whose files were lost
   * with the session. Without it a form that lacks its files is to be refused in words.
   */
  readonly showAgain?: string;
};

type Route = {
  /** Below `/petugas`; one with `:id` in it is about something that `subject` names. */
  readonly url: `/petugas${string}`;
  readonly roles: readonly Role[];
  /** What `:id` is the id of: it has to belong to an agency of theirs, else it is as if it were not there. */
  readonly subject?: SubjectKind;
  /** Where it is about what belongs to nobody else: only for those who see everything. */
  readonly onlyNationalDesk?: true;
  readonly handle: (request: FastifyRequest, reply: FastifyReply, staff: StaffMember) => Promise<unknown>;
};

/** All routes there are, for the test that tries every one of them with everybody who may not. */
export type StaffArea = {
  readonly add: (route: StaffRoute) => void;
  readonly routes: readonly StaffRoute[];
};

declare module 'fastify' {
  interface FastifyRequest {
    staffSession: StaffSession | null;
  }
}

export function createStaffArea(
  app: FastifyInstance,
  context: Pick<HttpContext, 'config' | 'db' | 'directory'>,
): StaffArea {
  const { config, db, directory } = context;
  const routes: StaffRoute[] = [];
  app.decorateRequest('staffSession', null);
  app.addHook('onRequest', async (request, reply) => {
    // What staff see is for nobody after them at the same machine.
    reply.header('cache-control', 'no-store');
    const token = request.cookies[sessionCookie(config.publicUrl)];
    if (token === undefined) return;
    const session = await touchSession(db, hashToken(token), config.staff.sessionIdleMinutes);
    request.staffSession = session;
    if (session === null || !session.isTokenOld) return;
    const fresh = newToken();
    if (!(await rotateToken(db, session.id, hashToken(token), hashToken(fresh)))) return;
    setSessionCookie(reply, config, fresh);
  });

  async function admit(route: StaffRoute, request: FastifyRequest): Promise<StaffMember> {
    const member = request.staffSession?.member;
    if (member === undefined) throw new AppError('unauthenticated', 'nobody is signed in');
    if (!route.roles.includes(member.role)) {
      throw new AppError('forbidden', `this is for ${route.roles.join(', ')}`);
    }
    if (route.onlyNationalDesk && !mayActFor(member, nationalDesk, directory())) {
      throw new AppError('forbidden', 'this is for the national desk');
    }
    const { id } = request.params as { readonly id?: string };
    if (route.subject !== undefined) {
      const agency = await findAgencyOfSubject(db, route.subject, id ?? '');
      if (agency === null || !mayActFor(member, agency, directory())) {
        throw new AppError('not-found', 'there is nothing of yours with this id');
      }
    }
    if (route.action !== undefined) {
      await recordAudit(db, {
        actor: `staff:${member.id}`,
        action: route.action,
        subject: route.subject === undefined ? `agency:${member.agencyCode}` : `${route.subject}:${id}`,
        reason: null,
        details: {},
      });
    }
    return member;
  }

  return {
    routes,
    add: (route) => {
      if (route.url.includes(':id') !== (route.subject !== undefined)) {
        throw new Error(`${route.url} has to say what its :id is the id of`);
      }
      routes.push(route);
      const { readFiles, showAgain } = route.method === 'POST' ? route : {};
      app.route({
        method: route.method,
        url: route.url,
        schema: { hide: true },
        config: readFiles === undefined ? {} : { takesFiles: true },
        onRequest: async (request, reply) => {
          if (request.staffSession !== null || route.method === 'POST') return;
          return reply.redirect(`${signInPath}?lanjut=${encodeURIComponent(request.url)}`, 303);
        },
        // The token is in the form, so the form has to be read first. Of who is not signed in (any more) nothing is done but
        // hand back what they typed; files are read past and dropped.
        ...(route.method === 'POST' && {
          preValidation: async (request: FastifyRequest, reply: FastifyReply) => {
            if (request.staffSession === null) {
              if (readFiles !== undefined) await readPastFiles(request, showAgain);
              return refuseLostForm(request, reply, 'signed-out');
            }
            if (request.isMultipart() && readFiles !== undefined) request.body = await readFiles(request);
          },
        }),
        ...(route.method === 'POST' && { preHandler: app.csrfProtection }),
        handler: async (request, reply) => route.handle(request, reply, await admit(route, request)),
      });
    },
  };
}

/** What a form has to carry in its field `csrf`. */
export const csrfTokenFor = (request: FastifyRequest, reply: FastifyReply): string =>
  reply.generateCsrf({ userInfo: csrfUserOf(request) });

/** Of one session a token is of no use in another. */
export const csrfUserOf = (request: FastifyRequest): string => request.staffSession?.formKey ?? 'nobody';

/** Throws `AppError` `forbidden` where the agency is none of theirs: for what a form names. */
export function requireOwnAgency(
  member: StaffMember,
  agency: AgencyCode,
  { directory }: Pick<HttpContext, 'directory'>,
): void {
  if (mayActFor(member, agency, directory())) return;
  throw new AppError('forbidden', `${agency} is none of your agencies`);
}
