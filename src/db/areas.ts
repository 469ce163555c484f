import type { Db } from './pool.ts';

export type Area = { readonly code: string; readonly name: string };

/** Level and the area above follow from the code: `32.73.01` is a district of `32.73`. */
export async function upsertAreas(db: Db, areas: readonly Area[]): Promise<void> {
  await db.query(
    `insert into areas (code, name, level, parent_code)
    select code, name, array_length(string_to_array(code, '.'), 1), nullif(regexp_replace(code, '[.]?[^.]+$', ''), '')
    from unnest($1::text[], $2::text[]) as area (code, name)
    on conflict (code) do update set name = excluded.name where areas.name <> excluded.name`,
    [areas.map(({ code }) => code), areas.map(({ name }) => name)],
  );
}

/** Takes out areas that are no more; reports keep the code they were given. */
export async function deleteOtherAreas(db: Db, codes: readonly string[]): Promise<void> {
  await db.query(
    `delete from areas where not exists (
      select from unnest($1::text[]) as kept (code) where kept.code = areas.code)`,
    [codes],
  );
}
