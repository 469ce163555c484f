import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../src/config.ts';
import { listLatestAudit } from '../src/db/audit.ts';
import { readPublicKey } from '../src/sealing/keys.ts';
import { createTestAccept } from './support/accept.ts';
import { createCore, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { runLapor } from './support/lapor.ts';
import { testDataDir } from './support/sealing.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const lapor = (...args: readonly string[]) =>
  runLapor(args, { DATABASE_URL: database.url, DATA_DIR: testDataDir });
const audited = () => listLatestAudit(database.pool, { action: null, subject: null, limit: 10 });

async function accept(more: Parameters<typeof newReport>[0]): Promise<string> {
  const core = await createCore(database.pool);
  const [accepted] = await (await createTestAccept(core.context))([newReport(more)]);
  return accepted?.reportId ?? '';
}
const siti = { name: 'Siti Rohmah', phone: '+6281234567890', email: null, onBehalfOf: null };

describe('lapor report disclose', () => {
  test.each(['anonymous', 'confidential', 'neither'])(
    'of a report that is %s tells who, and the audit log why',
    async (flag) => {
      const id = await accept({
        identity: siti,
        text: 'Hubungi 0812-3456-7890 ya pak',
        place: { text: 'Cibiru, depan rumah 0813-1111-2222', lat: null, lon: null, areaCode: null },
        [flag]: true,
      });
      const told = await lapor('report', 'disclose', id, '--reason', 'Permintaan Polres No. 12, ada ancaman');
      expect(told.code).toBe(0);
      expect(told.stdout).toContain('Siti Rohmah');
      expect(told.stdout).toContain('0812-3456-7890');
      expect(told.stdout).toContain('place        Cibiru, depan rumah 0813-1111-2222\n');
      const [row] = (await audited()).slice(-1);
      expect(row).toMatchObject({
        action: 'identity_disclosed',
        subject: `report:${id}`,
        reason: 'Permintaan Polres No. 12, ada ancaman',
      });
    },
  );

  test('of a post tells its account, and where it stands', async () => {
    const permalink = 'https://x.com/siti_bdg/status/1900000000000000001';
    const account = { id: '1700000000000000001', handle: 'siti_bdg', permalink };
    const id = await accept({ channel: 'twitter', identity: { ...siti, phone: null, account } });
    const { stdout } = await lapor(
      'report',
      'disclose',
      id,
      '--reason',
      'Permintaan Polres No. 12, ada ancaman',
    );
    expect(stdout).toContain(`account      @siti_bdg\npost         ${permalink}\n`);
  });

  test.each([
    ['without a reason', []],
    ['with one that says nothing', ['--reason', 'perlu']],
  ])('%s tells nothing', async (_, args) => {
    const before = (await audited()).length;
    const refused = await lapor('report', 'disclose', await accept({ identity: siti }), ...args);
    expect(refused.code).toBe(2);
    expect(refused.stdout + refused.stderr).toMatch(/reason/i);
    expect(refused.stdout + refused.stderr).not.toContain('Siti');
    expect((await audited()).length).toBe(before);
  });

  test('where it cannot be noted, nothing is told', async () => {
    const id = await accept({ identity: siti });
    await database.pool.query('alter table audit_log rename to hidden');
    const refused = await lapor('report', 'disclose', id, '--reason', 'Permintaan Polres No. 12');
    await database.pool.query('alter table hidden rename to audit_log');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).not.toContain('Siti');
  });

  test('a flag that was changed opens nothing', async () => {
    const id = await accept({ identity: siti, anonymous: true });
    await database.pool.query('update reports set anonymous = false where id = $1', [id]);
    const refused = await lapor('report', 'disclose', id, '--reason', 'Permintaan Polres No. 12');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('The seal does not open');
    expect(refused.stdout).not.toContain('Siti');
  });
});

test('lapor keys rotate: what was sealed before still opens, and the log knows', async () => {
  const before = readPublicKey(parseConfig({ DATA_DIR: testDataDir })).id;
  const id = await accept({ identity: siti });
  expect((await lapor('keys', 'rotate')).code).toBe(0);
  const after = readPublicKey(parseConfig({ DATA_DIR: testDataDir })).id;
  expect(after).not.toBe(before);
  const list = JSON.parse((await lapor('keys', 'list', '--json')).stdout);
  expect(list.current).toBe(after);
  expect(list.used).toContainEqual(
    expect.objectContaining({ keyId: after, sealed: 0, privateKeyHere: true }),
  );
  const told = await lapor('report', 'disclose', id, '--reason', 'Permintaan Polres No. 12');
  expect(told.stdout).toContain('Siti Rohmah');
  expect((await audited()).map(({ action }) => action)).toContain('keys_rotated');
});
