import { mod11_10 } from 'cdigit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { releaseFromQuarantine } from '../src/db/inbox.ts';
import type { NewReport, ReportId } from '../src/domain/report.ts';
import { createIntake } from '../workers/intake.ts';
import { createTestAccept } from './support/accept.ts';
import { countRows, createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  core = await createCore(database.pool);
});
beforeEach(async () => {
  core.jobs.length = 0;
  await forgetReports(database.pool);
});
afterAll(() => database.drop());

async function accept(...reports: NewReport[]): Promise<ReportId[]> {
  return (await (await createTestAccept(core.context))(reports)).map(({ reportId }) => reportId);
}

test('a batch leaves the inbox with tracking IDs, routes and deliveries, and a job that comes twice changes nothing', async () => {
  const reportIds = await accept(...Array.from({ length: 40 }, () => newReport()));
  const intake = createIntake(core.context);
  await intake({ reportIds });
  await intake({ reportIds });

  const { rows } = await database.pool.query(`
    select filing.tracking_id, filing.duplicate_of, route.agency_code, route.reason, delivery.state
    from filings as filing join routes as route using (report_id) join deliveries as delivery using (report_id)`);
  expect(rows).toHaveLength(40);
  expect(new Set(rows.map((row) => row.tracking_id)).size).toBe(40);
  for (const row of rows) {
    expect(mod11_10.validate(row.tracking_id)).toBe(true);
    expect(row).toMatchObject({ duplicate_of: null, agency_code: 'D32.73', state: 'waiting' });
    expect(row.reason).toContain('Kota Bandung');
  }
  expect(await countRows(database.pool, 'inbox')).toBe(0);
});

test('two workers on the same reports file each once', async () => {
  const reportIds = await accept(...Array.from({ length: 100 }, () => newReport()));
  const halves = [reportIds, reportIds.toReversed(), reportIds.slice(20, 70)];
  await Promise.all(halves.map((ids) => createIntake(core.context)({ reportIds: ids })));
  // whoever was passed over while another held it is filed by the job that held it
  await createIntake(core.context)({ reportIds });
  expect(await countRows(database.pool, 'filings')).toBe(100);
  expect(await countRows(database.pool, 'deliveries')).toBe(100);
});

test('the same text about the same place is linked to the first, keeps an ID of its own and is delivered', async () => {
  const [first] = await accept(
    newReport({ text: 'Jalan berlubang depan SD 3 Dago', receivedAt: minutesAgo(5) }),
  );
  const [second, other] = await accept(
    newReport({ text: 'assalamualaikum, JALAN BERLUBANG depan SD 3 Dago!!!', channel: 'sms' }),
    newReport({ text: 'Jalan berlubang depan SD 4 Dago' }),
  );
  await createIntake(core.context)({ reportIds: [first, second, other] as ReportId[] });
  const filed = await listFilings();
  expect(filed.get(second as ReportId)).toMatchObject({ duplicate_of: first, case_id: first });
  expect(filed.get(first as ReportId)).toMatchObject({ duplicate_of: null, case_id: first });
  expect(filed.get(other as ReportId)).toMatchObject({ duplicate_of: null, case_id: other });
  expect(await countRows(database.pool, 'deliveries')).toBe(3);
});

test('a repeat by the same person is told apart, by the blind index, and never where either is anonymous', async () => {
  const text = 'Tiang listrik miring di Jl. Cihampelas, Kota Bandung';
  const siti = { name: 'Siti', phone: '+6281234567890', email: null, onBehalfOf: null };
  const budi = { ...siti, name: 'Budi', phone: '+6281300000002' };
  const reports = [
    newReport({ text, identity: siti }),
    newReport({ text, identity: { ...siti, name: 'S. Rohmah' } }),
    newReport({ text, identity: budi }),
    newReport({ text, identity: siti, anonymous: true }),
  ];
  const ids: ReportId[] = [];
  for (const report of reports) {
    const [id] = await accept(report);
    await createIntake(core.context)({ reportIds: [id as ReportId] });
    ids.push(id as ReportId);
  }
  const { rows } = await database.pool.query<{ duplicate_reason: string | null }>(
    'select duplicate_reason from filings join unnest($1::uuid[]) with ordinality as asked (id, n) on id = report_id order by n',
    [ids],
  );
  const same = 'teks, tempat dan pelapor sama dengan laporan sebelumnya';
  const other = 'teks dan tempat sama dengan laporan sebelumnya';
  expect(rows.map((row) => row.duplicate_reason)).toEqual([null, same, other, other]);
});

test('workers that race over repeats of one text agree on which was first', async () => {
  const reportIds = await accept(
    ...Array.from({ length: 60 }, (_, index) => newReport({ text: `Banjir di RW ${index % 3}, tolong` })),
  );
  await Promise.all(reportIds.map((id) => createIntake(core.context)({ reportIds: [id] })));
  const filed = [...(await listFilings()).values()];
  expect(filed).toHaveLength(60);
  expect(filed.filter((row) => row.duplicate_of === null)).toHaveLength(3);
  expect(new Set(filed.map((row) => row.case_id)).size).toBe(3);
});

test('after the window the same text is a new case', async () => {
  const [old] = await accept(
    newReport({ text: 'Sampah menumpuk di TPS Gedebage', receivedAt: minutesAgo(40 * 24 * 60) }),
  );
  await createIntake(core.context)({ reportIds: [old as ReportId] });
  const [recent, again] = await accept(
    newReport({ text: 'Sampah menumpuk di TPS Gedebage', receivedAt: minutesAgo(2) }),
    newReport({ text: 'Sampah menumpuk di TPS Gedebage', receivedAt: minutesAgo(1) }),
  );
  await createIntake(core.context)({ reportIds: [recent as ReportId] });
  await createIntake(core.context)({ reportIds: [again as ReportId] });
  const filed = await listFilings();
  expect(filed.get(recent as ReportId)?.duplicate_of).toBe(null);
  expect(filed.get(again as ReportId)?.duplicate_of).toBe(recent);
});

test('a confidential report is never linked to an open one of the same text', async () => {
  const text = 'Kepala bidang minta setoran 10 persen';
  const reportIds = await accept(newReport({ text, confidential: true }), newReport({ text }));
  await createIntake(core.context)({ reportIds });
  expect([...(await listFilings()).values()].every((row) => row.duplicate_of === null)).toBe(true);
});

test('a poisoned report stands alone in quarantine, the rest of its batch goes through, and it can be put back', async () => {
  const reportIds = await accept(...Array.from({ length: 33 }, () => newReport()));
  const poisoned = reportIds[17] as ReportId;
  await database.pool.query(`
    create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'Sri Wahyuni +6281234567890' using errcode = 'P0999'; end $$;
    create trigger poison before insert on routes for each row when (new.report_id = '${poisoned}') execute function refuse()`);
  await createIntake(core.context)({ reportIds });
  expect(await countRows(database.pool, 'filings')).toBe(32);
  expect(await countRows(database.pool, 'inbox')).toBe(0);
  const { rows } = await database.pool.query('select report_id, error from quarantine');
  expect(rows).toEqual([{ report_id: poisoned, error: 'error P0999' }]);

  await database.pool.query('drop trigger poison on routes; drop function refuse()');
  expect(await releaseFromQuarantine(database.pool, poisoned, new Date())).toBe(true);
  await createIntake(core.context)({ reportIds: [poisoned] });
  expect(await countRows(database.pool, 'filings')).toBe(33);
  expect(await countRows(database.pool, 'quarantine')).toBe(0);
});

test('a tracking ID that is taken is drawn again', async () => {
  const [first, second] = await accept(newReport(), newReport());
  await createIntake(core.context)({ reportIds: [first as ReportId] });
  await database.pool.query(`
    create sequence draws;
    create function take_once() returns trigger language plpgsql as $$ begin
      if nextval('draws') = 1 then new.tracking_id := (select tracking_id from filings limit 1); end if;
      return new;
    end $$;
    create trigger taken before insert on filings for each row execute function take_once()`);
  await createIntake(core.context)({ reportIds: [second as ReportId] });
  await database.pool.query('drop trigger taken on filings; drop function take_once(); drop sequence draws');
  expect(await countRows(database.pool, 'filings')).toBe(2);
  expect(await countRows(database.pool, 'quarantine')).toBe(0);
});

function minutesAgo(minutes: number): Date {
  return new Date(Date.now() - minutes * 60_000);
}

type FilingRow = { report_id: ReportId; case_id: ReportId; duplicate_of: ReportId | null };

async function listFilings(): Promise<ReadonlyMap<ReportId, FilingRow>> {
  const { rows } = await database.pool.query<FilingRow>(
    'select report_id, case_id, duplicate_of from filings',
  );
  return new Map(rows.map((row) => [row.report_id, row]));
}
