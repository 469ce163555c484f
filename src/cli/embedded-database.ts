import { join } from 'node:path';
import { findRunningPostgres, startPostgres } from '../embedded/postgres.ts';
import { waitUntil } from '../embedded/processes.ts';
import { makeDataDir } from '../embedded/servers.ts';
import { AppError } from '../errors.ts';
import { findLockHolder, lockFolder } from '../folder-lock.ts';
import { prepareDatabase } from '../prepare-database.ts';
import { type Database, lend } from './database.ts';

/** The embedded database: that of the gateway that runs, else started for this command only. */
export async function openEmbeddedDatabase(dataDir: string): Promise<Database> {
  const folder = makeDataDir(dataDir);
  const postgres = join(folder, 'postgres');
  // Another command has the folder for moments only.
  await waitUntil(() => findLockHolder(folder)?.purpose !== 'command', 30_000);
  return findLockHolder(folder)?.purpose === 'gateway'
    ? lend(await findDatabaseOfGateway(postgres))
    : startForUs(postgres, lockFolder(folder, 'command'));
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
