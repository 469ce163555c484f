import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Accept } from '../src/accept.ts';
import { listAttachmentsByReceipt } from '../src/db/attachments.ts';
import { countBacklog } from '../src/db/backlog.ts';
import { releaseBundle } from '../src/db/bundles.ts';
import { findProgressByReceipt } from '../src/db/progress.ts';
import { listQuarantined } from '../src/db/report-file.ts';
import { countSealedByKey, noteIdentityKey } from '../src/db/sealing-keys.ts';
import { statusOf } from '../src/domain/progress.ts';
import type { Accepted, NewReport } from '../src/domain/report.ts';
import { AppError } from '../src/errors.ts';
import { createIntake } from '../workers/intake.ts';
import { sweep } from '../workers/sweep.ts';
import { openDoor } from './support/accept.ts';
import { countRows, createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { readSealed, sealing } from './support/sealing.ts';
import { letWaitingTimePass } from './support/waiting-time.ts';

/** Reports that come without a name to know a repeat by: accepted in bundles, unpacked by a worker. */

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;
let accept: Accept;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  core = await createCore(database.pool);
});
beforeEach(async () => {
  await forgetReports(database.pool);
  await database.pool.query('alter table reports drop constraint if exists no_poison');
  core.jobs.length = 0;
  accept = (await openDoor(core.context)).accept;
});
afterAll(() => database.drop());

const secret = 'Rahmawati Siregar';
const identity = { name: secret, phone: '+6281322110099', email: 'rahma@example.id', onBehalfOf: null };

/** As `POST /v1/reports` makes it of a request without an `Idempotency-Key`. */
const unnamed = (more: Partial<NewReport> = {}): NewReport => {
  const report = newReport({ identity, ...more });
  return { ...report, externalId: null, original: { ...report.original, messageId: null } };
};

const acceptAll = async (reports: readonly NewReport[]): Promise<readonly Accepted[]> =>
  (await Promise.all(reports.map((report) => accept([report])))).flat();

async function listBundles() {
  const { rows } = await database.pool.query<{ id: string; size: number; error: string | null }>(
    'select id, size, error from bundles order by id',
  );
  return rows;
}

/** What a worker does of what is in the bundles. */
async function work(intake = createIntake(core.context)): Promise<void> {
  const bundleIds = (await listBundles()).map(({ id }) => id);
  if (bundleIds.length > 0) await intake({ bundleIds });
}

const statusOfReceipt = async (receipt: string) => {
  const record = await findProgressByReceipt(database.pool, receipt);
  return record === null ? null : statusOf(record);
};

async function expectFiled(count: number): Promise<void> {
  for (const table of ['reports', 'report_identities', 'filings', 'deliveries']) {
    expect([table, await countRows(database.pool, table)]).toEqual([table, count]);
  }
  expect(await countRows(database.pool, 'inbox')).toBe(0);
}

test('a hundred at once are a few bundles, and a hundred reports with their receipts once unpacked', async () => {
  const accepted = await acceptAll(Array.from({ length: 100 }, () => unnamed()));
  const bundles = await listBundles();
  expect(bundles.length).toBeLessThan(20);
  expect(bundles.reduce((sum, { size }) => sum + size, 0)).toBe(100);
  expect(await countRows(database.pool, 'reports')).toBe(0);
  expect((await countBacklog(database.pool)).inbox).toBe(100);
  await eventually(() =>
    expect(core.jobs.flatMap(({ payload }) => Object.values(payload).flat()).toSorted()).toEqual(
      bundles.map(({ id }) => id),
    ),
  );

  await work();
  await expectFiled(100);
  expect(await listBundles()).toEqual([]);
  const { rows } = await database.pool.query('select id, receipt from reports order by id');
  expect(rows).toEqual(
    accepted
      .map(({ reportId, receipt }) => ({ id: reportId, receipt }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  );
});

test('one says of itself what it would have said with a key, and no word of it was in the clear before', async () => {
  const said: Partial<NewReport> = {
    title: 'Lampu mati',
    text: 'Lampu jalan mati, hubungi 081322110099',
    occurredOn: '2026-11-20',
    place: { text: 'Gang Mawar, Coblong', lat: -6.9, lon: 107.6, areaCode: '32.73' },
    receivedAt: new Date('2026-11-21T23:15:00.123Z'),
    anonymous: true,
    original: { contentType: 'application/json', body: Buffer.from([0, 10, 255, 10]), messageId: null },
  };
  const [bundled] = await accept([unnamed(said)]);
  const { rows: stored } = await database.pool.query(
    `select reports::text || encode(sealed, 'escape') as all from bundles`,
  );
  for (const word of [secret, '081322110099', 'rahma@', 'Lampu', 'Mawar']) {
    expect(stored[0].all).not.toContain(word);
  }
  await work();
  const [named] = await accept([newReport({ identity, ...said, externalId: 'kunci' })]);

  const read = async (id: Accepted['reportId'] | undefined) => {
    const { rows } = await database.pool.query(
      `select kind, channel, title, text, occurred_on::text, place_text, place_lat, place_lon, place_area_code, anonymous,
         confidential, received_at, hold, joins, phone_index, email_index
       from reports join report_identities on report_id = id where id = $1`,
      [id],
    );
    return { row: rows[0], sealed: id && (await readSealed(database.pool, id, 'nobody')) };
  };
  const ofBundled = await read(bundled?.reportId);
  expect(ofBundled).toEqual(await read(named?.reportId));
  expect(ofBundled.row.text).not.toContain('081322110099');
  expect(ofBundled.sealed).toMatchObject({
    identity,
    unmasked: { text: said.text },
    original: said.original,
  });
  expect(bundled && (await readSealed(database.pool, bundled.reportId, 'agency'))).toBeNull();
});

test('its receipt is known from the first moment on', async () => {
  const [open, confidential] = await acceptAll([unnamed(), unnamed({ confidential: true })]);
  expect(await findProgressByReceipt(database.pool, open?.receipt ?? '')).toMatchObject({
    reportId: open?.reportId,
    kind: 'complaint',
    channel: 'web',
    confidential: false,
    receivedAt: expect.any(Date),
    trackingId: null,
  });
  expect(await findProgressByReceipt(database.pool, confidential?.receipt ?? '')).toMatchObject({
    confidential: true,
  });
  expect(await statusOfReceipt(open?.receipt ?? '')).toBe('accepted');
  expect(await listAttachmentsByReceipt(database.pool, open?.receipt ?? '')).toEqual([]);
  expect(await statusOfReceipt(`${open?.receipt.slice(0, 32)}!`)).toBeNull();
  await work();
  expect(await statusOfReceipt(open?.receipt ?? '')).toBe('forwarded');
});

test('the key that it is sealed for is in use', async () => {
  await accept([unnamed(), unnamed()]);
  const { rows } = await database.pool.query<{ key_id: string }>('select key_id from bundles');
  const keyId = rows[0]?.key_id ?? '';
  await noteIdentityKey(database.pool, keyId);
  const sealed = async () =>
    (await countSealedByKey(database.pool)).find((use) => use.keyId === keyId)?.sealed;
  expect(await sealed()).toBe(2);
  await work();
  expect(await sealed()).toBe(2);
});

test('a job that comes twice, and several workers at once, file each report once', async () => {
  await acceptAll(Array.from({ length: 60 }, () => unnamed()));
  const bundleIds = (await listBundles()).map(({ id }) => id);
  const workers = [1, 2, 3].map(() => createIntake(core.context));
  await Promise.all(
    workers.map((intake, at) => intake({ bundleIds: at === 1 ? bundleIds.toReversed() : bundleIds })),
  );
  await workers[0]?.({ bundleIds });
  await expectFiled(60);
});

test('what the channel got of many, and much, is several bundles', async () => {
  const large = Array.from({ length: 5 }, () => {
    const report = unnamed();
    return { ...report, original: { ...report.original, body: Buffer.alloc(400_000, 'x') } };
  });
  const listSizes = async () => (await listBundles()).map(({ size }) => size).toSorted((a, b) => b - a);
  await accept(large);
  expect(await listSizes()).toEqual([2, 2, 1]);
  await accept(Array.from({ length: 450 }, () => unnamed()));
  expect(await listSizes()).toEqual([200, 200, 50, 2, 2, 1]);
  await work();
  await expectFiled(455);
});

test('with and without a key at once, each gets its own receipt', async () => {
  const reports = Array.from({ length: 20 }, (_, at) =>
    at % 3 === 0
      ? newReport({ text: `Got mampet nomor ${at}` })
      : unnamed({ text: `Got mampet nomor ${at}` }),
  );
  const accepted = await accept(reports);
  await work();
  const { rows } = await database.pool.query<{ receipt: string; text: string }>(
    'select receipt, text from reports',
  );
  const texts = new Map(rows.map(({ receipt, text }) => [receipt, text]));
  expect(accepted.map(({ receipt }) => texts.get(receipt))).toEqual(reports.map(({ text }) => text));
});

describe('a report that cannot be stored', () => {
  const poison = unnamed({ text: 'Sumur warga diberi racun tikus' });

  test('stands alone with its error, and is filed once that is mended', async () => {
    const [first, bad, last] = await accept([unnamed(), poison, unnamed()]);
    await database.pool.query(`alter table reports add constraint no_poison check (text not like '%racun%')`);
    await work();
    await expectFiled(2);
    expect(await statusOfReceipt(bad?.receipt ?? '')).toBe('in_review');
    for (const other of [first, last]) expect(await statusOfReceipt(other?.receipt ?? '')).toBe('forwarded');
    expect(await countBacklog(database.pool)).toMatchObject({ inbox: 0, quarantine: 1 });
    const [quarantined, ...others] = await listQuarantined(database.pool, 10);
    expect(others).toEqual([]);
    expect(quarantined).toMatchObject({
      report_id: bad?.reportId,
      error: expect.stringContaining('no_poison'),
    });
    expect(quarantined?.error).not.toContain('racun');

    await letWaitingTimePass(database.pool);
    await sweep(core.context);
    expect(core.jobs.filter(({ payload }) => JSON.stringify(payload).includes(bad?.reportId ?? ''))).toEqual(
      [],
    );
    await database.pool.query('alter table reports drop constraint no_poison');
    expect(await releaseBundle(database.pool, 'no uuid', new Date())).toBe(false);
    expect(await releaseBundle(database.pool, bad?.reportId.toUpperCase() ?? '', new Date())).toBe(true);
    await work();
    await expectFiled(3);
    expect(await statusOfReceipt(bad?.receipt ?? '')).toBe('forwarded');
  });

  test('takes nothing with it of the other bundles of its job', async () => {
    await accept([poison]);
    await accept(Array.from({ length: 5 }, () => unnamed()));
    await accept(Array.from({ length: 5 }, () => unnamed()));
    await database.pool.query(`alter table reports add constraint no_poison check (text not like '%racun%')`);
    await work();
    await expectFiled(10);
    expect(await listBundles()).toMatchObject([{ size: 1, error: expect.any(String) }]);
  });
});

test('a bundle that was changed does not open: it is set aside whole, and the others go through', async () => {
  const [changed] = await accept([unnamed(), unnamed()]);
  const [bundle] = await listBundles();
  await database.pool.query('update bundles set sealed = set_byte(sealed, 60, 255 - get_byte(sealed, 60))');
  await accept([unnamed()]);
  await work();
  await expectFiled(1);
  expect(await listBundles()).toEqual([
    { id: bundle?.id, size: 2, error: expect.stringContaining('does not open') },
  ]);
  expect(await statusOfReceipt(changed?.receipt ?? '')).toBe('in_review');
  expect((await countBacklog(database.pool)).quarantine).toBe(2);
});

test('without the private key it waits, and the job says why', async () => {
  await accept([unnamed()]);
  const open = async () => {
    throw new AppError('config', 'the key is not here');
  };
  await expect(work(createIntake({ ...core.context, open }))).rejects.toMatchObject({ code: 'config' });
  expect(await listBundles()).toMatchObject([{ size: 1, error: null }]);
  await work();
  await expectFiled(1);
});

test('one whose job was lost is put on the queue again, and left alone for a while then', async () => {
  await accept([unnamed()]);
  const [bundle] = await listBundles();
  await eventually(() => expect(core.jobs).toHaveLength(1));
  core.jobs.length = 0;
  await sweep(core.context);
  expect(core.jobs).toEqual([]);
  await letWaitingTimePass(database.pool);
  await sweep(core.context);
  await sweep(core.context);
  expect(core.jobs).toEqual([{ name: 'intake', payload: { bundleIds: [bundle?.id] } }]);
});

test('a backlog of small and large ones goes back on the queue a thousand reports at a time, in jobs of the usual size', async () => {
  for (let at = 0; at < 150; at += 1) await accept([unnamed()]);
  await accept(Array.from({ length: 1_200 }, () => unnamed()));
  const sizes = new Map((await listBundles()).map(({ id, size }) => [id, size]));
  await eventually(() =>
    expect(core.jobs.flatMap(({ payload }) => Object.values(payload).flat())).toHaveLength(sizes.size),
  );
  core.jobs.length = 0;
  await letWaitingTimePass(database.pool);
  await sweep(core.context);
  const jobs = core.jobs.map(({ payload }) =>
    Object.values(payload)
      .flat()
      .reduce((sum, id) => sum + (sizes.get(id) ?? Number.NaN), 0),
  );
  expect(Math.max(...jobs)).toBeLessThanOrEqual(200);
  const sum = jobs.reduce((total, size) => total + size, 0);
  expect(sum).toBeGreaterThanOrEqual(1_000);
  expect(sum).toBeLessThan(1_200);
});

test('one that was unpacked and comes out of a spool once more is filed once', async () => {
  await accept([unnamed(), unnamed()]);
  const { rows } = await database.pool.query<Record<string, unknown>>('select * from bundles');
  await work();
  const [bundle = {}] = rows;
  const names = Object.keys(bundle);
  await database.pool.query(
    `insert into bundles (${names}) values (${names.map((_, at) => `$${at + 1}`)})`,
    names.map((name) => (name === 'reports' ? JSON.stringify(bundle[name]) : bundle[name])),
  );
  await work();
  await expectFiled(2);
  expect(await listBundles()).toEqual([]);
});

test('while PostgreSQL is away it is spooled sealed, and replayed once however often that is tried', async () => {
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  let isAway = true;
  const db = new Proxy(database.pool, {
    get: (pool, name) =>
      name === 'query'
        ? (...args: Parameters<typeof pool.query>) => (isAway ? Promise.reject(away) : pool.query(...args))
        : Reflect.get(pool, name, pool),
  });
  const door = await openDoor({ ...core.context, ...sealing, db });
  const accepted = await Promise.all(Array.from({ length: 30 }, () => door.accept([unnamed()])));
  expect(door.spool.facts().records).toBeGreaterThan(0);
  expect(await listBundles()).toEqual([]);
  isAway = false;
  await eventually(() => expect(door.spool.facts().records).toBe(0));
  await work();
  await expectFiled(30);
  for (const [one] of accepted) expect(await statusOfReceipt(one?.receipt ?? '')).toBe('forwarded');
});
