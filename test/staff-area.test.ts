import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { signIn } from './support/staff.ts';

let database: TestDatabase;
let gateway: TestApp;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  gateway = await createTestApp(database.pool);
});
afterAll(async () => {
  await gateway.app.close();
  await database.drop();
});

test('who is not signed in is shown where to', async () => {
  const answer = await gateway.app.inject({ url: '/petugas', headers: { accept: 'text/html' } });
  expect(answer.statusCode).toBe(303);
  expect(answer.headers.location).toBe('/petugas/masuk?lanjut=%2Fpetugas');
});

test('who is signed in comes in, until the session is idle for too long', async () => {
  const { cookie, id } = await signIn(database.pool, {
    role: 'intake',
    agency: 'nasional',
    name: 'Sri Wahyuni',
  });
  const visit = () => gateway.app.inject({ url: '/petugas', headers: { accept: 'text/html', cookie } });
  const answer = await visit();
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain('Sri Wahyuni');
  expect(answer.headers['cache-control']).toBe('no-store');
  await database.pool.query(
    `update staff_sessions set last_seen_at = now() - interval '31 minutes' where staff_id = $1`,
    [id],
  );
  expect((await visit()).statusCode).toBe(303);
});
