import { mod11_10 } from 'cdigit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listLatestAudit } from '../src/db/audit.ts';
import { countBacklog } from '../src/db/backlog.ts';
import { findProgressByReceipt } from '../src/db/progress.ts';
import { reporterView } from '../src/domain/audiences/reporter.ts';
import type { NewReport, Receipt, ReportId } from '../src/domain/report.ts';
import { createIntake } from '../workers/intake.ts';
import { createTestAccept } from './support/accept.ts';
import { createTestApp } from './support/app.ts';
import { countRows, createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { runLapor } from './support/lapor.ts';
import { testDataDir } from './support/sealing.ts';
import { signIn } from './support/staff.ts';
import { createVisitor } from './support/staff-visitor.ts';

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;
beforeAll(async () => {
  database = await createTestDatabase();
  // the word back that is planned is of interest here, not that it is sent
  core = await createCore(database.pool, {
    SMS_KANNEL_SEND_URL: 'http://127.0.0.1:1/cgi-bin/sendsms',
    SMS_KANNEL_SEND_USER: 'lapor',
    SMS_KANNEL_SEND_PASSWORD: 'kata-sandi-uji',
  });
});
beforeEach(() => forgetReports(database.pool));
afterAll(() => database.drop());

const lapor = (...args: readonly string[]) =>
  runLapor(args, { DATABASE_URL: database.url, DATA_DIR: testDataDir });

type Stored = { readonly reportId: ReportId; readonly receipt: Receipt };

async function accept(reports: readonly NewReport[]): Promise<readonly Stored[]> {
  return (await createTestAccept(core.context))(reports);
}

const idsOf = (stored: readonly Stored[]): ReportId[] => stored.map(({ reportId }) => reportId);
const file = (stored: readonly Stored[]) => createIntake(core.context)({ reportIds: idsOf(stored) });

const siti = '+6281234567890';
const from = (phone: string) => ({ name: null, phone, email: null, onBehalfOf: null });
const banjir = 'Banjir sepinggang di Jl. Kaligawe, Kota Semarang, pompa mati';
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

const sms = (phone: string, more: Partial<NewReport> = {}): NewReport =>
  newReport({ channel: 'sms', identity: from(phone), ...more });

const burst = (count: number, more: Partial<NewReport> = {}): NewReport[] =>
  Array.from({ length: count }, (_, second) =>
    sms(siti, { text: banjir, receivedAt: new Date(Date.now() - (count - second) * 1_000), ...more }),
  );

async function progressOf({ receipt }: Stored) {
  const record = await findProgressByReceipt(database.pool, receipt);
  return record && reporterView(record, []);
}

/** How many there are of everything a report may become. */
async function count() {
  const { pool } = database;
  const { rows } = await pool.query(
    'select count(*)::int as held from held_reports where released_at is null',
  );
  return {
    reports: await countRows(pool, 'reports'),
    inbox: await countRows(pool, 'inbox'),
    filed: await countRows(pool, 'filings'),
    delivered: await countRows(pool, 'deliveries'),
    told: await countRows(pool, 'notifications'),
    copies: await countRows(pool, 'copies'),
    held: rows[0].held,
  };
}

describe('the same SMS from the same number', () => {
  test('24 times is one filed report with 23 copies and one message, and every receipt shows it', async () => {
    const stored = await accept(burst(24));
    await file(stored);
    expect(await count()).toEqual({
      reports: 24,
      inbox: 0,
      filed: 1,
      delivered: 1,
      told: 1,
      copies: 23,
      held: 0,
    });
    const shown = await Promise.all(stored.map(progressOf));
    expect(new Set(shown.map((progress) => JSON.stringify(progress))).size).toBe(1);
    expect(mod11_10.validate(shown[0]?.trackingId ?? '')).toBe(true);

    const lines = (await lapor('report', 'export')).stdout.trim().split('\n');
    const exported = lines.map((line) => JSON.parse(line));
    expect(exported.filter(({ status }) => status === 'copy')).toHaveLength(23);
    expect(exported.filter(({ status }) => status === 'forwarded')).toHaveLength(1);
    expect(new Set(exported.map(({ trackingId }) => trackingId))).toEqual(new Set([shown[0]?.trackingId]));
    expect((await lapor('report', 'show', shown[0]?.trackingId ?? '')).stdout).toMatch(/^copies +23/m);
  });

  test('one by one, in any order and by workers that race is one report all the same', async () => {
    const stored = await accept(burst(24));
    await Promise.all(stored.map((one) => file([one])));
    // whoever was passed over while another worker held it
    await Promise.all([file(stored), file(stored.toReversed())]);
    expect(await count()).toMatchObject({ inbox: 0, filed: 1, delivered: 1, told: 1, copies: 23 });
    const { rows } = await database.pool.query(`
      select count(distinct first_id)::int as firsts,
        bool_and(exists (select from filings where report_id = first_id)) as filed from copies`);
    expect(rows).toEqual([{ firsts: 1, filed: true }]);
  });

  test('from 24 numbers is 24 reports of one case', async () => {
    const stored = await accept(
      Array.from({ length: 24 }, (_, index) => sms(`+62812000000${10 + index}`, { text: banjir })),
    );
    await file(stored);
    expect(await count()).toMatchObject({ filed: 24, delivered: 24, told: 24, copies: 0 });
    const { rows } = await database.pool.query('select distinct case_id from filings');
    expect(rows).toHaveLength(1);
  });

  test('by form or API is as many reports as were sent', async () => {
    await file(await accept(burst(3, { channel: 'web' })));
    expect(await count()).toMatchObject({ filed: 3, copies: 0 });
  });

  test('later than the window is a report of its own, linked to the first, and has copies of its own', async () => {
    const at = (minutes: number) => sms(siti, { text: banjir, receivedAt: minutesAgo(minutes) });
    const stored = await accept([at(130), at(100), at(65), at(10)]);
    await file(stored);
    expect(await count()).toMatchObject({ filed: 2, copies: 2 });
    const [first, , , last] = stored;
    const { rows } = await database.pool.query('select report_id, first_id from copies order by first_id');
    expect(rows.map(({ first_id }) => first_id)).toContain(first?.reportId);
    expect((await progressOf(last as Stored))?.duplicateOf).toBe(
      (await progressOf(first as Stored))?.trackingId,
    );
  });

  test.each(['anonymous', 'confidential'])('is no copy where only one of two is %s', async (flag) => {
    await file(await accept([...burst(1), ...burst(1, { [flag]: true })]));
    expect(await count()).toMatchObject({ filed: 2, copies: 0 });
  });

  test('is no copy where another number is meant, though both read the same once masked', async () => {
    const bansos = (nik: string) => sms(siti, { text: `Bansos PKH a.n. NIK ${nik} belum cair` });
    const stored = await accept([bansos('3273012345670001'), bansos('3273012345670002')]);
    await file(stored);
    expect(await count()).toMatchObject({ filed: 2, copies: 0 });
  });

  test('of a report that is held waits with it, and is filed with it', async () => {
    const [first, ...others] = burst(5);
    const stored = await accept([{ ...(first as NewReport), hold: 'mungkin mesin' }, ...others]);
    await file(stored);
    expect(await count()).toMatchObject({ filed: 0, held: 1, copies: 4 });
    for (const one of stored) expect((await progressOf(one))?.status).toBe('in_review');

    await lapor('report', 'release', stored[0]?.reportId ?? '');
    await file(stored);
    expect(await count()).toMatchObject({ filed: 1, held: 0, copies: 4, inbox: 0 });
    for (const one of stored) expect((await progressOf(one))?.trackingId).toMatch(/^\d{12}$/);
  });

  test('of a report that cannot be filed is filed in its place, and none is lost', async () => {
    const stored = await accept(burst(4));
    await database.pool.query(`
      create function refuse() returns trigger language plpgsql as
        $$ begin raise exception 'no' using errcode = 'P0999'; end $$;
      create trigger poison before insert on routes for each row
        when (new.report_id = '${stored[0]?.reportId}') execute function refuse()`);
    await file(stored);
    await database.pool.query('drop trigger poison on routes; drop function refuse()');
    expect(await count()).toMatchObject({ inbox: 0, filed: 1, copies: 2 });
    expect(await countRows(database.pool, 'quarantine')).toBe(1);

    await lapor('report', 'retry', stored[0]?.reportId ?? '');
    await file(stored);
    expect(await count()).toMatchObject({ inbox: 0, filed: 1, copies: 3 });
    const ids = await Promise.all(stored.map(async (one) => (await progressOf(one))?.trackingId));
    expect(new Set(ids).size).toBe(1);
  });
});

describe('more SMS from one number than one person sends', () => {
  const flood = (count: number, phone = siti) => Array.from({ length: count }, () => sms(phone));

  test('are held from the 61st in an hour on, and nobody else is', async () => {
    const stored = await accept(flood(62));
    await file(stored.slice(0, 30));
    await file(stored.slice(30));
    await file(await accept(flood(1, '+6281300000002')));
    expect(await count()).toMatchObject({ reports: 63, inbox: 0, filed: 61, told: 61, held: 2 });
    expect((await countBacklog(database.pool)).held).toBe(2);
  });

  test('are counted once by workers that race', async () => {
    const stored = await accept(flood(70));
    await Promise.all(stored.map((one) => file([one])));
    await file(stored);
    expect(await count()).toMatchObject({ inbox: 0, filed: 60, held: 10 });
  });

  test('an hour later are taken again, and copies count for nothing', async () => {
    const old = Array.from({ length: 60 }, () => sms(siti, { receivedAt: minutesAgo(61) }));
    await file(await accept(old));
    await file(await accept(burst(30)));
    await file(await accept(flood(59)));
    expect(await count()).toMatchObject({ filed: 120, copies: 29, held: 0 });
  });

  test('are listed without their sender, and released one by one or all, audited, and not held again', async () => {
    const stored = await accept(flood(64));
    await file(stored);
    const listed = await lapor('report', 'held');
    expect(listed.stdout).toContain('lebih dari 60 SMS sejam dari nomor yang sama');
    expect(listed.stdout).not.toContain('81234567890');
    const rows = JSON.parse((await lapor('report', 'held', '--json')).stdout);
    expect(rows).toHaveLength(4);
    expect(Object.keys(rows[0])).toEqual([
      'report_id',
      'channel',
      'text',
      'reason',
      'received_at',
      'held_at',
      'copies',
    ]);

    const id = rows[0].report_id;
    expect((await lapor('report', 'show', id)).stdout).toMatch(/^held +lebih dari 60/m);
    expect(await lapor('report', 'release', id)).toMatchObject({ code: 0 });
    expect(await lapor('report', 'release', id)).toMatchObject({ code: 1, stdout: '' });
    expect((await lapor('report', 'release', '--all-of', rows[0].reason)).stdout).toContain('3 reports');
    await file(stored);
    expect(await count()).toMatchObject({ filed: 64, held: 0, inbox: 0 });

    const audit = await listLatestAudit(database.pool, { action: null, subject: null, limit: 2 });
    expect(audit).toMatchObject([
      { action: 'report_released', subject: `report:${id}` },
      { action: 'reports_released', subject: 'reports:held' },
    ]);
  });

  test.each([
    ['no name', []],
    ['two', ['0199aaaa-0000-7000-8000-000000000000', '--all-of', 'mungkin mesin']],
  ])('release refuses %s', async (_, args) => {
    expect(await lapor('report', 'release', ...args)).toMatchObject({ code: 2, stdout: '' });
  });
});

test('a report that the national desk passes on is back in the inbox at once, filed by the next worker, and audited', async () => {
  const [stored] = await accept([
    newReport({ hold: 'tanpa bukti kerja', text: 'Talud di Kali Garang longsor' }),
  ]);
  await file([stored as Stored]);
  expect(await count()).toMatchObject({ inbox: 0, filed: 0, held: 1 });
  const { app } = await createTestApp(database.pool);
  const { id, session } = await signIn(database.pool, { role: 'officer', agency: 'nasional' });
  const visitor = createVisitor(app, { cookies: new Map([[session.name, session.value]]) });
  expect((await visitor.get('/petugas/tertahan')).body).toContain('Talud di Kali Garang longsor');
  const release = () => visitor.post(`/petugas/tertahan/${stored?.reportId}/teruskan`);
  expect((await release()).location).toBe('/petugas/tertahan?kabar=diteruskan');
  expect(await count()).toMatchObject({ inbox: 1, filed: 0, held: 0 });
  expect((await release()).location).toBe('/petugas/tertahan?kabar=tidak');
  expect(await count()).toMatchObject({ inbox: 1 });
  await file([stored as Stored]);
  expect(await count()).toMatchObject({ inbox: 0, filed: 1, held: 0 });
  expect((await visitor.get('/petugas/tertahan')).body).not.toContain('Talud di Kali Garang longsor');
  const audit = await listLatestAudit(database.pool, { action: 'report_released', subject: null, limit: 1 });
  expect(audit).toMatchObject([{ actor: `staff:${id}`, subject: `held:${stored?.reportId}` }]);
  await app.close();
});

test('a receipt of a held report tells that staff look at it, and since when', async () => {
  const [stored] = await accept([newReport({ hold: 'tanpa bukti kerja' })]);
  await file([stored as Stored]);
  const progress = await progressOf(stored as Stored);
  expect(progress).toMatchObject({ status: 'in_review', trackingId: null });
  expect(progress?.history.map(({ what }) => what)).toEqual(['received', 'held']);
});
