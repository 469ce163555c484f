import type { Db } from './pool.ts';

/** What a PostgreSQL says about itself that decides whether a report it has taken is safe. */
export type ServerFacts = {
  /** As people write it: `16.4 (Debian 16.4-1)`. */
  readonly version: string;
  /** 160004 for 16.4. */
  readonly versionNumber: number;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  /** False where a commit may be answered before it is on disk. */
  readonly synchronousCommit: boolean;
  readonly dataChecksums: boolean;
  /** A standby, or set to `default_transaction_read_only`. */
  readonly readOnly: boolean;
  readonly clock: Date;
};

export async function readServerFacts(db: Db): Promise<ServerFacts> {
  const { rows } = await db.query<ServerFacts>(`
    select
      current_setting('server_version') as "version",
      current_setting('server_version_num')::int as "versionNumber",
      current_setting('fsync') = 'on' as "fsync",
      current_setting('full_page_writes') = 'on' as "fullPageWrites",
      current_setting('synchronous_commit') <> 'off' as "synchronousCommit",
      current_setting('data_checksums') = 'on' as "dataChecksums",
      pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as "readOnly",
      clock_timestamp() as "clock"`);
  const [facts] = rows;
  if (facts === undefined) throw new Error('a select without from has one row');
  return facts;
}

/** Names of the migrations that ran, without `.sql`; none where the schema was never made. */
export async function listAppliedMigrations(db: Db): Promise<readonly string[]> {
  const { rows } = await db.query<{ exists: boolean }>(
    "select to_regclass('schema_migrations') is not null as exists",
  );
  if (rows[0]?.exists !== true) return [];
  const applied = await db.query<{ name: string }>('select name from schema_migrations order by name');
  return applied.rows.map(({ name }) => name);
}

export type DirectorySize = {
  readonly agencies: number;
  readonly areas: number;
  readonly topics: number;
};

/** Active agencies and topics, and all areas. */
export async function countDirectory(db: Db): Promise<DirectorySize> {
  const { rows } = await db.query<DirectorySize>(`
    select
      (select count(*)::int from agencies where active) as agencies,
      (select count(*)::int from areas) as areas,
      (select count(*)::int from topics where active) as topics`);
  return rows[0] ?? { agencies: 0, areas: 0, topics: 0 };
}

/** Agencies that turned deliveries away, or where they were given up, with how many; the most first. Staff must look at them. */
export async function listRefusals(
  db: Db,
): Promise<readonly { readonly agencyCode: string; readonly count: number }[]> {
  const { rows } = await db.query<{ agencyCode: string; count: number }>(`
    select agency_code as "agencyCode", count(*)::int as count
    from deliveries where state = 'refused' group by agency_code order by count desc, agency_code`);
  return rows;
}

/** What time PostgreSQL has. */
export async function readDatabaseTime(db: Db): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>({
    name: 'read-database-time',
    text: 'select clock_timestamp() as now',
  });
  return rows[0]?.now ?? new Date();
}
