import type { FastifyRequest } from 'fastify';
import type { HttpContext } from '../../../context.ts';
import type { AgencyCode } from '../../../domain/report.ts';
import type { Role } from '../../../domain/staff.ts';
import { nothingPosted, type Posted } from '../../pages/posted-form.ts';

/** What the routes of the letter desk have in common. */

export const deskPath = '/petugas/surat';
export const deskRoles: readonly Role[] = ['intake', 'officer', 'admin'];

/** Of an agency that the directory forgot, its code. */
export const nameOffice = ({ directory }: Pick<HttpContext, 'directory'>, code: AgencyCode): string =>
  directory().agencies.get(code)?.name ?? code;

/** What was posted; nothing, where a request has no body at all. */
export const postedOf = (request: FastifyRequest): Posted =>
  (request.body as Posted | undefined) ?? nothingPosted;
