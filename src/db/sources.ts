import type { Db } from './pool.ts';

/** Class of the advisory locks of sources; others use other classes, or none. */
const lockClass = 1_708_005;

/**
 * Has this connection be the only one that fetches from these sources, until it unlocks them or ends; returns those that no
 * other one has. Who has one already must not ask for it.
 */
export async function lockSources(db: Db, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await db.query<{ name: string }>({
    name: 'lock-sources',
    text: 'select name from unnest($2::text[]) as wanted (name) where pg_try_advisory_lock($1, hashtext(name))',
    values: [lockClass, names],
  });
  return rows.map(({ name }) => name);
}

export async function unlockSource(db: Db, name: string): Promise<void> {
  await db.query({
    name: 'unlock-source',
    text: 'select pg_advisory_unlock($1, hashtext($2))',
    values: [lockClass, name],
  });
}

/** Up to where the source was taken; null where nothing was saved. */
export async function readSourceCursor(db: Db, name: string): Promise<unknown> {
  const { rows } = await db.query<{ cursor: unknown }>({
    name: 'read-source-cursor',
    text: 'select cursor from sources where name = $1',
    values: [name],
  });
  return rows[0]?.cursor ?? null;
}

export async function saveSourceCursor(db: Db, name: string, cursor: unknown): Promise<void> {
  await db.query({
    name: 'save-source-cursor',
    text: `
      insert into sources (name, cursor, saved_at) values ($1, $2, now())
      on conflict (name) do update set cursor = excluded.cursor, saved_at = excluded.saved_at`,
    values: [name, JSON.stringify(cursor)],
  });
}

/** It was looked into, and all is taken. */
export async function recordSourceConnected(db: Db, name: string): Promise<void> {
  await db.query({
    name: 'record-source-connected',
    text: `
      insert into sources (name, connected_at) values ($1, now())
      on conflict (name) do update set connected_at = excluded.connected_at, last_error = null, failed_at = null`,
    values: [name],
  });
}

/** `failed_at` is when it began to fail. */
export async function recordSourceFailure(db: Db, name: string, error: string): Promise<void> {
  await db.query({
    name: 'record-source-failure',
    text: `
      insert into sources (name, last_error, failed_at) values ($1, $2, now())
      on conflict (name) do update set last_error = excluded.last_error,
        failed_at = coalesce(sources.failed_at, excluded.failed_at)`,
    values: [name, error],
  });
}

/** Puts an alarm on record, in words; null: takes it off. */
export async function recordSourceAlarm(
  db: Db,
  name: string,
  alarm: string,
  words: string | null,
): Promise<void> {
  await db.query({
    name: 'record-source-alarm',
    text: `
      insert into sources (name, alarms) values ($1, jsonb_strip_nulls(jsonb_build_object($2::text, $3::text)))
      on conflict (name) do update
      set alarms = jsonb_strip_nulls(sources.alarms || jsonb_build_object($2::text, $3::text))`,
    values: [name, alarm, words],
  });
}

export type SourceState = {
  readonly name: string;
  /** When it was looked into last; null: never. */
  readonly connectedAt: Date | null;
  /** What keeps it from being looked into, in words for staff, and since when; null where nothing does. */
  readonly lastError: string | null;
  readonly failedAt: Date | null;
  /** What staff should know although it goes on: name -> in words. */
  readonly alarms: Readonly<Record<string, string>>;
  /** By PostgreSQL's clock. */
  readonly now: Date;
};

/** All that were ever looked into, those taken out of the settings among them. */
export async function listSources(db: Db): Promise<readonly SourceState[]> {
  const { rows } = await db.query<SourceState>({
    text: `
      select name, connected_at as "connectedAt", last_error as "lastError", failed_at as "failedAt",
        alarms, now() as now
      from sources order by name`,
  });
  return rows;
}
