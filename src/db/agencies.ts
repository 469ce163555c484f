import type { Agency } from '../domain/routing/directory.ts';
import type { Db } from './pool.ts';

export async function countAgenciesByKind(db: Db): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ kind: string; count: number }>(
    'select kind, count(*)::int as count from agencies where active group by kind order by kind',
  );
  return new Map(rows.map(({ kind, count }) => [kind, count]));
}

/** Writes what an operator says an agency is; the seed leaves these rows alone from then on. */
export async function upsertImportedAgencies(db: Db, agencies: readonly Agency[]): Promise<void> {
  await db.query(
    `insert into agencies (code, name, kind, parent_code, time_zone, area_code, aliases, active, from_seed)
    select code, name, kind, "parentCode", "timeZone", "areaCode", aliases, active, false
    from jsonb_to_recordset($1) as agency (code text, name text, kind text, "parentCode" text, "timeZone" text,
      "areaCode" text, aliases text[], active bool)
    on conflict (code) do update set
      name = excluded.name, kind = excluded.kind, parent_code = excluded.parent_code, time_zone = excluded.time_zone,
      area_code = excluded.area_code, aliases = excluded.aliases, active = excluded.active, from_seed = false`,
    [JSON.stringify(agencies)],
  );
}

/** Writes what the seed says, except where an operator's import has the agency or governs its area. */
export async function upsertSeedAgencies(db: Db, agencies: readonly Agency[]): Promise<void> {
  await db.query(
    `insert into agencies (code, name, kind, parent_code, time_zone, area_code, aliases, active, from_seed)
    select code, name, kind, "parentCode", "timeZone", "areaCode", aliases, active, true
    from jsonb_to_recordset($1) as agency (code text, name text, kind text, "parentCode" text, "timeZone" text,
      "areaCode" text, aliases text[], active bool)
    where not exists (
      select from agencies as imported
      where imported.area_code = agency."areaCode" and imported.code <> agency.code and not imported.from_seed)
    on conflict (code) do update set
      name = excluded.name, kind = excluded.kind, parent_code = excluded.parent_code, time_zone = excluded.time_zone,
      area_code = excluded.area_code, aliases = excluded.aliases, active = excluded.active
    where agencies.from_seed`,
    [JSON.stringify(agencies)],
  );
}

/** What came with an earlier seed and is no more gets no further reports, and keeps those it has. */
export async function deactivateOtherSeedAgencies(db: Db, codes: readonly string[]): Promise<void> {
  await db.query(
    'update agencies set active = false where active and from_seed and not (code = any ($1::text[]))',
    [codes],
  );
}
