import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { checkKeyFiles } from '../src/cli/doctor/keys.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { letPass } from '../src/embedded/run-as.ts';
import { emptyAuditLog, tamper, writeAuditRows } from './support/audit-log.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { runLapor } from './support/lapor.ts';
import { testRedisUrl } from './support/redis.ts';
import { drainAll, lamp, lamps, listSegmentFiles, openWithLog } from './support/spool-folder.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
});
afterAll(() => database?.drop());

function makeFolder(): string {
  const folder = mkdtempSync(join(inject('scratch'), 'doctor-'));
  letPass(folder);
  return folder;
}

/** What `lapor doctor` says of one part. Port 1 answers nobody, so a gateway that runs on this machine plays no part. */
async function examine(part: string, env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await runLapor(['doctor'], {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    DATA_DIR: join(inject('scratch'), 'none'),
    PORT: '1',
    ...env,
  });
  expect(stderr).toBe('');
  const lines = stdout.split('\n').filter((line) => line.slice(6).startsWith(`${part} `));
  return { code, lines: lines.map((line) => line.replace(/ {2,}/g, '  ')) };
}

describe('durability of PostgreSQL', () => {
  let url: string;
  let superuser: pg.Client;
  let stop = async () => {};
  beforeAll(async () => {
    const folder = join(makeFolder(), 'postgres');
    const postgres = await startPostgres(folder, () => {});
    ({ url, stop } = postgres);
    const superuserUrl = new URL(url);
    superuserUrl.username = 'postgres';
    superuserUrl.password = readFileSync(join(folder, 'superuser-password'), 'utf8');
    superuser = new pg.Client(superuserUrl.href);
    await superuser.connect();
  }, 60_000);
  afterAll(async () => {
    await superuser?.end();
    await stop();
  });

  async function set(setting: string, value: 'on' | 'off'): Promise<void> {
    await superuser.query(`alter system set ${setting} = ${value}`);
    await superuser.query('select pg_reload_conf()');
    await eventually(async () => {
      const { rows } = await superuser.query(`select current_setting('${setting}') as now`);
      expect(rows).toEqual([{ now: value }]);
    });
  }

  test.each(['fsync', 'full_page_writes', 'synchronous_commit'])('fails where %s is off', async (setting) => {
    await set(setting, 'off');
    const { code, lines } = await examine('durability', { DATABASE_URL: url });
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        `fail  durability  ${setting} off: a power cut can lose reports that were acknowledged` +
          `  -> psql: alter system set ${setting} = on; select pg_reload_conf()`,
      ],
    });
    await set(setting, 'on');
  });
});

describe.skipIf(process.platform === 'win32')('files of keys', () => {
  function makeKeys(modes: Readonly<Record<string, number>>): string {
    const folder = makeFolder();
    mkdirSync(join(folder, 'keys'), { mode: 0o700 });
    for (const [name, mode] of Object.entries(modes)) {
      writeFileSync(join(folder, 'keys', name), 'sangat-rahasia');
      chmodSync(join(folder, 'keys', name), mode);
    }
    return folder;
  }

  test('are fine where only their owner may read them', async () => {
    const folder = makeKeys({ 'identity-1.pem': 0o600, 'identity-2.pem': 0o400 });
    expect((await examine('keys', { DATA_DIR: folder })).lines).toEqual(['ok  keys  2 files, private']);
  });

  test('fail where the group or all others may, one by one', async () => {
    const folder = makeKeys({ 'group.pem': 0o640, 'others.pem': 0o604, 'owner.pem': 0o600 });
    const { code, lines } = await examine('keys', { DATA_DIR: folder });
    const line = (name: string, mode: string) => {
      const path = join(folder, 'keys', name);
      return `fail  keys  ${path} is open to others (mode ${mode})  -> chmod 600 ${path}`;
    };
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [line('group.pem', '640'), line('others.pem', '604')],
    });
  });

  test('fail where one is gone', () => {
    expect(checkKeyFiles(['/tidak/ada/kunci.pem'])).toEqual([
      {
        level: 'fail',
        part: 'keys',
        what: '/tidak/ada/kunci.pem is not there',
        mend: 'put it back, or set right what names it',
      },
    ]);
  });

  test('are not missed where there are none', async () => {
    expect((await examine('keys')).lines).toEqual([]);
  });
});

describe('the spool', () => {
  const said = async (folder: string) => (await examine('spool', { DATA_DIR: folder })).lines;

  test('is fine where nothing was ever left in it', async () => {
    const folder = makeFolder();
    expect(await said(folder)).toEqual([]);
    await (await openWithLog(join(folder, 'spool'))).close();
    expect(await said(folder)).toEqual(['ok  spool  nothing waits']);
  });

  test('says how many reports wait, also while a gateway has it, and leaves them where they are', async () => {
    const folder = makeFolder();
    const spool = await openWithLog(join(folder, 'spool'));
    await spool.append(lamps(3));
    expect(await said(folder)).toEqual([
      `warn  spool  3 reports wait in ${folder}/spool for PostgreSQL` +
        '  -> mend PostgreSQL, and let a gateway run on this folder: it stores them within seconds',
    ]);
    expect(await drainAll(spool)).toEqual(lamps(3));
    await spool.close();
  });

  test('fails where reports were damaged or refused, each with what to do', async () => {
    const folder = makeFolder();
    const spool = await openWithLog(join(folder, 'spool'));
    await spool.append([lamp(1)]);
    await spool.refuse('0199f0a4-5c1e-7000-8000-000000000001', lamp(2));
    await spool.close();
    const [segment = ''] = listSegmentFiles(join(folder, 'spool'));
    writeFileSync(segment, readFileSync(segment, 'utf8').replace('Lampu', 'Lumpu'));
    await (await openWithLog(join(folder, 'spool'))).close();

    const { code, lines } = await examine('spool', { DATA_DIR: folder });
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        `fail  spool  1 damaged in ${folder}/spool/corrupt` +
          '  -> look after the disk; read what can still be read, then take the files away',
        `fail  spool  1 that PostgreSQL refused in ${folder}/spool/refused` +
          '  -> keep the files: they are reports with a receipt; report_not_storable in the log says why, report it as a bug',
      ],
    });
  });
});

describe('the audit log', () => {
  beforeEach(() => emptyAuditLog(database.pool));

  test('is fine while it is unbroken', async () => {
    expect((await examine('audit log')).lines).toEqual(['ok  audit log  empty']);
    await writeAuditRows(database.pool, 3);
    expect((await examine('audit log')).lines).toEqual(['ok  audit log  the last 3 rows are unbroken']);
  });

  test.each([
    [
      'update audit_log set reason = null where seq = 1',
      'row 1 was changed: its hash does not fit what it says',
    ],
    ['delete from audit_log where seq = 3', 'row 3 was removed'],
    ['delete from audit_head', 'the head is gone: nobody knows which row was the last'],
  ])('fails after: %s', async (statement, told) => {
    await writeAuditRows(database.pool, 3);
    await tamper(database.pool, statement);
    expect(await examine('audit log')).toEqual({
      code: 1,
      lines: [
        `fail  audit log  ${told}  -> npm run lapor -- audit verify, and find out who could write to it`,
      ],
    });
  });

  test('is looked at from its end, so that a long one does not hold up the rest', async () => {
    await database.pool.query(`insert into audit_log (actor, action, subject, details)
      select 'psql', 'counted', 'number:' || number, '{}' from generate_series(1, 2000) as number`);
    await tamper(database.pool, "update audit_log set actor = 'lain' where seq = 1000");
    expect((await examine('audit log')).lines).toEqual(['ok  audit log  the last 1000 rows are unbroken']);
    await tamper(database.pool, 'delete from audit_log where seq = 1001');
    expect((await examine('audit log')).lines[0]).toMatch(/^fail {2}audit log {2}row 1001 was removed {2}/);
  });
});
