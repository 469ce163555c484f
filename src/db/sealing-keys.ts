import type { Db } from './pool.ts';

/**
 * Notes both keys of a gateway as in use, or neither where the database was used with another index key; answers the index
 * key it is used with.
 */
export async function noteSealingKeys(db: Db, identityKeyId: string, indexKeyId: string): Promise<string> {
  await db.query({
    text: `
      insert into sealing_keys (purpose, key_id)
      select purpose, key_id from (values ('identity', $1::text), ('index', $2::text)) as mine (purpose, key_id)
      where not exists (select from sealing_keys where purpose = 'index' and key_id <> $2)
      on conflict (purpose, key_id) do update set forgotten_at = null`,
    values: [identityKeyId, indexKeyId],
  });
  const { rows } = await db.query<{ key_id: string }>({
    text: "select key_id from sealing_keys where purpose = 'index'",
  });
  return rows[0]?.key_id ?? indexKeyId;
}

/** Notes a new key of identities as in use. */
export async function noteIdentityKey(db: Db, keyId: string): Promise<void> {
  await db.query({
    text: "insert into sealing_keys (purpose, key_id) values ('identity', $1) on conflict do nothing",
    values: [keyId],
  });
}

/** Id of the index key that the database is used with; null where it never was. */
export async function findIndexKey(db: Db): Promise<string | null> {
  const { rows } = await db.query<{ key_id: string }>({
    text: "select key_id from sealing_keys where purpose = 'index'",
  });
  return rows[0]?.key_id ?? null;
}

export type IdentityKeys = { readonly inUse: readonly string[]; readonly forgotten: readonly string[] };

/** Ids of the keys identities were ever sealed with, the newest first. */
export async function listIdentityKeys(db: Db): Promise<IdentityKeys> {
  const { rows } = await db.query<{ key_id: string; forgotten: boolean }>({
    text: `
      select key_id, forgotten_at is not null as forgotten from sealing_keys
      where purpose = 'identity' order by first_used_at desc`,
  });
  const idsOf = (forgotten: boolean) =>
    rows.filter((row) => row.forgotten === forgotten).map((row) => row.key_id);
  return { inUse: idsOf(false), forgotten: idsOf(true) };
}

/** Gives a key up, of identities or of the index; false where the database was never used with it. */
export async function forgetSealingKey(db: Db, keyId: string): Promise<boolean> {
  const identity = await db.query({
    text: "update sealing_keys set forgotten_at = now() where purpose = 'identity' and key_id = $1",
    values: [keyId],
  });
  const index = await db.query({
    text: "delete from sealing_keys where purpose = 'index' and key_id = $1",
    values: [keyId],
  });
  return (identity.rowCount ?? 0) + (index.rowCount ?? 0) > 0;
}

export type KeyUse = { readonly keyId: string; readonly firstUsedAt: Date; readonly sealed: number };

/** How many identities each key seals, those in bundles as well, the newest key first. Reads every row: for a command, not for a request. */
export async function countSealedByKey(db: Db): Promise<readonly KeyUse[]> {
  const { rows } = await db.query<{ key_id: string; first_used_at: Date; sealed: number }>({
    text: `
      select used.key_id, used.first_used_at,
        ((select count(*) from report_identities where key_id = used.key_id)
          + (select coalesce(sum(size), 0) from bundles where key_id = used.key_id))::int as sealed
      from sealing_keys as used
      where used.purpose = 'identity'
      order by used.first_used_at desc`,
  });
  return rows.map((row) => ({ keyId: row.key_id, firstUsedAt: row.first_used_at, sealed: row.sealed }));
}
