import type { AgencyCode } from '../../domain/report.ts';
import { type Agency, type Directory, nationalDesk } from '../../domain/routing/directory.ts';
import { mayActFor, type StaffMember } from '../../domain/staff.ts';

/** Whose books somebody may write in: their own agency's first, then those below it by name. */
export function listOffices(staff: StaffMember, directory: Directory): readonly Agency[] {
  const all = [...directory.agencies.values()].filter(
    ({ code, active }) => active && mayActFor(staff, code, directory),
  );
  const isOwn = ({ code }: Agency) => code === staff.agencyCode;
  return [
    ...all.filter(isOwn),
    ...all.filter((agency) => !isOwn(agency)).sort((a, b) => a.name.localeCompare(b.name, 'id')),
  ];
}

/** The agencies that are any of their business, closed ones among them; null: all. */
export function listOwnAgencies(
  staff: Pick<StaffMember, 'agencyCode'>,
  directory: Pick<Directory, 'agencies'>,
): readonly AgencyCode[] | null {
  if (staff.agencyCode === nationalDesk) return null;
  return [...directory.agencies.values()]
    .map(({ code }) => code)
    .filter((code) => mayActFor(staff, code, directory));
}
