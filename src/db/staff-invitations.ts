import type { StaffId } from '../domain/staff.ts';
import type { Db } from './pool.ts';

export type Invitation = {
  readonly staffId: StaffId;
  /** `totp`: the password is there, only the app is missing. */
  readonly purpose: 'setup' | 'totp';
  /** Sealed. */
  readonly totpDraft: Buffer | null;
};

/** The last invitation is the only one that is good. */
export async function insertInvitation(
  db: Db,
  given: {
    readonly tokenHash: Buffer;
    readonly staffId: StaffId;
    readonly purpose: Invitation['purpose'];
    readonly minutes: number;
  },
): Promise<void> {
  await db.query({
    text: `
      with older as (
        update staff_invitations set used_at = now() where staff_id = $2 and used_at is null
      )
      insert into staff_invitations (token_hash, staff_id, purpose, expires_at)
      values ($1, $2, $3, now() + make_interval(mins => $4))`,
    values: [given.tokenHash, given.staffId, given.purpose, given.minutes],
  });
}

/** Null where it was used, expired, or its member of staff may not sign in. */
export async function findInvitation(db: Db, tokenHash: Buffer): Promise<Invitation | null> {
  const { rows } = await db.query<{
    staff_id: StaffId;
    purpose: Invitation['purpose'];
    totp_draft: Buffer | null;
  }>({
    text: `
      select invitation.staff_id, invitation.purpose, invitation.totp_draft
      from staff_invitations as invitation join staff as member on member.id = invitation.staff_id
      where invitation.token_hash = $1 and invitation.used_at is null and invitation.expires_at > now()
        and member.active`,
    values: [tokenHash],
  });
  const [row] = rows;
  return row === undefined
    ? null
    : { staffId: row.staff_id, purpose: row.purpose, totpDraft: row.totp_draft };
}

/** Keeps the first draft that is offered, so that a page loaded twice shows one code; returns the one that is kept. */
export async function keepTotpDraft(db: Db, tokenHash: Buffer, sealed: Buffer): Promise<Buffer> {
  const { rows } = await db.query<{ totp_draft: Buffer }>({
    text: `
      update staff_invitations set totp_draft = coalesce(totp_draft, $2) where token_hash = $1 returning totp_draft`,
    values: [tokenHash, sealed],
  });
  return rows[0]?.totp_draft ?? sealed;
}

/** False where it was used meanwhile. */
export async function useInvitation(db: Db, tokenHash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      update staff_invitations set used_at = now(), totp_draft = null
      where token_hash = $1 and used_at is null and expires_at > now()`,
    values: [tokenHash],
  });
  return rowCount === 1;
}

/** Those that are still good are so no more. */
export async function withdrawInvitations(db: Db, staffId: StaffId): Promise<void> {
  await db.query({
    text: 'update staff_invitations set used_at = now(), totp_draft = null where staff_id = $1 and used_at is null',
    values: [staffId],
  });
}

/** In place of all they had. */
export async function replaceRecoveryCodes(
  db: Db,
  staffId: StaffId,
  hashes: readonly Buffer[],
): Promise<void> {
  await db.query({ text: 'delete from staff_recovery_codes where staff_id = $1', values: [staffId] });
  await db.query({
    text: 'insert into staff_recovery_codes (staff_id, code_hash) select $1, unnest($2::bytea[])',
    values: [staffId, hashes],
  });
}

/** False where it is none of theirs, or was used. */
export async function useRecoveryCode(db: Db, staffId: StaffId, codeHash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      update staff_recovery_codes set used_at = now()
      where staff_id = $1 and code_hash = $2 and used_at is null`,
    values: [staffId, codeHash],
  });
  return rowCount === 1;
}
