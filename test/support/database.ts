import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject, vi } from 'vitest';
import { createPool, type Pool } from '../../src/db/pool.ts';

export type TestDatabase = {
  readonly url: string;
  readonly pool: Pool;
  readonly drop: () => Promise<void>;
};

/** A migrated database of the caller's own, empty, or `seeded` with the real directory of agencies, areas and topics. */
export async function createTestDatabase(options: { readonly seeded?: boolean } = {}): Promise<TestDatabase> {
  const template = options.seeded ? await findSeededTemplate() : 'lapor_template';
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name} template ${template}`);
  const url = urlOf(name);
  const pool = createPool(url, { max: 10, onError: () => {} });
  return {
    url,
    pool,
    drop: async () => {
      await pool.end();
      // What a test left behind, a killed worker for one, must not keep the database.
      // Refused while autovacuum, which only a superuser may end, is at it.
      await vi.waitFor(() => onServer(`drop database ${name} with (force)`), 40_000);
    },
  };
}

/** Seeding takes seconds, so the first test that asks for it pays for all: the others wait for it here. */
async function findSeededTemplate(): Promise<string> {
  const client = new pg.Client(inject('postgresUrl'));
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('seeded template'))");
    const { rowCount } = await client.query("select from pg_database where datname = 'lapor_seeded'");
    if (rowCount === 0) {
      await client.query('drop database if exists lapor_unfinished with (force)');
      await client.query('create database lapor_unfinished template lapor_template');
      await seed(urlOf('lapor_unfinished'));
      await client.query('alter database lapor_unfinished rename to lapor_seeded');
    }
    return 'lapor_seeded';
  } finally {
    await client.end();
  }
}

async function seed(url: string): Promise<void> {
  const { seedDirectory } = await import('../../src/seed.ts');
  const pool = createPool(url, { max: 2, onError: () => {} });
  await seedDirectory(pool);
  await pool.end();
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client(inject('postgresUrl'));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${database}`;
  return url.href;
}
