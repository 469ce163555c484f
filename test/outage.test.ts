import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPool, type Pool } from '../src/db/pool.ts';
import { findProgressByReceipt } from '../src/db/progress.ts';
import type { Kind } from '../src/domain/report.ts';
import { closeDoors, openDoor } from './support/accept.ts';
import { startInProcess } from './support/app.ts';
import { countRows, createCore, forgetReports, newReport, unpackAll } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { runLapor } from './support/lapor.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { readSealed, testDataDir } from './support/sealing.ts';
import { openTcpRelay, type TcpRelay } from './support/tcp-relay.ts';

/** PostgreSQL away in the ways it can be: what is acknowledged meanwhile is in the spool, and gets there later. */

let database: TestDatabase;
let relay: TcpRelay;
let pool: Pool;
let core: Awaited<ReturnType<typeof createCore>>;

beforeAll(async () => {
  database = await createTestDatabase();
  relay = await openTcpRelay(database.url);
  pool = createPool(relay.url, { max: 4, onError: () => {}, answerWithinMs: 1_500 });
  core = await createCore(database.pool);
});
beforeEach(() => forgetReports(database.pool));
afterEach(async () => {
  await relay.mend();
  await closeDoors();
});
afterAll(async () => {
  await relay.close();
  await pool.end();
  await database.drop();
});

const identity = { name: 'Sri Wahyuni', phone: '+6281234567890', email: null, onBehalfOf: null };
const openDoorThere = (folder?: string) => openDoor({ ...core.context, db: pool }, folder);
/** Changes for everybody whether this database can be written to: who is connected is hung up on, and comes again. */
async function setReadOnly(statement: 'set default_transaction_read_only = on' | 'reset all'): Promise<void> {
  const client = new pg.Client({
    connectionString: database.url,
    options: '-c default_transaction_read_only=off',
  });
  await client.connect();
  await client.query(`alter database ${client.database} ${statement}`);
  // of ours alone: autovacuum may be at it, and is a superuser's
  await client.query(
    `select pg_terminate_backend(pid, 1000) from pg_stat_activity
     where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`,
  );
  await client.end();
  // until the pool has noticed
  await eventually(() => database.pool.query('select'));
}

describe.each<[string, () => unknown, () => unknown]>([
  ['refuses connections', () => relay.cut(), () => relay.mend()],
  ['is a black hole', () => relay.swallow(), () => relay.mend()],
  [
    'is read-only',
    () => setReadOnly('set default_transaction_read_only = on'),
    () => setReadOnly('reset all'),
  ],
  [
    'has a full disk',
    () =>
      database.pool.query(`
        create function full_disk() returns trigger language plpgsql as
        $$ begin raise 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
        create trigger full_disk before insert on inbox execute function full_disk()`),
    () => database.pool.query('drop function full_disk cascade'),
  ],
])('while PostgreSQL %s', (_, goAway, comeBack) => {
  test('reports are taken, and stored once it is back, each under the receipt it was given', async () => {
    const { accept, spool } = await openDoorThere();
    await accept([newReport()]);
    await goAway();
    const reports = Array.from({ length: 30 }, () => newReport({ identity }));
    const accepted = (await Promise.all(reports.map((report) => accept([report])))).flat();
    expect(spool.facts().records).toBe(30);
    await comeBack();

    await expect.poll(() => countRows(database.pool, 'reports'), { timeout: 10_000 }).toBe(31);
    await expect.poll(() => spool.facts().records).toBe(0);
    for (const [index, { receipt, reportId }] of accepted.entries()) {
      expect(await findProgressByReceipt(database.pool, receipt)).not.toBeNull();
      const sealed = await readSealed(database.pool, reportId, 'agency');
      expect(sealed).toMatchObject({ identity, original: reports[index]?.original });
    }
    // and they go straight to PostgreSQL again
    await accept([newReport()]);
    expect(await countRows(database.pool, 'reports')).toBe(32);
  });
});

test('the spool holds no name and no number', async () => {
  const { accept, folder } = await openDoorThere();
  await relay.cut();
  await accept([newReport({ identity, text: 'Hubungi saya di 0812-3456-7890' })]);
  const files = readdirSync(folder).filter((name) => name.endsWith('.spool'));
  const content = files.map((name) => readFileSync(join(folder, name), 'latin1')).join('');
  expect(content).toContain('Hubungi saya');
  expect(content).not.toMatch(/Wahyuni|3456/);
});

test('a restart in the outage loses nothing', async () => {
  const first = await openDoorThere();
  await relay.cut();
  const [accepted] = await first.accept([newReport()]);
  await first.inbox.stop();
  await first.spool.close();

  const second = await openDoorThere(first.folder);
  expect(second.spool.facts().records).toBe(1);
  await relay.mend();
  await expect.poll(() => countRows(database.pool, 'reports'), { timeout: 10_000 }).toBe(1);
  expect(await findProgressByReceipt(database.pool, accepted?.receipt ?? '')).not.toBeNull();
});

test.each([
  ['with an external id', {}],
  ['that nothing can repeat', { externalId: null }],
])('a commit of a report %s whose answer was lost is not stored twice', async (_, more) => {
  const { accept, folder, spool } = await openDoorThere();
  const report = newReport(more);
  // it waits for the lock, the wire goes dead, and then the commit goes through
  const blocker = await database.pool.connect();
  await blocker.query('begin; lock table inbox, bundles in access exclusive mode');
  const answer = accept([report]);
  await expect
    .poll(
      async () =>
        (await database.pool.query("select from pg_stat_activity where wait_event_type = 'Lock'")).rowCount,
    )
    .toBe(1);
  relay.swallow();
  await blocker.query('commit');
  blocker.release();
  const [accepted] = await answer;
  await relay.mend();
  await expect
    .poll(() => findProgressByReceipt(database.pool, accepted?.receipt ?? ''), { timeout: 10_000 })
    .not.toBeNull();
  await expect.poll(() => spool.facts().records, { timeout: 10_000 }).toBe(0);
  await unpackAll(database.pool);
  expect(await countRows(database.pool, 'reports')).toBe(1);
  expect(readdirSync(folder)).not.toContain('refused');
});

test('a message that comes again in the outage is one report, and every receipt leads to it', async () => {
  const { accept, spool } = await openDoorThere();
  const report = newReport();
  const before = await accept([report]);
  await relay.cut();
  const during = await accept([report, report]);
  await relay.mend();
  await expect.poll(() => spool.facts().records, { timeout: 10_000 }).toBe(0);
  expect(await countRows(database.pool, 'reports')).toBe(1);
  for (const { receipt } of [...before, ...during]) {
    expect(await findProgressByReceipt(database.pool, receipt)).not.toBeNull();
  }
});

test('an SMS that its provider sends again in another wrapping is one report, also across an outage', async () => {
  const { accept, spool } = await openDoorThere();
  const sms = newReport({ channel: 'sms' });
  const [first] = await accept([sms]);
  await relay.cut();
  const original = { contentType: 'application/json', body: Buffer.from('{"attempt":2}'), messageId: null };
  const [again] = await accept([{ ...sms, original }]);
  await relay.mend();
  await expect.poll(() => spool.facts().records, { timeout: 10_000 }).toBe(0);
  expect(await countRows(database.pool, 'reports')).toBe(1);
  const { rows } = await database.pool.query('select report_id from receipt_aliases');
  expect(rows).toEqual([{ report_id: first?.reportId }]);
  expect(await findProgressByReceipt(database.pool, again?.receipt ?? '')).not.toBeNull();
});

test('what was acknowledged under a key used before for something else is a report of its own', async () => {
  const { accept, spool } = await openDoorThere();
  const report = newReport();
  await accept([report]);
  await relay.cut();
  const original = { contentType: 'text/plain', body: Buffer.from('lain'), messageId: null };
  const [other] = await accept([{ ...report, text: 'Sampah menumpuk', original }]);
  await relay.mend();
  await expect.poll(() => spool.facts().records, { timeout: 10_000 }).toBe(0);
  expect(await countRows(database.pool, 'reports')).toBe(2);
  expect(await findProgressByReceipt(database.pool, other?.receipt ?? '')).not.toBeNull();
});

test('a report PostgreSQL refuses for what is in it is kept beside the spool, and the others go through', async () => {
  const { accept, spool, folder } = await openDoorThere(join(testDataDir, 'refusing', 'spool'));
  await relay.cut();
  const poisoned = { ...newReport(), kind: 'gossip' as Kind };
  const [[refused]] = await Promise.all([accept([poisoned]), accept([newReport()]), accept([newReport()])]);
  await relay.mend();
  await expect.poll(() => spool.facts().records, { timeout: 10_000 }).toBe(0);
  expect(await countRows(database.pool, 'reports')).toBe(2);
  expect(readdirSync(join(folder, 'refused'))).toEqual([`${refused?.reportId}.json`]);

  const retry = () => runLapor(['spool', 'retry'], { DATABASE_URL: database.url, DATA_DIR: dirname(folder) });
  expect(await retry()).toMatchObject({ code: 1, stdout: expect.stringContaining('0 of 1') });
  await database.pool.query('alter table reports drop constraint reports_kind_check');
  expect(await retry()).toMatchObject({ code: 0, stdout: expect.stringContaining('1 of 1') });
  expect(await countRows(database.pool, 'reports')).toBe(3);
  expect(readdirSync(join(folder, 'refused'))).toEqual([]);
});

test('with PostgreSQL away and the spool full nothing is acknowledged, and the error says to try again', async () => {
  const { accept } = await openDoor({ ...core.context, db: pool }, undefined, 3_000);
  await relay.cut();
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => accept([newReport()])));
  const refused = answers.filter((answer) => answer.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'unavailable' });
});

test('a gateway that starts in the outage takes reports, and finds its directory when PostgreSQL is back', async () => {
  const seeded = await createTestDatabase({ seeded: true });
  const wire = await openTcpRelay(seeded.url);
  const servers = { databaseUrl: wire.url, redisUrl: testRedisUrl() };
  const roles = { serve: true, work: false, sweep: false };
  const settings = { QUEUE_NAMESPACE: testQueueNamespace(), DATA_DIR: join(testDataDir, 'restarted') };
  await (await startInProcess(servers, roles, settings)).stop();
  await wire.cut();
  const gateway = await startInProcess(servers, roles, settings);
  try {
    const report = { kind: 'complaint', text: 'Got mampet di Cisitu', agency: 'D32.73', consent: true };
    const answer = await fetch(`${gateway.url}/v1/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(report),
    });
    expect(answer.status).toBe(202);
    const { receipt } = (await answer.json()) as { receipt: string };
    expect((await fetch(`${gateway.url}/v1/agencies?q=bandung`)).status).toBe(503);
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);

    await wire.mend();
    const status = async (path: string) => (await fetch(gateway.url + path)).status;
    await expect.poll(() => status(`/v1/receipts/${receipt}`), { timeout: 15_000 }).toBe(200);
    await expect.poll(() => status('/v1/agencies?q=bandung'), { timeout: 15_000 }).toBe(200);
  } finally {
    await gateway.stop();
    await wire.close();
    await seeded.drop();
  }
});
