import { join } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { createPool, type Pool } from '../db/pool.ts';
import { findRunningPostgres, startPostgres } from '../embedded/postgres.ts';
import { waitUntil } from '../embedded/processes.ts';
import { makeDataDir } from '../embedded/servers.ts';
import { AppError } from '../errors.ts';
import { findLockHolder, lockFolder } from '../folder-lock.ts';
import { prepareDatabase } from '../prepare-database.ts';
import { fail } from './fail.ts';

type Database = { readonly url: string; readonly release: () => Promise<void> };

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

async function openEmbedded(dataDir: string): Promise<Database> {
  const folder = makeDataDir(dataDir);
  const postgres = join(folder, 'postgres');
  // Another command has the folder for moments only.
  await waitUntil(() => findLockHolder(folder)?.purpose !== 'command', 30_000);
  return findLockHolder(folder)?.purpose === 'gateway'
    ? lend(await findDatabaseOfGateway(postgres))
    : startForUs(postgres, lockFolder(folder, 'command'));
}

/** A database that others run and end. */
function lend(url: string): Database {
  return { url, release: async () => undefined };
}

async function findDatabaseOfGateway(postgres: string): Promise<string> {
  // It may only just be starting.
  await waitUntil(() => findRunningPostgres(postgres) !== null, 10_000);
  const url = findRunningPostgres(postgres);
  if (url === null) {
    throw new AppError('unavailable', 'The gateway runs, but its PostgreSQL does not: see what it printed.');
  }
  return url;
}

/** Prepared as the gateway would, so that a command works before the first `npm start` too. */
async function startForUs(postgres: string, unlock: () => void): Promise<Database> {
  const say = (line: string) => console.error(line);
  let stop = async () => {};
  const release = async () => {
    await stop();
    unlock();
  };
  try {
    const server = await startPostgres(postgres, say);
    stop = server.stop;
    await prepareDatabase(server.url, say);
    return { url: server.url, release };
  } catch (error) {
    await release();
    throw error;
  }
}
