import type { Agency, Directory } from '../../domain/routing/directory.ts';
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
