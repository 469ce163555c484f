import { mkdtempSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { findAuditHead, listAudit, recordAudit } from '../src/db/audit.ts';
import { quarantineReport } from '../src/db/inbox.ts';
import { createPool, type Pool, transaction } from '../src/db/pool.ts';
import { chainStart, hashAuditRow } from '../src/domain/audit-chain.ts';
import { auditEntry, emptyAuditLog, writeAuditRows } from './support/audit-log.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, fileReport } from './support/filed-reports.ts';
import { runLapor } from './support/lapor.ts';

let database: TestDatabase;
let db: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.pool;
});
afterAll(() => database?.drop());
beforeEach(() => emptyAuditLog(db));

const lapor = (...args: readonly string[]) => runLapor(args, { DATABASE_URL: database.url });

describe('the audit log', () => {
  test('chains what is written, also by psql, whatever it says of number, time and hashes', async () => {
    await recordAudit(db, auditEntry);
    await db.query(
      `insert into audit_log (seq, at, actor, action, subject, reason, details, previous_hash, hash) values
        (77, '1999-01-01', 'psql', 'typed_in', 'directory', null, '{"b": 1.50, "a": "\\u0001\\n\\"\\\\é🚦"}', 'x', 'y'),
        (77, null, 'psql', 'typed_in', 'directory', '', '{}', null, null)`,
    );
    const rows = await listAudit(db, { afterSeq: 0, limit: 10 });
    expect(rows.map(({ seq, hash }) => ({ seq, hash }))).toEqual(
      rows.map((row, index) => ({ seq: index + 1, hash: hashAuditRow(row) })),
    );
    expect(rows.map(({ previousHash }) => previousHash)).toEqual([
      chainStart.hash,
      ...rows.slice(0, 2).map(({ hash }) => hash),
    ]);
    expect(await findAuditHead(db)).toEqual({ seq: 3, hash: rows[2]?.hash });
    for (const { atMicros } of rows)
      expect(Math.abs(Number(atMicros) / 1_000 - Date.now())).toBeLessThan(60_000);
    expect(rows[0]).toMatchObject({ actor: 'ratna', reason: auditEntry.reason });
    expect(JSON.parse(rows[0]?.details ?? '')).toEqual(auditEntry.details);
  });

  test('forgets what a transaction that failed had written, and leaves no gap', async () => {
    await writeAuditRows(db, 1);
    const failing = transaction(db, async (tx) => {
      await recordAudit(tx, auditEntry);
      throw new Error('the change itself failed');
    });
    await expect(failing).rejects.toThrow('the change itself failed');
    await writeAuditRows(db, 1);
    expect((await listAudit(db, { afterSeq: 0, limit: 10 })).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await lapor('audit', 'verify')).toMatchObject({ code: 0 });
  });

  test('stays without gaps and chained while eight connections write at once', async () => {
    const pools = Array.from({ length: 8 }, () => createPool(database.url, { max: 1, onError: () => {} }));
    await Promise.all(
      pools.map(async (pool, writer) => {
        for (let row = 0; row < 25; row += 1) {
          await recordAudit(pool, { ...auditEntry, actor: `petugas-${writer}` });
        }
        await pool.end();
      }),
    );
    const rows = await listAudit(db, { afterSeq: 0, limit: 1_000 });
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(new Set(rows.map(({ actor }) => actor)).size).toBe(8);
    expect(await lapor('audit', 'verify')).toMatchObject({
      code: 0,
      stdout: `200 rows, unbroken, head sha256:${rows.at(-1)?.hash}\n`,
    });
  });

  test.each([
    ["update audit_log set reason = 'lain'", 'update of audit_log'],
    ['delete from audit_log', 'delete of audit_log'],
    ['truncate audit_log', 'truncate of audit_log'],
    ['update audit_head set seq = 0', 'update of audit_head'],
    ['delete from audit_head', 'delete of audit_head'],
    ['truncate audit_head', 'truncate of audit_head'],
    ["insert into audit_head (seq, hash) values (0, '')", 'insert of audit_head'],
    [
      "insert into audit_log (actor, action, subject, details) values ('', 'a', 'b', '{}')",
      'audit_log_actor_check',
    ],
    [
      "insert into audit_log (actor, action, subject, details) values ('a', 'A b', 'b', '{}')",
      'audit_log_action_check',
    ],
  ])('refuses: %s', async (statement, word) => {
    await writeAuditRows(db, 1);
    await expect(db.query(statement)).rejects.toThrow(word);
    expect(await listAudit(db, { afterSeq: 0, limit: 10 })).toHaveLength(1);
  });
});

describe('what is audited', () => {
  const operator = userInfo().username;
  const list = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await lapor('audit', 'list', '--json', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toMatch(/whsec_|rahasia/);
    return JSON.parse(stdout) as Record<string, unknown>[];
  };

  test('endpoints that are added, replaced and disabled, without secret or path', async () => {
    const agency = await addAgency(db);
    const subject = `agency:${agency}`;
    await lapor('endpoint', 'add', agency, 'https://lama.kotauji.example/masuk?token=rahasia');
    await lapor('endpoint', 'add', agency, 'https://baru.kotauji.example:8443/rahasia');
    await lapor('endpoint', 'add', agency, 'https://baru.kotauji.example:8443/rahasia', '--replace');
    await lapor('endpoint', 'disable', agency, '--reason', 'server pindah');
    const [old = '', present = ''] = (
      await db.query<{ id: string }>('select id from endpoints where agency_code = $1 order by id', [agency])
    ).rows.map(({ id }) => id);
    const host = 'baru.kotauji.example:8443';
    expect(await list('--subject', subject)).toMatchObject([
      {
        seq: 1,
        actor: operator,
        action: 'endpoint_added',
        subject,
        reason: null,
        details: { endpoint: old, host: 'lama.kotauji.example' },
      },
      {
        seq: 2,
        actor: operator,
        action: 'endpoint_replaced',
        subject,
        reason: null,
        details: { endpoint: present, host, replaced: old, replacedHost: 'lama.kotauji.example' },
      },
      {
        seq: 3,
        actor: operator,
        action: 'endpoint_disabled',
        subject,
        reason: 'server pindah',
        details: { endpoint: present, host },
      },
    ]);
  });

  test('an import of agencies that changes something', async () => {
    const file = join(mkdtempSync(join(inject('scratch'), 'audit-')), 'instansi.csv');
    const header = 'code,name,kind,parent_code,time_zone,area_code,aliases,active';
    writeFileSync(file, `${header}\nK9,Kementerian Uji,ministry,,Asia/Jakarta,,,true\n`);
    expect(await lapor('agency', 'import', file, '--dry-run')).toMatchObject({ code: 0 });
    for (let time = 1; time <= 2; time += 1)
      expect(await lapor('agency', 'import', file)).toMatchObject({ code: 0 });
    expect(await list()).toMatchObject([
      { seq: 1, action: 'agencies_imported', subject: 'directory', details: { added: ['K9'], changed: [] } },
    ]);
  });

  test('a report that is put back from quarantine, and not one that was not there', async () => {
    const { reportId } = await fileReport(db, await addAgency(db), new Date());
    await quarantineReport(db, reportId, 'kata terlalu panjang');
    const anHourAhead = {
      NODE_OPTIONS: `--import ${new URL('../dist/chaos/clock-shift.js', import.meta.url).href}`,
      CHAOS_CLOCK_SHIFT_MS: '3600000',
    };
    const retried = await runLapor(['report', 'retry', reportId], {
      DATABASE_URL: database.url,
      ...anHourAhead,
    });
    expect(retried).toMatchObject({ code: 0 });
    // due by PostgreSQL's time, whatever the own clock says
    expect((await db.query('select enqueue_after <= now() as due from inbox')).rows).toEqual([{ due: true }]);
    expect(await lapor('report', 'retry', reportId)).toMatchObject({ code: 1 });
    expect(await list('--action', 'report_retried')).toMatchObject([
      { seq: 1, actor: operator, subject: `report:${reportId}`, details: {} },
    ]);
  });
});

describe('lapor audit list', () => {
  test('shows the newest rows last, each on one line', async () => {
    await writeAuditRows(db, 2);
    await recordAudit(db, { ...auditEntry, reason: 'dua baris\n\u001b[2Jdan layar kosong', details: {} });
    const { code, stdout } = await lapor('audit', 'list', '--limit', '2');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^2 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}ratna {2}endpoint_disabled {2}agency:D32\.02 {2}\{.*\}$/,
      ),
      expect.stringMatching(/^3 {2}.* {2}agency:D32\.73: dua baris \uFFFD\[2Jdan layar kosong$/),
      '',
    ]);
  });

  test('says that no row fits', async () => {
    expect(await lapor('audit', 'list', '--action', 'keys_eaten')).toMatchObject({
      code: 0,
      stdout: 'No row fits.\n',
    });
  });

  test.each(['0', '-1', 'sepuluh'])('refuses --limit %s', async (limit) => {
    const { code, stderr } = await lapor('audit', 'list', `--limit=${limit}`);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--limit must be') });
  });
});
