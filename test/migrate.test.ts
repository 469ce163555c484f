import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { migrate } from '../src/db/migrate.ts';

test('of several processes that start at once one migrates, and the others wait and find nothing left to do', async () => {
  const name = 'test_migrate';
  const server = new pg.Client(inject('postgresUrl'));
  await server.connect();
  await server.query(`create database ${name}`);
  try {
    const url = new URL(inject('postgresUrl'));
    url.pathname = `/${name}`;
    const complaints: string[] = [];
    const runs = await Promise.all(
      [1, 2, 3, 4].map(() => migrate(url.href, (line) => complaints.push(line))),
    );
    const [most, ...rest] = runs.sort((a, b) => b.length - a.length);
    expect(most).toContain('0001-directory');
    expect(rest).toEqual([[], [], []]);
    expect(complaints).toEqual([]);
  } finally {
    await server.query(`drop database ${name} with (force)`);
    await server.end();
  }
});

test('a PostgreSQL that is away is said to be away', async () => {
  await expect(migrate('postgres://lapor@127.0.0.1:9/lapor', () => {})).rejects.toMatchObject({
    code: 'unavailable',
  });
});
