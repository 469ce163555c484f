import { countAgenciesByKind, deactivateOtherSeedAgencies, upsertSeedAgencies } from './db/agencies.ts';
import { deleteOtherAreas, upsertAreas } from './db/areas.ts';
import { bumpDirectoryVersion, findSeedHash, lockDirectory, recordSeedHash } from './db/directory.ts';
import { type Db, type Pool, transaction } from './db/pool.ts';
import {
  deactivateOtherTopics,
  deleteKeywords,
  deleteWords,
  insertKeywords,
  insertWords,
  upsertTopics,
} from './db/topics.ts';
import { hashSeed, readSeedAreas, readSeedFacts } from './seed-facts.ts';

export type SeedSummary = {
  /** False where the database had this very seed already. */
  readonly changed: boolean;
  /** Active agencies there are now, by kind. */
  readonly agencies: ReadonlyMap<string, number>;
};

/**
 * Brings the directory to the facts that come with this version: `migrations/seed` and the areas of the npm package
 * `idn-area-data`. The same seed again is a look at its hash. What an operator imported is left as it is, and nothing is
 * ever deleted that a report may point at: an agency or topic that is no more becomes inactive.
 */
export async function seedDirectory(pool: Pool): Promise<SeedSummary> {
  const hash = await hashSeed();
  const changed =
    (await findSeedHash(pool)) !== hash && (await transaction(pool, (db) => importSeed(db, hash)));
  return { changed, agencies: await countAgenciesByKind(pool) };
}

/** False where another process has imported it in the meantime. */
async function importSeed(db: Db, hash: string): Promise<boolean> {
  await lockDirectory(db);
  if ((await findSeedHash(db)) === hash) return false;
  const { agencies, topics, keywords, words } = await readSeedFacts();
  const areas = await readSeedAreas();
  await upsertAreas(db, areas);
  await deleteOtherAreas(db, codesOf(areas));
  await upsertSeedAgencies(db, agencies);
  await deactivateOtherSeedAgencies(db, codesOf(agencies));
  await upsertTopics(db, topics);
  await deactivateOtherTopics(db, codesOf(topics));
  await deleteKeywords(db);
  await insertKeywords(db, keywords);
  await deleteWords(db);
  await insertWords(db, words);
  await recordSeedHash(db, hash);
  await bumpDirectoryVersion(db);
  return true;
}

const codesOf = (rows: readonly { readonly code: string }[]): string[] => rows.map(({ code }) => code);
