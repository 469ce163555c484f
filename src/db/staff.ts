import type { AgencyCode } from '../domain/report.ts';
import type { Role, StaffId, StaffMember } from '../domain/staff.ts';
import type { Db } from './pool.ts';

export type StaffSession = {
  readonly id: string;
  readonly member: StaffMember;
};

/**
 * The session whose token has this hash, seen now; null where there is none, it ended, was idle for longer than `idleMinutes`
 * or its member of staff may not sign in any more.
 */
export async function touchSession(
  db: Db,
  tokenHash: Buffer,
  idleMinutes: number,
): Promise<StaffSession | null> {
  const { rows } = await db.query<{
    id: string;
    staff_id: StaffId;
    name: string;
    role: Role;
    agency_code: AgencyCode;
  }>({
    name: 'touch-staff-session',
    text: `
      update staff_sessions as session set last_seen_at = now()
      from staff as member
      where session.token_hash = $1 and session.ended_at is null and session.expires_at > now()
        and session.last_seen_at > now() - make_interval(mins => $2)
        and member.id = session.staff_id and member.active
      returning session.id, member.id as staff_id, member.name, member.role, member.agency_code`,
    values: [tokenHash, idleMinutes],
  });
  const [row] = rows;
  if (row === undefined) return null;
  const { id, staff_id, name, role, agency_code } = row;
  return { id, member: { id: staff_id, name, role, agencyCode: agency_code } };
}
