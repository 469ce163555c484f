import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { AppError } from '../errors.ts';
import { inPackage } from '../package-root.ts';
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
      dir: inPackage('migrations'),
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
