import { runCommand } from 'citty';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { addEndpoint, endpointCommand } from '../src/cli/endpoint.ts';
import type { AgencyCode } from '../src/domain/report.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, fileReport, findDelivery } from './support/filed-reports.ts';

let database: TestDatabase;
let agency: AgencyCode;
const url = 'https://lapor.kotauji.example/masuk';

beforeAll(async () => {
  database = await createTestDatabase();
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('OUTBOUND_ALLOW', '');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await database?.drop();
});
beforeEach(async () => {
  agency = await addAgency(database.pool);
});
afterEach(() => {
  process.exitCode = undefined;
});

/** Runs `lapor endpoint …` and returns what it printed and its exit code. */
async function run(...rawArgs: string[]) {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  const complained = vi.spyOn(console, 'error').mockImplementation(() => {});
  process.exitCode = undefined;
  await runCommand(endpointCommand, { rawArgs });
  const out = printed.mock.calls.flat().join('\n');
  const error = complained.mock.calls.flat().join('\n');
  printed.mockRestore();
  complained.mockRestore();
  return { out, error, code: process.exitCode ?? 0 };
}

describe('lapor endpoint add', () => {
  test('prints a usable secret once and sends what waited', async () => {
    const { deliveryId } = await fileReport(database.pool, agency, new Date());
    const added = await run('add', agency, url);
    expect(added).toMatchObject({ error: '', code: 0 });
    expect(added.out).toContain(`Reports for Pemerintah Kota Uji go to ${url}`);
    expect(added.out).toContain('1 that waited for it will be sent now.');
    const secret = /whsec_\S+/.exec(added.out)?.[0] ?? '';
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
    expect(new Webhook(secret).sign('a', new Date(), '{}')).toMatch(/^v1,/);
    expect(await findDelivery(database.pool, deliveryId)).toMatchObject({ state: 'pending' });
    expect((await run('list')).out).not.toContain('whsec_');
    expect((await run('list', '--json')).out).not.toContain('whsec_');
  });

  test('does not put a second one beside the first, and says how to replace it', async () => {
    await run('add', agency, url);
    const second = await run('add', agency, 'https://baru.kotauji.example/masuk');
    expect(second).toMatchObject({ out: '', code: 1 });
    expect(second.error).toBe(
      `Pemerintah Kota Uji (${agency}) has an endpoint already: ${url}. Add --replace to disable that one.`,
    );
    expect(await run('add', agency, 'https://baru.kotauji.example/masuk', '--replace')).toMatchObject({
      code: 0,
    });
    const endpoints = JSON.parse((await run('list', '--json')).out) as Record<string, unknown>[];
    expect(endpoints.filter(({ agencyCode }) => agencyCode === agency)).toMatchObject([
      { url: 'https://baru.kotauji.example/masuk', state: 'active' },
      { url, state: 'disabled', disabledReason: 'replaced by another endpoint' },
    ]);
  });

  test('twice at the same time adds one', async () => {
    const both = await Promise.all(
      [1, 2].map(() =>
        addEndpoint(database.pool, agency, url, false).then(
          () => 'added',
          () => 'refused',
        ),
      ),
    );
    expect(both.sort()).toEqual(['added', 'refused']);
  });

  test.each([
    ['http://lapor.kotauji.example/', 'The URL must be https, or its host listed in OUTBOUND_ALLOW.'],
    ['https://10.1.2.3/', 'The URL must not point to a private or reserved address.'],
    ['lapor.kotauji.example', 'The URL must be an https address such as https://lapor.example.go.id/masuk.'],
  ])('refuses %s', async (bad, error) => {
    expect(await run('add', agency, bad)).toEqual({ out: '', error, code: 2 });
  });

  test('refuses an agency that is unknown or inactive', async () => {
    expect(await run('add', 'D00.00', url)).toMatchObject({
      error: 'No agency has the code D00.00; "lapor agency list" shows them all.',
      code: 1,
    });
    await database.pool.query('update agencies set active = false where code = $1', [agency]);
    expect((await run('add', agency, url)).error).toContain('is inactive');
  });
});

describe('lapor endpoint disable', () => {
  test('by agency or by id leaves what is pending waiting, with the reason on record', async () => {
    await run('add', agency, url);
    const { deliveryId } = await fileReport(database.pool, agency, new Date());
    const disabled = await run('disable', agency, '--reason', 'server pindah');
    expect(disabled.out).toContain('Reports waiting for the agency now: 1.');
    expect(await findDelivery(database.pool, deliveryId)).toMatchObject({ state: 'waiting' });
    expect((await run('list')).out).toMatch(/disabled \d{4}-\d\d-\d\d: server pindah/);

    const again = await run('add', agency, url);
    const id = /endpoint {2}(\S+)/.exec(again.out)?.[1] ?? '';
    expect(await run('disable', id)).toMatchObject({ code: 0 });
    expect(await run('disable', id)).toMatchObject({
      error: `No active endpoint has the id or agency ${id}; "lapor endpoint list" shows them all.`,
      code: 1,
    });
  });
});
