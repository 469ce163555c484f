import { type Config, readConfig } from '../config.ts';
import { createPool, type Pool } from '../db/pool.ts';
import { type Database, lend } from './database.ts';
import { fail } from './fail.ts';

/**
 * Runs a command's work on the database the gateway uses: `DATABASE_URL`, else the embedded one that runs now, else the
 * embedded one started for this command only. What goes wrong is said by `fail`, which sets the exit code.
 */
export async function withDatabase(
  work: (given: { readonly db: Pool; readonly config: Config }) => Promise<void>,
): Promise<void> {
  try {
    const config = readConfig();
    const { url, release } =
      config.databaseUrl === null ? await openEmbedded(config.dataDir) : lend(config.databaseUrl);
    // An idle connection that breaks is replaced by the next statement, which also says what is wrong.
    const db = createPool(url, { max: 4, onError: () => undefined });
    try {
      await work({ db, config });
    } finally {
      await db.end();
      await release();
    }
  } catch (error) {
    fail(error);
  }
}

/** Loaded by who needs it: what starts servers and migrates is more than all else a command loads. */
async function openEmbedded(dataDir: string): Promise<Database> {
  const { openEmbeddedDatabase } = await import('./embedded-database.ts');
  return openEmbeddedDatabase(dataDir);
}
