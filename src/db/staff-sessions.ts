import type { AgencyCode } from '../domain/report.ts';
import type { Role, StaffId, StaffMember } from '../domain/staff.ts';
import type { Db } from './pool.ts';

/** After so many minutes a session gets another token. */
const tokenMinutes = 15;

export type StaffSession = {
  readonly id: string;
  /** What the forms of the session carry is made of it. */
  readonly formKey: string;
  /** Whether its token has been used for long enough. */
  readonly isTokenOld: boolean;
  readonly member: StaffMember;
};

/**
 * The session whose token has this hash, seen now; null where there is none, it ended, was idle for longer than `idleMinutes`
 * or its member of staff may not sign in any more. The token before is good until this one was used, a minute at least.
 */
export async function touchSession(
  db: Db,
  tokenHash: Buffer,
  idleMinutes: number,
): Promise<StaffSession | null> {
  const { rows } = await db.query<{
    id: string;
    form_key: string;
    is_token_old: boolean;
    staff_id: StaffId;
    name: string;
    role: Role;
    agency_code: AgencyCode;
  }>({
    name: 'touch-staff-session',
    text: `
      update staff_sessions as session set last_seen_at = now(),
        previous_token_hash = case
          when session.token_hash = $1 and session.rotated_at < now() - interval '1 minute' then null
          else session.previous_token_hash
        end
      from staff as member
      where (session.token_hash = $1 or session.previous_token_hash = $1)
        and session.ended_at is null and session.expires_at > now()
        and session.last_seen_at > now() - make_interval(mins => $2)
        and member.id = session.staff_id and member.active
      returning session.id, session.form_key, session.rotated_at < now() - make_interval(mins => $3) as is_token_old,
        member.id as staff_id, member.name, member.role, member.agency_code`,
    values: [tokenHash, idleMinutes, tokenMinutes],
  });
  const [row] = rows;
  if (row === undefined) return null;
  const { id, form_key, is_token_old, staff_id, name, role, agency_code } = row;
  return {
    id,
    formKey: form_key,
    isTokenOld: is_token_old,
    member: { id: staff_id, name, role, agencyCode: agency_code },
  };
}

/** Gives the session another token; false where a request beside this one has just done so. */
export async function rotateToken(db: Db, id: string, usedHash: Buffer, newHash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      update staff_sessions set token_hash = $3, previous_token_hash = $2, rotated_at = now()
      where id = $1 and (token_hash = $2 or previous_token_hash = $2)
        and rotated_at < now() - make_interval(mins => $4)`,
    values: [id, usedHash, newHash, tokenMinutes],
  });
  return rowCount === 1;
}

/** Gives the session another token at once; the one before is good no more. */
export async function replaceToken(db: Db, id: string, newHash: Buffer): Promise<void> {
  await db.query({
    text: `
      update staff_sessions set token_hash = $2, previous_token_hash = null, rotated_at = now() where id = $1`,
    values: [id, newHash],
  });
}

export type NewSession = {
  readonly id: string;
  readonly staffId: StaffId;
  readonly tokenHash: Buffer;
  readonly formKey: string;
  readonly way: 'password' | 'oidc';
  readonly browser: string | null;
  readonly hours: number;
};

export async function insertSession(db: Db, session: NewSession): Promise<void> {
  const { id, staffId, tokenHash, formKey, way, browser, hours } = session;
  await db.query({
    text: `
      insert into staff_sessions (id, staff_id, token_hash, form_key, way, browser, expires_at)
      values ($1, $2, $3, $4, $5, $6, now() + make_interval(hours => $7))`,
    values: [id, staffId, tokenHash, formKey, way, browser, hours],
  });
}

/** What the forms of their last session in this browser were made of, unless somebody ended it on purpose. */
export async function findFormKey(db: Db, tokenHash: Buffer, staffId: StaffId): Promise<string | null> {
  const { rows } = await db.query<{ form_key: string }>({
    text: `
      select form_key from staff_sessions
      where (token_hash = $1 or previous_token_hash = $1) and staff_id = $2 and ended_at is null`,
    values: [tokenHash, staffId],
  });
  return rows[0]?.form_key ?? null;
}

export type ListedSession = {
  readonly id: string;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly way: 'password' | 'oidc' | null;
  readonly browser: string | null;
};

/** Those that are good, the last used first. */
export async function listSessions(
  db: Db,
  staffId: StaffId,
  idleMinutes: number,
): Promise<readonly ListedSession[]> {
  const { rows } = await db.query<ListedSession>({
    text: `
      select id, created_at, last_seen_at, expires_at, way, browser from staff_sessions
      where staff_id = $1 and ended_at is null and expires_at > now()
        and last_seen_at > now() - make_interval(mins => $2)
      order by last_seen_at desc, id`,
    values: [staffId, idleMinutes],
  });
  return rows;
}

/** False where they have no such session, or it ended. */
export async function endSession(db: Db, id: string, staffId: StaffId): Promise<boolean> {
  const { rowCount } = await db.query({
    text: 'update staff_sessions set ended_at = now() where id::text = $1 and staff_id = $2 and ended_at is null',
    values: [id, staffId],
  });
  return rowCount === 1;
}

/** Ends all of their sessions but `except`; returns how many. */
export async function endSessionsOf(db: Db, staffId: StaffId, except: string | null): Promise<number> {
  const { rowCount } = await db.query({
    text: `
      update staff_sessions set ended_at = now()
      where staff_id = $1 and ended_at is null and ($2::uuid is null or id <> $2)`,
    values: [staffId, except],
  });
  return rowCount ?? 0;
}
