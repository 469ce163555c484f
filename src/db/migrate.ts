import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { AppError } from '../errors.ts';
import { isUnavailable } from './pool.ts';

/**
 * Brings the schema up to date and answers the names of the migrations that ran, all in one transaction or none. Several
 * processes may start at once: one works, the others wait and find nothing left to do. `log` gets what went wrong. Throws
 * `AppError` `unavailable` when PostgreSQL cannot be reached.
 */
export async function migrate(databaseUrl: string, log: (line: string) => void): Promise<string[]> {
  // A client of our own: the runner's has no listener for a server that goes, and is closed without waiting.
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {}); // the statement that was running rejects
  try {
    await client.connect();
    const applied = await runner({
      dbClient: client,
      dir: findMigrations(),
      migrationsTable: 'schema_migrations',
      direction: 'up',
      advisoryLockMode: 'wait',
      logger: { info: () => {}, warn: log, error: log },
    });
    return applied.map(({ name }) => name);
  } catch (cause) {
    if (!isUnavailable(cause)) throw cause;
    throw new AppError('unavailable', 'PostgreSQL cannot be reached to bring its schema up to date', {
      cause,
    });
  } finally {
    await client.end();
  }
}

/** The SQL files at the top of the project, seen from `src/db` or from `dist/src/db`. */
function findMigrations(): string {
  const found = ['../../migrations', '../../../migrations']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
  if (found === undefined)
    throw new AppError('config', 'The folder "migrations" is missing beside package.json.');
  return found;
}
