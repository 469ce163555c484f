import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAddInformation, type Information } from '../src/add-information.ts';
import { listAdditions } from '../src/db/additions.ts';
import type { ReportId } from '../src/domain/report.ts';
import { createCore } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, fileReport } from './support/filed-reports.ts';
import { readSealed } from './support/sealing.ts';

const text = 'Petugas sudah datang tapi lampunya masih mati, hub saya 0812-3456-7890';

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;
beforeAll(async () => {
  database = await createTestDatabase();
  core = await createCore(database.pool);
});
afterAll(() => database?.drop());

async function file(secrecy: { readonly anonymous?: boolean; readonly confidential?: boolean } = {}) {
  const agency = await addAgency(database.pool);
  const { reportId } = await fileReport(database.pool, agency, new Date(), secrecy);
  return { reportId, anonymous: false, confidential: false, ...secrecy };
}

const information = (report: Information['report'], more: Partial<Information> = {}): Information => ({
  report,
  channel: 'web',
  token: 'V1StGXR8_Z5jdHi6B-myT',
  text,
  original: { contentType: 'text/plain', body: Buffer.from(text), messageId: null },
  ...more,
});

// Who gets it as it was written is decided where it is handed over: test/messages.test.ts.
test.each([
  ['an open report', {}],
  ['an anonymous one', { anonymous: true }],
  ['a confidential one', { confidential: true }],
] as const)(
  'what is added to %s is masked, sealed as it was written, and has a delivery of its own',
  async (_, secrecy) => {
    const report = await file(secrecy);
    await createAddInformation(core.context)(information(report));
    const [addition] = await listAdditions(database.pool, report.reportId);
    expect(addition?.text).toBe('Petugas sudah datang tapi lampunya masih mati, hub saya [nomor]');
    const id = addition?.id as ReportId;
    expect(await readSealed(database.pool, id, 'nobody')).toEqual({
      identity: null,
      unmasked: { title: null, text, placeText: null },
      original: { contentType: 'text/plain', body: Buffer.from(text), messageId: null },
    });
    expect(await readSealed(database.pool, id, 'agency')).toBeNull();
    const { rows } = await database.pool.query('select report_id from deliveries where addition_id = $1', [
      id,
    ]);
    expect(rows).toEqual([{ report_id: report.reportId }]);
  },
);

test('one form sent thirty times at once adds once; changed, or for another report, it adds more', async () => {
  const [report, other] = [await file(), await file()];
  const add = createAddInformation(core.context);
  await Promise.all(Array.from({ length: 30 }, () => add(information(report))));
  expect(await listAdditions(database.pool, report.reportId)).toHaveLength(1);
  await add(information(report, { text: 'Sekarang sudah menyala' }));
  expect(await listAdditions(database.pool, report.reportId)).toHaveLength(2);
  await add(information(other));
  expect(await listAdditions(database.pool, other.reportId)).toHaveLength(1);
});
