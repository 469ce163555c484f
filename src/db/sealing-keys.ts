import type { Db } from './pool.ts';

export type KeyPurpose = 'identity' | 'index';

/** Notes that this key is in use from now on; noted before, it stays as it is. */
export async function insertSealingKey(db: Db, purpose: KeyPurpose, keyId: string): Promise<void> {
  await db.query({
    text: 'insert into sealing_keys (purpose, key_id) values ($1, $2) on conflict do nothing',
    values: [purpose, keyId],
  });
}

/** Ids of the keys ever used for this purpose, the newest first. */
export async function listSealingKeys(db: Db, purpose: KeyPurpose): Promise<readonly string[]> {
  const { rows } = await db.query<{ key_id: string }>({
    text: 'select key_id from sealing_keys where purpose = $1 order by first_used_at desc',
    values: [purpose],
  });
  return rows.map((row) => row.key_id);
}

export type KeyUse = { readonly keyId: string; readonly firstUsedAt: Date; readonly sealed: number };

/** How many identities each key seals, the newest key first. Reads every row: for a command, not for a request. */
export async function countSealedByKey(db: Db): Promise<readonly KeyUse[]> {
  const { rows } = await db.query<{ key_id: string; first_used_at: Date; sealed: number }>({
    text: `
      select used.key_id, used.first_used_at, count(person.report_id)::int as sealed
      from sealing_keys as used left join report_identities as person on person.key_id = used.key_id
      where used.purpose = 'identity'
      group by used.key_id, used.first_used_at
      order by used.first_used_at desc`,
  });
  return rows.map((row) => ({ keyId: row.key_id, firstUsedAt: row.first_used_at, sealed: row.sealed }));
}
