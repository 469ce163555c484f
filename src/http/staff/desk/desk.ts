import type { HttpContext } from '../../../context.ts';
import type { AgencyCode } from '../../../domain/report.ts';
import type { Role } from '../../../domain/staff.ts';

/** What the routes of the letter desk have in common. */

export const deskPath = '/petugas/surat';
export const deskRoles: readonly Role[] = ['intake', 'officer', 'admin'];

/** Of an agency that the directory forgot, its code. */
export const nameOffice = ({ directory }: Pick<HttpContext, 'directory'>, code: AgencyCode): string =>
  directory().agencies.get(code)?.name ?? code;
