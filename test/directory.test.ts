import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importAgencies } from '../src/cli/agency.ts';
import { findDirectoryVersion, loadDirectory } from '../src/db/directory.ts';
import { agencyColumns } from '../src/domain/routing/agency-csv.ts';
import { type RoutableReport, routeReport } from '../src/domain/routing/route-report.ts';
import { seedDirectory } from '../src/seed.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
});
afterAll(() => database.drop());

const csv = (...rows: string[]): string => [agencyColumns.join(','), ...rows].join('\n');

const report = (text: string): RoutableReport => ({
  channel: 'web',
  kind: 'complaint',
  title: null,
  text,
  place: null,
  topic: null,
  agency: null,
});

describe('the seed', () => {
  test('brings every ministry, institution and local government', async () => {
    const { agencies } = await seedDirectory(database.pool);
    expect(Object.fromEntries(agencies)).toEqual({
      national_desk: 1,
      ministry: 48,
      institution: 51,
      province: 38,
      regency: 416,
      city: 98,
    });
  });

  test('brings every area down to the villages, each in the one above', async () => {
    const { rows } = await database.pool.query(
      `select area.level, count(*)::int as count, count(*) filter (where area.level = 1 or above.level = area.level - 1)::int as nested
      from areas as area left join areas as above on above.code = area.parent_code group by area.level order by area.level`,
    );
    expect(rows).toEqual([
      { level: 1, count: 38, nested: 38 },
      { level: 2, count: 514, nested: 514 },
      { level: 3, count: 7285, nested: 7285 },
      { level: 4, count: 83762, nested: 83762 },
    ]);
  });

  test('names only active agencies as responsible for topics', async () => {
    const directory = await loadDirectory(database.pool);
    expect(directory.topics.size).toBeGreaterThan(900);
    for (const { centralAgencyCode, active } of directory.topics.values()) {
      if (active && centralAgencyCode !== null) {
        expect(directory.agencies.get(centralAgencyCode)).toMatchObject({ active: true });
      }
    }
  });

  test('is nothing to do the second time, which takes less than 50 ms', async () => {
    const version = await findDirectoryVersion(database.pool);
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      expect(await seedDirectory(database.pool)).toMatchObject({ changed: false });
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(50);
    expect(await findDirectoryVersion(database.pool)).toBe(version);
  });

  test('is imported once when several processes start together', async () => {
    const empty = await createTestDatabase();
    const before = Number(await findDirectoryVersion(empty.pool));
    const summaries = await Promise.all([1, 2, 3].map(() => seedDirectory(empty.pool)));
    expect(summaries.filter(({ changed }) => changed)).toHaveLength(1);
    expect(await findDirectoryVersion(empty.pool)).toBe(String(before + 1));
    await empty.drop();
  });

  test('makes inactive what is no more, and leaves what an operator imported', async () => {
    const other = await createTestDatabase({ seeded: true });
    const { pool } = other;
    await importAgencies(
      pool,
      csv(
        'K9,Kementerian Kesehatan RI,ministry,,Asia/Jakarta,,Kemenkes,true',
        'U1,Universitas Contoh,university,,Asia/Jakarta,,,true',
      ),
      false,
    );
    // an earlier seed had these
    await pool.query(
      `insert into agencies (code, name, kind, time_zone, from_seed) values ('K999', 'Kementerian Lama', 'ministry', 'Asia/Jakarta', true)`,
    );
    await pool.query(
      `insert into topics (code, name, handled_by, central_agency_code) values ('lama', 'Lama', 'central', 'K999')`,
    );
    await pool.query("update agencies set name = 'berubah' where code = 'K26'");
    await pool.query("update directory_version set seed_hash = 'earlier'");

    expect(await seedDirectory(pool)).toMatchObject({ changed: true });

    const { agencies, topics } = await loadDirectory(pool);
    expect(agencies.get('K999')?.active).toBe(false);
    expect(topics.get('lama')?.active).toBe(false);
    expect(agencies.get('K26')?.name).toBe('Kementerian Perhubungan');
    expect(agencies.get('K9')?.name).toBe('Kementerian Kesehatan RI');
    expect(agencies.get('U1')?.active).toBe(true);
    await other.drop();
  });

  test("passes over an area that an operator's agency governs", async () => {
    const other = await createTestDatabase({ seeded: true });
    await other.pool.query('alter table agencies disable trigger never_deleted');
    await other.pool.query("delete from agencies where code = 'D32.73'");
    await importAgencies(other.pool, csv('BDG,Kota Bandung,city,P32,Asia/Jakarta,32.73,,true'), false);
    await other.pool.query("update directory_version set seed_hash = 'earlier'");
    await seedDirectory(other.pool);
    const directory = await loadDirectory(other.pool);
    expect(directory.agencies.get('D32.73')).toBeUndefined();
    expect(routeReport(directory, report('jalan rusak di Kota Bandung')).agency).toBe('BDG');
    await other.drop();
  });
});

describe('an import', () => {
  test('makes a new agency routable for whoever loads the directory next', async () => {
    const before = await loadDirectory(database.pool);
    const plan = await importAgencies(
      database.pool,
      csv('UNUSA,Universitas Nusa Contoh,university,K59,Asia/Makassar,,UNC Mataram,true'),
      false,
    );
    expect(plan.added.map(({ code }) => code)).toEqual(['UNUSA']);
    const after = await loadDirectory(database.pool);
    expect(after.version).not.toBe(before.version);
    const text = 'Mohon UNC Mataram memperbaiki layanannya';
    expect(routeReport(before, report(text)).agency).not.toBe('UNUSA');
    expect(routeReport(after, report(text)).agency).toBe('UNUSA');
  });

  test('changes nothing when it is repeated, and the version stays', async () => {
    const row = csv('R1,Rumah Sakit Contoh,unit,D32.73,Asia/Jakarta,,,true');
    await importAgencies(database.pool, row, false);
    const version = await findDirectoryVersion(database.pool);
    expect(await importAgencies(database.pool, row, false)).toMatchObject({
      added: [],
      changed: [],
      unchanged: 1,
    });
    expect(await findDirectoryVersion(database.pool)).toBe(version);
  });

  test('of which one row is refused writes none of them', async () => {
    const rows = csv('A1,Dinas Satu,unit,,Asia/Jakarta,,,true', 'A2,Dinas Dua,unit,ZZ,Asia/Jakarta,,,true');
    await expect(importAgencies(database.pool, rows, false)).rejects.toMatchObject({
      code: 'invalid',
      message: 'Nothing was imported: 1 row is refused.',
      fields: [{ path: 'line 3, parent_code', problem: 'no agency has the code ZZ' }],
    });
    expect((await loadDirectory(database.pool)).agencies.has('A1')).toBe(false);
  });

  test('that is only tried writes nothing', async () => {
    const rows = csv('A3,Dinas Tiga,unit,,Asia/Jakarta,,,true');
    expect(await importAgencies(database.pool, rows, true)).toMatchObject({ added: [{ code: 'A3' }] });
    expect((await loadDirectory(database.pool)).agencies.has('A3')).toBe(false);
  });
});

test('the directory loads within a second and keeps less than 60 MB', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  const start = performance.now();
  const directory = await loadDirectory(database.pool);
  expect(performance.now() - start).toBeLessThan(1_000);
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(60e6);
  expect(directory.gazetteer.codes).toHaveLength(91_599);
});
