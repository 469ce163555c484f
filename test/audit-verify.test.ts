import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { findAuditHead } from '../src/db/audit.ts';
import type { Pool } from '../src/db/pool.ts';
import { chainStart } from '../src/domain/audit-chain.ts';
import { emptyAuditLog, tamper, writeAuditRows } from './support/audit-log.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { runLapor } from './support/lapor.ts';

let database: TestDatabase;
let db: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.pool;
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await emptyAuditLog(db);
  await writeAuditRows(db, 6);
});

const verify = (...args: readonly string[]) =>
  runLapor(['audit', 'verify', ...args], { DATABASE_URL: database.url });

/** Gives a row the hash that fits what it says now. */
const sign = (seq: number) => `update audit_log set hash = audit_hash(audit_log) where seq = ${seq}`;

/** Puts in a copy of the row before, which follows it as a true one would. */
const forge = (seq: number) => `
  insert into audit_log (seq, at, actor, action, subject, reason, details, previous_hash, hash)
  select ${seq}, at, actor, action, subject, reason, details, hash, hash
  from audit_log where seq = ${seq === 0 ? 1 : seq - 1};
  ${sign(seq)}`;

const flip = (column: string) => `set_byte(${column}, 31, 255 - get_byte(${column}, 31))`;

describe('lapor audit verify', () => {
  test('finds nothing wrong with a log that was only added to', async () => {
    const head = await findAuditHead(db);
    expect(await verify()).toEqual({
      code: 0,
      stdout: `6 rows, unbroken, head sha256:${head?.hash}\n`,
      stderr: '',
    });
  });

  test.each<readonly [string, string]>([
    ['at', "at + interval '1 microsecond'"],
    ['at', "'2026-11-22 BC'"],
    ['at', "'infinity'"],
    ['actor', "'ratni'"],
    ['action', "'endpoint_added'"],
    ['subject', "'agency:D32.4'"],
    ['reason', "''"],
    ['reason', "'lain'"],
    ['details', `details || '{"count": 2.0}'`],
    ['previous_hash', flip('previous_hash')],
    ['hash', flip('hash')],
  ])('finds a row whose %s became %s', async (column, value) => {
    await tamper(db, `update audit_log set ${column} = ${value} where seq = 4`);
    const { code, stdout, stderr } = await verify();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^row 4 was changed: .*\nThe audit log is broken: 6 rows, head sha256:[0-9a-f]{64}\n$/,
    );
  });

  const tamperings: Readonly<Record<string, readonly [statements: readonly string[], told: string]>> = {
    'a row under another number': [
      ['update audit_log set seq = 30 where seq = 3'],
      'row 3 was removed\nrow 30 was written as 3: ',
    ],
    'a changed row with a fitting hash': [
      ["update audit_log set actor = 'ratni' where seq = 3", sign(3)],
      'row 4 does not follow row 3: ',
    ],
    'a changed last row with a fitting hash': [
      ["update audit_log set actor = 'ratni' where seq = 6", sign(6)],
      'row 6, the last, does not fit the head: ',
    ],
    'the first row removed': [['delete from audit_log where seq = 1'], 'row 1 was removed\n'],
    'rows removed in the middle': [
      ['delete from audit_log where seq in (3, 4)'],
      'rows 3 to 4 were removed\n',
    ],
    'a row removed and the gap closed': [
      ['delete from audit_log where seq = 3', 'update audit_log set seq = seq - 1 where seq > 3'],
      'rows 3 to 5 were written as 4 to 6: ',
    ],
    'the last row removed': [['delete from audit_log where seq = 6'], 'row 6 was removed\n'],
    'all rows removed': [['delete from audit_log'], 'rows 1 to 6 were removed\n'],
    'two rows exchanged': [
      [
        'alter table audit_log drop constraint audit_log_pkey',
        'update audit_log set seq = 7 - seq where seq in (2, 5)',
        'alter table audit_log add primary key (seq)',
      ],
      'row 2 was written as 5: ',
    ],
    'a row put in at the end': [[forge(7)], 'row 7 was put in: '],
    'a row put in in the middle': [
      [
        'update audit_log set seq = seq + 100 where seq >= 4',
        'update audit_log set seq = seq - 99 where seq > 100',
        forge(4),
      ],
      'rows 5 to 7 were written as 4 to 6: ',
    ],
    'a row put in before the first': [
      [forge(0)],
      'rows beside the chain, under numbers it has no place for: 1\n',
    ],
    'a head set back': [['update audit_head set seq = 5'], 'row 6 was put in: '],
    'a head removed': [['delete from audit_head'], 'the head is gone: '],
  };

  test.each(Object.entries(tamperings))('finds %s', async (_, [statements, told]) => {
    await tamper(db, ...statements);
    const { code, stdout, stderr } = await verify();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(`\n${stderr}`).toContain(`\n${told}`);
  });

  test('finds a second row under a number', async () => {
    onTestFinished(async () => {
      await emptyAuditLog(db);
      await db.query('alter table audit_log add primary key (seq)');
    });
    await db.query('alter table audit_log drop constraint audit_log_pkey');
    await tamper(db, forge(3));
    const { code, stderr } = await verify();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^row 3 was put in: /);
  });

  test('finds a log that was written anew as a whole, given a head that was noted before', async () => {
    const noted = (await findAuditHead(db))?.hash ?? '';
    await writeAuditRows(db, 1);
    for (const hash of [noted, `sha256:${noted}`, chainStart.hash]) {
      expect(await verify('--expect', hash)).toMatchObject({ code: 0 });
    }
    await emptyAuditLog(db);
    await writeAuditRows(db, 7);
    expect(await verify()).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await verify('--expect', noted);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^no row has the hash ${noted}: `));
  });

  test('finds a log that was cut off together with its head, given a head that was noted before', async () => {
    const noted = (await findAuditHead(db))?.hash ?? '';
    await tamper(
      db,
      'delete from audit_log where seq > 4',
      'update audit_head set (seq, hash) = (select seq, hash from audit_log where seq = 4)',
    );
    expect(await verify()).toMatchObject({ code: 0 });
    expect(await verify('--expect', noted)).toMatchObject({ code: 1, stdout: '' });
  });

  test('refuses an expected head that cannot be one', async () => {
    const { code, stderr } = await verify('--expect', 'sha256:cafe');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--expect must be a head') });
  });

  test('reads a log of several pages', async () => {
    await db.query(`insert into audit_log (actor, action, subject, details)
      select 'psql', 'counted', 'number:' || number, '{}' from generate_series(7, 2500) as number`);
    expect((await verify()).stdout).toMatch(/^2500 rows, unbroken, /);
    await tamper(db, "update audit_log set subject = 'number:1' where seq in (1001, 2400)");
    expect((await verify()).stderr).toMatch(
      /^row 1001 was changed: .*\nrow 2400 was changed: .*\nThe audit log/,
    );
  });
});
