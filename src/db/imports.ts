import type { Import, ImportId, Mapping, WithoutFile } from '../domain/import.ts';
import type { AgencyCode } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** Whose letters they are; null where there is no such import. */
export async function findOfficeOfImport(db: Db, id: string): Promise<AgencyCode | null> {
  const { rows } = await db.query<{ office_code: AgencyCode }>({
    name: 'find-office-of-import',
    text: 'select office_code from imports where id = $1',
    values: [id],
  });
  return rows[0]?.office_code ?? null;
}

export type NewImport = Omit<Import, 'state' | 'startedAt' | 'finishedAt' | 'withoutFile' | 'createdAt'>;

export async function insertImport(db: Db, given: NewImport): Promise<void> {
  await db.query({
    text: `
      insert into imports (
        id, office_code, created_by, state, format, separator, row_count, mapping, heading_mark, expires_at
      ) values ($1, $2, $3, 'mapping', $4, $5, $6, $7, $8, $9)`,
    values: [
      given.id,
      given.office,
      given.createdBy,
      given.format,
      given.separator,
      given.rowCount,
      JSON.stringify(given.mapping),
      given.headingMark,
      given.expiresAt,
    ],
  });
}

const columns = `
  id, office_code as office, created_by as "createdBy", state, format, separator, row_count as "rowCount", mapping,
  heading_mark as "headingMark", without_file as "withoutFile", created_at as "createdAt", started_at as "startedAt",
  finished_at as "finishedAt", expires_at as "expiresAt"`;

export async function findImport(db: Db, id: string): Promise<Import | null> {
  const { rows } = await db.query<Import>({
    name: 'find-import',
    text: `select ${columns} from imports where id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** The last imports of these offices, the newest first. */
export async function listImports(
  db: Db,
  offices: readonly AgencyCode[],
  limit: number,
): Promise<readonly (Import & { readonly accepted: number })[]> {
  const { rows } = await db.query<Import & { accepted: number }>({
    text: `
      select ${columns}, (
        select count(*)::int from import_rows where import_id = imports.id and import_rows.state = 'accepted'
      ) as accepted
      from imports where office_code = any($1::text[]) order by created_at desc limit $2`,
    values: [offices, limit],
  });
  return rows;
}

export async function insertPiece(db: Db, id: ImportId, number: number, sealed: Buffer): Promise<void> {
  await db.query({
    name: 'insert-import-piece',
    text: 'insert into import_pieces (import_id, number, sealed) values ($1, $2, $3)',
    values: [id, number, sealed],
  });
}

/** Null where it was deleted. */
export async function findPiece(db: Db, id: ImportId, number: number): Promise<Buffer | null> {
  const { rows } = await db.query<{ sealed: Buffer }>({
    name: 'find-import-piece',
    text: 'select sealed from import_pieces where import_id = $1 and number = $2',
    values: [id, number],
  });
  return rows[0]?.sealed ?? null;
}

/** Of two files with one name the first stays. */
export async function insertImportFile(
  db: Db,
  id: ImportId,
  file: {
    readonly nameMark: Buffer;
    readonly contentMark: Buffer | null;
    readonly sealed: Buffer | null;
  },
): Promise<void> {
  await db.query({
    text: `
      insert into import_files (import_id, name_mark, content_mark, sealed) values ($1, $2, $3, $4)
      on conflict do nothing`,
    values: [id, file.nameMark, file.contentMark, file.sealed],
  });
}

/** What files came along; `contentMark` is null where one is too large. */
export async function listImportFiles(
  db: Db,
  id: ImportId,
): Promise<readonly { readonly nameMark: Buffer; readonly contentMark: Buffer | null }[]> {
  const { rows } = await db.query<{ nameMark: Buffer; contentMark: Buffer | null }>({
    text: `
      select name_mark as "nameMark", content_mark as "contentMark" from import_files where import_id = $1`,
    values: [id],
  });
  return rows;
}

/** Null where it is not there, or too large. */
export async function findImportFile(db: Db, id: ImportId, nameMark: Buffer): Promise<Buffer | null> {
  const { rows } = await db.query<{ sealed: Buffer }>({
    name: 'find-import-file',
    text: 'select sealed from import_files where import_id = $1 and name_mark = $2',
    values: [id, nameMark],
  });
  return rows[0]?.sealed ?? null;
}

/** The columns were chosen: kept for the next table with these headings. */
export async function saveMapping(
  db: Db,
  { id, office, headingMark }: Pick<Import, 'id' | 'office' | 'headingMark'>,
  mapping: Mapping,
): Promise<void> {
  await db.query({
    text: `
      with chosen as (update imports set mapping = $4 where id = $1)
      insert into import_mappings (office_code, heading_mark, mapping) values ($2, $3, $4)
      on conflict (office_code, heading_mark) do update set mapping = excluded.mapping, chosen_at = now()`,
    values: [id, office, headingMark, JSON.stringify(mapping)],
  });
}

export async function findMapping(db: Db, office: AgencyCode, headingMark: Buffer): Promise<Mapping | null> {
  const { rows } = await db.query<{ mapping: Mapping }>({
    text: 'select mapping from import_mappings where office_code = $1 and heading_mark = $2',
    values: [office, headingMark],
  });
  return rows[0]?.mapping ?? null;
}

/** False where it has begun already: what was checked then is what is run. */
export async function markChecked(db: Db, id: ImportId): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `update imports set state = 'checked' where id = $1 and state in ('mapping', 'checked')`,
    values: [id],
  });
  return rowCount === 1;
}

/** Back to the columns. */
export async function markUnchecked(db: Db, id: ImportId): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `update imports set state = 'mapping' where id = $1 and state in ('mapping', 'checked')`,
    values: [id],
  });
  return rowCount === 1;
}

/** False where it cannot be started: never checked, over, or its content was deleted. Fails with `imports_one_running`. */
export async function startImport(db: Db, id: ImportId, withoutFile: WithoutFile | null): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      update imports set state = 'running', started_at = coalesce(started_at, now()),
        without_file = coalesce($2, without_file), leased_by = null, leased_until = null
      where id = $1 and state in ('checked', 'paused') and exists (
        select from import_pieces where import_id = $1
      )`,
    values: [id, withoutFile],
  });
  return rowCount === 1;
}

export async function pauseImport(db: Db, id: ImportId, expiresAt: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `update imports set state = 'paused', expires_at = $2 where id = $1 and state = 'running'`,
    values: [id, expiresAt],
  });
  return rowCount === 1;
}

/** An import that is to be run and that nobody runs, now ours for `seconds`; or the one with this id. Null: there is none. */
export async function leaseImport(
  db: Db,
  runner: string,
  seconds: number,
  id: ImportId | null = null,
): Promise<Import | null> {
  const { rows } = await db.query<Import>({
    name: 'lease-import',
    text: `
      update imports set leased_by = $1, leased_until = now() + make_interval(secs => $2)
      where id = (
        select id from imports
        where state = 'running' and coalesce(leased_until < now(), true) and coalesce(id = $3, true)
        order by started_at limit 1 for update skip locked
      )
      returning ${columns}`,
    values: [runner, seconds, id],
  });
  return rows[0] ?? null;
}

/** False where it was stopped, or another has it by now. */
export async function renewLease(db: Db, id: ImportId, runner: string, seconds: number): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'renew-import-lease',
    text: `
      update imports set leased_until = now() + make_interval(secs => $3)
      where id = $1 and leased_by = $2 and state = 'running'`,
    values: [id, runner, seconds],
  });
  return rowCount === 1;
}

/** For another to go on at once. */
export async function releaseLease(db: Db, id: ImportId, runner: string): Promise<void> {
  await db.query({
    text: 'update imports set leased_by = null, leased_until = null where id = $1 and leased_by = $2',
    values: [id, runner],
  });
}

/** Nothing is left to do; the files of the archive go at once, the table when its time is over. */
export async function finishImport(db: Db, id: ImportId, expiresAt: Date): Promise<void> {
  await db.query({
    text: `
      with gone as (delete from import_files where import_id = $1)
      update imports set state = 'finished', finished_at = now(), expires_at = $2, leased_by = null, leased_until = null
      where id = $1 and state = 'running'`,
    values: [id, expiresAt],
  });
}

/** What it was made of; its rows stay, which tell nothing of that. One that was never run is over with it. */
export async function eraseContent(db: Db, id: ImportId): Promise<void> {
  await db.query({
    text: `
      with files as (delete from import_files where import_id = $1), pieces as (
        delete from import_pieces where import_id = $1
      )
      delete from imports where id = $1 and state in ('mapping', 'checked')`,
    values: [id],
  });
}

/** Imports whose content has had its time; one that runs has it until its end. */
export async function listExpiredImports(db: Db, limit: number): Promise<readonly ImportId[]> {
  const { rows } = await db.query<{ id: ImportId }>({
    text: `
      select id from imports
      where expires_at < now() and state <> 'running' and (
        state in ('mapping', 'checked') or exists (select from import_pieces where import_id = id)
      )
      order by expires_at limit $1`,
    values: [limit],
  });
  return rows.map((row) => row.id);
}
