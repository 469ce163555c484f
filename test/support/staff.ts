import { randomBytes } from 'node:crypto';
import type { Pool } from '../../src/db/pool.ts';
import type { AgencyCode } from '../../src/domain/report.ts';
import type { Role, StaffId } from '../../src/domain/staff.ts';
import { hashToken, sessionCookie } from '../../src/http/staff/area.ts';
import { newId } from '../../src/ids.ts';

export type SignedIn = {
  readonly id: StaffId;
  /** For the header `cookie`. */
  readonly cookie: string;
  /** Name and value of the cookie, for a browser. */
  readonly session: { readonly name: string; readonly value: string };
};

/** A member of staff who has just signed in; how that is done is tested elsewhere. */
export async function signIn(
  db: Pool,
  {
    role,
    agency,
    name = 'Sri Wahyuni',
  }: { readonly role: Role; readonly agency: string; readonly name?: string },
): Promise<SignedIn> {
  const id = newId<StaffId>();
  const token = randomBytes(32).toString('base64url');
  await db.query('insert into staff (id, login, name, role, agency_code) values ($1, $2, $3, $4, $5)', [
    id,
    `${id}@contoh.go.id`,
    name,
    role,
    agency as AgencyCode,
  ]);
  await db.query(
    `insert into staff_sessions (id, token_hash, staff_id, expires_at) values ($1, $2, $3, now() + interval '1 hour')`,
    [newId(), hashToken(token), id],
  );
  const session = { name: sessionCookie('http://127.0.0.1'), value: token };
  return { id, cookie: `${session.name}=${session.value}`, session };
}
