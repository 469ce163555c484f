import type { AgencyCode } from './report.ts';
import { type Directory, nationalDesk } from './routing/directory.ts';

/** Who works with reports, and what of them. */

declare const brand: unique symbol;
/** UUID version 7. */
export type StaffId = string & { readonly [brand]: 'StaffId' };

/** `intake` keys in and sorts what comes in, `officer` works on reports, `admin` looks after staff and settings as well. */
export const roles = ['intake', 'officer', 'admin'] as const;
export type Role = (typeof roles)[number];

export type StaffMember = {
  readonly id: StaffId;
  readonly name: string;
  readonly role: Role;
  /** They see what belongs to this agency and to those below it; at the national desk everything. */
  readonly agencyCode: AgencyCode;
};

/** The form in which a login is stored and compared; null where it cannot be one. */
export function normalizeLogin(typed: string): string | null {
  const login = typed.normalize('NFKC').trim().toLowerCase();
  return /^[a-z0-9][a-z0-9._%+@-]{1,252}[a-z0-9]$/.test(login) ? login : null;
}

/** Who may do more than key in needs a code from an app as well, whatever the setting says. */
export const needsSecondFactor = (
  role: Role,
  { isTotpOptional }: { readonly isTotpOptional: boolean },
): boolean => role !== 'intake' || !isTotpOptional;

/** Whether what belongs to `agency` is any of their business. */
export function mayActFor(
  { agencyCode: own }: Pick<StaffMember, 'agencyCode'>,
  agency: AgencyCode,
  { agencies }: Pick<Directory, 'agencies'>,
): boolean {
  if (own === nationalDesk) return true;
  // Parents never form a circle: the import refuses one. The count is for a directory that was changed by hand.
  let code: AgencyCode | null = agency;
  for (let steps = 0; code !== null && steps < 20; steps += 1) {
    if (code === own) return true;
    code = agencies.get(code)?.parentCode ?? null;
  }
  return false;
}
