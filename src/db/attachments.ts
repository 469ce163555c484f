import type {
  Attachment,
  AttachmentId,
  AttachmentState,
  NewAttachment,
  Visibility,
} from '../domain/attachment.ts';
import type { OwnFile } from '../domain/audiences/reporter.ts';
import type { Receipt, ReportId } from '../domain/report.ts';
import { findBundledReport } from './bundles.ts';
import type { Db } from './pool.ts';

export type UploadRow = Omit<NewAttachment, 'name'> & {
  readonly secretHash: Buffer;
  readonly sealedName: Buffer | null;
};

export async function insertUpload(db: Db, upload: UploadRow, expiresAt: Date): Promise<void> {
  await db.query({
    name: 'insert-upload',
    text: `
      insert into uploads (id, secret_hash, sealed_name, type, bytes, sha256, state, expires_at)
      values ($1, $2, $3, $4, $5, decode($6, 'hex'), $7, $8)`,
    values: [
      upload.id,
      upload.secretHash,
      upload.sealedName,
      upload.type,
      upload.bytes,
      upload.sha256,
      upload.state,
      expiresAt,
    ],
  });
}

export type KnownUpload = UploadRow & {
  /** The report that has it; null while none does. */
  readonly reportId: ReportId | null;
};

/** The uploads with these secrets; those that expired or are unknown are left out. */
export async function listUploads(
  db: Db,
  secretHashes: readonly Buffer[],
  now: Date,
): Promise<readonly KnownUpload[]> {
  const { rows } = await db.query<KnownUpload>({
    name: 'list-uploads',
    text: `
      select upload.id, upload.secret_hash as "secretHash", upload.sealed_name as "sealedName", upload.type,
        upload.bytes, encode(upload.sha256, 'hex') as sha256, upload.state, file.report_id as "reportId"
      from uploads as upload left join attachments as file on file.id = upload.id
      where upload.secret_hash = any($1::bytea[]) and upload.expires_at > $2`,
    values: [secretHashes, now],
  });
  return rows;
}

/**
 * Takes the uploads with these secrets, each for the claimant at the same place and for good: what one was taken for may lie
 * in a spool, however long. Answers the hashes of those that another claimant has.
 */
export async function claimUploads(
  db: Db,
  claims: readonly { readonly secretHash: Buffer; readonly claimant: Buffer }[],
  now: Date,
): Promise<readonly Buffer[]> {
  const { rows } = await db.query<{ secretHash: Buffer }>({
    name: 'claim-uploads',
    text: `
      with claim as (
        select * from unnest($1::bytea[], $2::bytea[]) as claim (secret_hash, claimant)
      ), locked as (
        select upload.id, claim.claimant from uploads as upload join claim using (secret_hash)
        where upload.expires_at > $3 order by upload.id for update of upload
      ), claimed as (
        update uploads as upload set claimed_at = $3, claimed_by = locked.claimant
        from locked
        where upload.id = locked.id
          and (upload.claimed_by is null or upload.claimed_by = locked.claimant)
        returning upload.id
      )
      select upload.secret_hash as "secretHash" from uploads as upload join claim using (secret_hash)
      where upload.expires_at > $3 and upload.id not in (select id from claimed)`,
    values: [claims.map(({ secretHash }) => secretHash), claims.map(({ claimant }) => claimant), now],
  });
  return rows.map((row) => row.secretHash);
}

export async function deleteUploads(db: Db, ids: readonly AttachmentId[]): Promise<void> {
  await db.query({
    name: 'delete-uploads',
    text: 'delete from uploads where id = any($1::uuid[])',
    values: [ids],
  });
}

/**
 * Up to `limit` uploads that nobody wants any more: their time is over, and no report for which one was claimed can still be
 * under way where `claimedBefore` is long ago. Forgets at the same time those that a report has.
 */
export async function listAbandonedUploads(
  db: Db,
  { now, claimedBefore, limit }: { readonly now: Date; readonly claimedBefore: Date; readonly limit: number },
): Promise<readonly AttachmentId[]> {
  const { rows } = await db.query<{ id: AttachmentId }>({
    name: 'list-abandoned-uploads',
    text: `
      with put as (
        delete from uploads using attachments as file where file.id = uploads.id and expires_at <= $1
      )
      select id from uploads as upload
      where expires_at <= $1 and coalesce(claimed_at < $2, true)
        and not exists (select from attachments where attachments.id = upload.id)
      -- in no order, so that files which cannot be deleted do not keep the others from it
      order by random() limit $3`,
    values: [now, claimedBefore, limit],
  });
  return rows.map((row) => row.id);
}

/**
 * Has whoever adds files to the report wait until this transaction ends: each gets a place behind those there are. In a
 * statement of its own, because one that waits does not see what it waited for.
 */
export async function lockFilesOf(db: Db, reportId: ReportId): Promise<void> {
  await db.query({
    name: 'lock-files-of',
    text: 'select from reports where id = $1 for no key update',
    values: [reportId],
  });
}

/** Puts files with a report that is stored already, behind those it has; answers how many of them no report had before. */
export async function insertAddedFiles(
  db: Db,
  { reportId, additionId }: { readonly reportId: ReportId; readonly additionId: string },
  files: readonly NewAttachment[],
): Promise<number> {
  const { rowCount } = await db.query({
    name: 'insert-added-files',
    text: `
      insert into attachments (id, report_id, addition_id, position, type, bytes, sha256, state)
      select file.id, $1, $2,
        (select coalesce(max(position), 0) from attachments where report_id = $1) + file.position,
        file.type, file.bytes, decode(file.sha256, 'hex'), file.state
      from unnest($3::uuid[], $4::text[], $5::int[], $6::text[], $7::text[])
        with ordinality as file (id, type, bytes, sha256, state, position)
      on conflict (id) do nothing`,
    values: [
      reportId,
      additionId,
      files.map(({ id }) => id),
      files.map(({ type }) => type),
      files.map(({ bytes }) => bytes),
      files.map(({ sha256 }) => sha256),
      files.map(({ state }) => state),
    ],
  });
  return rowCount ?? 0;
}

const columns = `
  file.id, file.position, file.type, file.bytes, encode(file.sha256, 'hex') as sha256, file.state, file.visibility`;

export async function listAttachments(db: Db, reportId: ReportId): Promise<readonly Attachment[]> {
  const { rows } = await db.query<Attachment>({
    name: 'list-attachments',
    text: `select ${columns} from attachments as file where file.report_id = $1 order by file.position`,
    values: [reportId],
  });
  return rows;
}

/** A file with what decides who may be given it. */
export type AttachmentFile = Attachment & {
  readonly reportId: ReportId;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  readonly withdrawnAt: Date | null;
  readonly receipt: Receipt;
};

/** Null where no report has this file. */
export async function findAttachment(db: Db, id: AttachmentId): Promise<AttachmentFile | null> {
  const { rows } = await db.query<AttachmentFile>({
    name: 'find-attachment',
    text: `
      select ${columns}, file.report_id as "reportId", report.anonymous, report.confidential, report.receipt,
        post.gone_at as "withdrawnAt"
      from attachments as file join reports as report on report.id = file.report_id
      left join posts as post on post.report_id = report.id
      where file.id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** The secret of an active endpoint whose agency this report was handed to; null where it was not. */
export async function findEndpointSecret(
  db: Db,
  endpointId: string,
  reportId: ReportId,
): Promise<string | null> {
  const { rows } = await db.query<{ secret: string }>({
    name: 'find-endpoint-secret',
    text: `
      select secret from endpoints as endpoint
      where id = $1 and state = 'active' and exists (
        select from deliveries where report_id = $2 and agency_code = endpoint.agency_code
      )`,
    values: [endpointId, reportId],
  });
  return rows[0]?.secret ?? null;
}

/**
 * The files of the report that a receipt, the first or another, was given for, and where that is a copy, those of the first
 * as well; null where the receipt was given for none.
 */
export async function listAttachmentsByReceipt(db: Db, receipt: string): Promise<readonly OwnFile[] | null> {
  if (receipt.includes('\0')) return null;
  // What has files is not bundled. First there, as in progress.ts.
  if ((await findBundledReport(db, receipt)) !== null) return [];
  const { rows } = await db.query<OwnFile | { readonly id: null }>({
    name: 'list-attachments-by-receipt',
    text: `
      select ${columns}, file.addition_id as "additionId", report.receipt
      from (
        select id from reports where receipt = $1
        union all select report_id from receipt_aliases where receipt = $1
        limit 1
      ) as given
      left join copies as copy on copy.report_id = given.id
      left join attachments as file on file.report_id in (given.id, copy.first_id)
      left join reports as report on report.id = file.report_id
      order by file.report_id, file.position`,
    values: [receipt],
  });
  return rows.length === 0 ? null : rows.flatMap((row) => (row.id === null ? [] : [row]));
}

/** Staff's decision; answers which report's file it is, null where there is no such file. */
export async function setVisibility(
  db: Db,
  id: AttachmentId,
  visibility: Visibility,
): Promise<ReportId | null> {
  const { rows } = await db.query<{ report_id: ReportId }>({
    name: 'set-visibility',
    text: 'update attachments set visibility = $2 where id = $1 returning report_id',
    values: [id, visibility],
  });
  return rows[0]?.report_id ?? null;
}

/** Files of reports that the antivirus has not seen and should see now; `scanCount` says how often it could not judge. */
export async function listUnscanned(
  db: Db,
  now: Date,
  limit: number,
): Promise<readonly { readonly id: AttachmentId; readonly scanCount: number }[]> {
  const { rows } = await db.query<{ id: AttachmentId; scanCount: number }>({
    name: 'list-unscanned',
    text: `
      select id, scan_count as "scanCount" from attachments
      where state = 'unscanned' and coalesce(scan_after <= $1, true)
      order by scan_after nulls first, added_at limit $2`,
    values: [now, limit],
  });
  return rows;
}

/** The antivirus could not judge this file, or it could not be shown to it. */
export async function postponeScan(db: Db, id: AttachmentId, scanAfter: Date): Promise<void> {
  await db.query({
    name: 'postpone-scan',
    text: `
      update attachments set scan_after = $2, scan_count = least(scan_count + 1, 1000)
      where id = $1 and state = 'unscanned'`,
    values: [id, scanAfter],
  });
}

export async function recordScan(db: Db, id: AttachmentId, state: AttachmentState): Promise<void> {
  await db.query({
    name: 'record-scan',
    text: `update attachments set state = $2 where id = $1 and state = 'unscanned'`,
    values: [id, state],
  });
}
