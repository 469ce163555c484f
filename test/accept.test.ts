import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Place, ReportId } from '../src/domain/report.ts';
import { AppError } from '../src/errors.ts';
import { sweep } from '../workers/sweep.ts';
import { createTestAccept } from './support/accept.ts';
import { countRows, createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { readSealed } from './support/sealing.ts';

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  core = await createCore(database.pool);
  await forgetReports(database.pool);
});
afterAll(() => database.drop());

test('a thousand reports at once are each stored once, with a receipt of their own, in few commits', async () => {
  const accept = await createTestAccept(core.context);
  const before = await countCommits();
  const accepted = await Promise.all(Array.from({ length: 1000 }, () => accept([newReport()])));
  const commits = (await countCommits()) - before;

  const receipts = new Set(accepted.flat().map(({ receipt }) => receipt));
  expect(receipts.size).toBe(1000);
  expect([...receipts].every((receipt) => /^[0-9a-hjkmnp-tv-z]{33}$/.test(receipt))).toBe(true);
  for (const table of ['reports', 'report_identities', 'inbox']) {
    expect(await countRows(database.pool, table)).toBe(1000);
  }
  expect(commits).toBeLessThan(100);
  await expect
    .poll(() => core.jobs.flatMap(({ payload }) => Object.values(payload).flat()).length)
    .toBe(1000);
  expect(core.jobs.length).toBeLessThan(100);
});

test('a message that comes again gets the receipt it was given, also within one batch and from two gateways', async () => {
  const one = await createTestAccept(core.context);
  const other = await createTestAccept(core.context);
  const report = newReport();
  const answers = await Promise.all([one([report, report]), one([report]), other([report]), other([report])]);
  const later = await one([report]);
  expect(new Set([...answers, later].flat().map(({ receipt }) => receipt)).size).toBe(1);
  expect(later[0]).toMatchObject({ repeated: true, sameContent: true });
  expect(await countRows(database.pool, 'reports')).toBe(1);
});

test('another message under the same external id is told apart and changes nothing', async () => {
  const accept = await createTestAccept(core.context);
  const report = newReport();
  const [first] = await accept([report]);
  const original = { contentType: 'text/plain', body: Buffer.from('lain'), messageId: null };
  const [second] = await accept([{ ...report, text: 'Isi yang lain', original }]);
  expect(second).toMatchObject({ receipt: first?.receipt, repeated: true, sameContent: false });
  const { rows } = await database.pool.query('select text from reports');
  expect(rows).toEqual([{ text: report.text }]);
});

test('one report that PostgreSQL refuses costs its neighbours in the commit nothing', async () => {
  const accept = await createTestAccept(core.context);
  const place: Place = { text: null, lat: 200, lon: 0, areaCode: null };
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) => accept([newReport(index === 20 ? { place } : {})])),
  );
  expect(results.map(({ status }) => status === 'rejected')).toEqual(results.map((_, index) => index === 20));
  expect(await countRows(database.pool, 'reports')).toBe(49);
});

test('with the queue away reports are accepted all the same, and the sweeper puts them on it later', async () => {
  const away = async () => {
    throw new AppError('unavailable', 'away');
  };
  const [accepted] = await (await createTestAccept({ ...core.context, enqueue: away }))([newReport()]);
  await sweep(core.context);
  expect(core.jobs).toEqual([]);

  const later = { ...core.context, clock: () => new Date(Date.now() + 20_000) };
  await sweep(later);
  expect(core.jobs).toEqual([{ name: 'intake', payload: { reportIds: [accepted?.reportId] } }]);
  core.jobs.length = 0;
  await sweep(later);
  expect(core.jobs).toEqual([]);
});

describe('who reports is sealed before anything is stored:', () => {
  const identity = {
    name: 'Sri Wahyuni',
    phone: '+6281234567890',
    email: 'sri@contoh.id',
    onBehalfOf: 'Darmo',
  };
  const original = {
    contentType: 'application/json',
    body: Buffer.from('{"nama":"Sri Wahyuni"}\n'),
    messageId: null,
  };

  test('no table holds it in the clear', async () => {
    await (await createTestAccept(core.context))([newReport({ identity, original })]);
    for (const table of ['reports', 'report_identities', 'inbox']) {
      const { rows } = await database.pool.query(`select ${table}::text as line from ${table}`);
      const line = rows[0].line as string;
      for (const hidden of ['Wahyuni', '81234567890', 'sri@contoh.id', 'Darmo']) {
        expect(line).not.toContain(hidden);
        expect(line).not.toContain(Buffer.from(hidden).toString('hex'));
      }
    }
  });

  test('the seal opens to all of it, byte for byte', async () => {
    const [accepted] = await (await createTestAccept(core.context))([newReport({ identity, original })]);
    expect(await readSealed(database.pool, accepted?.reportId as ReportId, 'agency')).toEqual({
      identity,
      unmasked: null,
      original,
    });
  });

  test.each(['anonymous', 'confidential'] as const)(
    'of a report that is %s, an agency opens nothing, whatever its row says',
    async (flag) => {
      const [accepted] = await (await createTestAccept(core.context))([
        newReport({ identity, [flag]: true }),
      ]);
      await database.pool.query('update reports set anonymous = false, confidential = false');
      const reportId = accepted?.reportId as ReportId;
      expect(await readSealed(database.pool, reportId, 'agency')).toBeNull();
      expect(await readSealed(database.pool, reportId, 'nobody')).toMatchObject({ identity });
    },
  );

  test("another report's seal does not open", async () => {
    const accept = await createTestAccept(core.context);
    const [[siti], [budi]] = await Promise.all([accept([newReport({ identity })]), accept([newReport()])]);
    await database.pool.query(
      `update report_identities set sealed = other.sealed
       from report_identities as other where other.report_id = $1 and report_identities.report_id = $2`,
      [siti?.reportId, budi?.reportId],
    );
    expect(await readSealed(database.pool, siti?.reportId as ReportId, 'agency')).toMatchObject({ identity });
    expect(await readSealed(database.pool, budi?.reportId as ReportId, 'agency')).toBeNull();
  });

  test('the same contact has the same index, and another contact another', async () => {
    const budi = { name: null, phone: '+6281300000001', email: 'SRI@contoh.id', onBehalfOf: null };
    for (const person of [identity, { ...identity, name: 'S. Wahyuni' }, budi]) {
      await (await createTestAccept(core.context))([newReport({ identity: person })]);
    }
    const { rows } = await database.pool.query(
      `select count(distinct phone_index)::int as phones, count(distinct email_index)::int as emails,
        bool_and(length(phone_index) = 16) as short from report_identities`,
    );
    expect(rows).toEqual([{ phones: 2, emails: 1, short: true }]);
  });
});

async function countCommits(): Promise<number> {
  const { rows } = await database.pool.query<{ count: string }>(
    'select count(distinct xmin::text) as count from reports',
  );
  return Number(rows[0]?.count);
}
