import type { AgencyCode } from '../domain/report.ts';
import type { Role, StaffId, StaffMember } from '../domain/staff.ts';
import type { Db } from './pool.ts';

/** A member of staff with what proves that it is them. */
export type StaffAccount = {
  readonly member: StaffMember;
  readonly login: string;
  readonly active: boolean;
  readonly passwordHash: string | null;
  /** Sealed; null where no app was set up. */
  readonly totpSecret: Buffer | null;
};

type AccountRow = {
  id: StaffId;
  login: string;
  name: string;
  role: Role;
  agency_code: AgencyCode;
  active: boolean;
  password_hash: string | null;
  totp_secret: Buffer | null;
};

const toAccount = (row: AccountRow): StaffAccount => ({
  member: { id: row.id, name: row.name, role: row.role, agencyCode: row.agency_code },
  login: row.login,
  active: row.active,
  passwordHash: row.password_hash,
  totpSecret: row.totp_secret,
});

export async function findAccountByLogin(db: Db, login: string): Promise<StaffAccount | null> {
  const { rows } = await db.query<AccountRow>({
    name: 'find-staff-account-by-login',
    text: `
      select id, login, name, role, agency_code, active, password_hash, totp_secret from staff where login = $1`,
    values: [login],
  });
  return rows[0] === undefined ? null : toAccount(rows[0]);
}

export async function findAccount(db: Db, id: StaffId): Promise<StaffAccount | null> {
  const { rows } = await db.query<AccountRow>({
    text: 'select id, login, name, role, agency_code, active, password_hash, totp_secret from staff where id = $1',
    values: [id],
  });
  return rows[0] === undefined ? null : toAccount(rows[0]);
}

/** False where somebody has the login already. */
export async function insertMember(
  db: Db,
  { id, name, role, agencyCode }: StaffMember,
  login: string,
): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      insert into staff (id, login, name, role, agency_code) values ($1, $2, $3, $4, $5)
      on conflict (login) do nothing`,
    values: [id, login, name, role, agencyCode],
  });
  return rowCount === 1;
}

export async function setPasswordHash(db: Db, id: StaffId, passwordHash: string): Promise<void> {
  await db.query({ text: 'update staff set password_hash = $2 where id = $1', values: [id, passwordHash] });
}

/** `step` is the half minute whose code was shown: it is used. */
export async function setTotpSecret(db: Db, id: StaffId, sealed: Buffer, step: number): Promise<void> {
  await db.query({
    text: 'update staff set totp_secret = $2, totp_last_step = $3 where id = $1',
    values: [id, sealed, step],
  });
}

/** False where a code of this half minute, or of a later one, was used before. */
export async function useTotpStep(db: Db, id: StaffId, step: number): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'use-totp-step',
    text: `
      update staff set totp_last_step = $2 where id = $1 and (totp_last_step is null or totp_last_step < $2)`,
    values: [id, step],
  });
  return rowCount === 1;
}

/** The password, the app and what links them to an account elsewhere: until they are invited, or link it, anew, nobody is them. */
export async function forgetCredentials(db: Db, id: StaffId): Promise<void> {
  await db.query({
    text: `
      with codes as (delete from staff_recovery_codes where staff_id = $1),
        identities as (delete from staff_identities where staff_id = $1)
      update staff set password_hash = null, totp_secret = null where id = $1`,
    values: [id],
  });
}

/** False where they are so already. */
export async function setActive(db: Db, id: StaffId, active: boolean): Promise<boolean> {
  const { rowCount } = await db.query({
    text: 'update staff set active = $2 where id = $1 and active <> $2',
    values: [id, active],
  });
  return rowCount === 1;
}

/** False where they have it already. */
export async function setRole(db: Db, id: StaffId, role: Role): Promise<boolean> {
  const { rowCount } = await db.query({
    text: 'update staff set role = $2 where id = $1 and role <> $2',
    values: [id, role],
  });
  return rowCount === 1;
}

export async function countActiveAdmins(db: Db): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    "select count(*)::int as count from staff where role = 'admin' and active",
  );
  return rows[0]?.count ?? 0;
}

export type ListedMember = StaffMember & {
  readonly login: string;
  readonly active: boolean;
  readonly hasPassword: boolean;
  readonly hasTotp: boolean;
  readonly isLinked: boolean;
  readonly sessions: number;
  readonly lastSignedInAt: Date | null;
};

/** All members of staff, by agency and name; `sessions` are those not ended, the idle ones too. */
export async function listMembers(db: Db): Promise<readonly ListedMember[]> {
  const { rows } = await db.query<ListedMember>(`
    select member.id, member.name, member.role, member.agency_code as "agencyCode", member.login, member.active,
      member.password_hash is not null as "hasPassword", member.totp_secret is not null as "hasTotp",
      exists (select from staff_identities where staff_id = member.id) as "isLinked",
      (select count(*)::int from staff_sessions
        where staff_id = member.id and ended_at is null and expires_at > now()) as sessions,
      (select max(created_at) from staff_sessions where staff_id = member.id) as "lastSignedInAt"
    from staff as member
    order by member.agency_code, member.name, member.id`);
  return rows;
}

export async function findAgencyOfMember(db: Db, id: string): Promise<AgencyCode | null> {
  const { rows } = await db.query<{ agency_code: AgencyCode }>({
    text: 'select agency_code from staff where id = $1',
    values: [id],
  });
  return rows[0]?.agency_code ?? null;
}

/** The member who signs in with this account elsewhere. */
export async function findLinkedMember(db: Db, issuer: string, subject: string): Promise<StaffId | null> {
  const { rows } = await db.query<{ staff_id: StaffId }>({
    text: 'select staff_id from staff_identities where issuer = $1 and subject = $2',
    values: [issuer, subject],
  });
  return rows[0]?.staff_id ?? null;
}

/** False where they are linked to another account there, or the account to another member. */
export async function linkMember(db: Db, id: StaffId, issuer: string, subject: string): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      insert into staff_identities (issuer, subject, staff_id) values ($2, $3, $1) on conflict do nothing`,
    values: [id, issuer, subject],
  });
  return rowCount === 1;
}
