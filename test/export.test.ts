import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertAddition } from '../src/db/additions.ts';
import { listLatestAudit } from '../src/db/audit.ts';
import { insertAdditionDelivery } from '../src/db/deliveries.ts';
import { quarantineReport } from '../src/db/inbox.ts';
import type { DeliveryId, NewReport, ReportId } from '../src/domain/report.ts';
import { newId } from '../src/ids.ts';
import { createIntake } from '../workers/intake.ts';
import { createTestAccept } from './support/accept.ts';
import { createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { runLapor } from './support/lapor.ts';
import { testDataDir } from './support/sealing.ts';

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;
beforeAll(async () => {
  database = await createTestDatabase();
  core = await createCore(database.pool);
});
beforeEach(() => forgetReports(database.pool));
afterAll(() => database.drop());

const settings = () => ({ DATABASE_URL: database.url, DATA_DIR: testDataDir });
const exported = (...args: readonly string[]) => runLapor(['report', 'export', ...args], settings());
const parse = (stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const audited = async () =>
  (await listLatestAudit(database.pool, { action: null, subject: null, limit: 50 })).filter(
    ({ action }) => action === 'reports_exported',
  );

async function accept(...reports: readonly NewReport[]): Promise<ReportId[]> {
  const accepted = await (await createTestAccept(core.context))(reports);
  return accepted.map(({ reportId }) => reportId);
}

const siti = { name: 'Siti Rohmah', phone: '+6281234567890', email: null, onBehalfOf: null };
const sms = (more: Partial<NewReport>) => newReport({ channel: 'sms', identity: siti, ...more });
const sentAs = (messageId: string | null): Pick<NewReport, 'original'> => ({
  original: { contentType: 'application/json', body: Buffer.from('{"text":"…"}'), messageId },
});

describe('lapor report export', () => {
  test('prints each report as one line of exactly six members, in the order of acceptance', async () => {
    const received = new Date('2026-11-21T23:15:00.250Z');
    const [filed] = await accept(sms({ ...sentAs('SM-0001'), text: 'Jalan rusak', receivedAt: received }));
    const [broken] = await accept(newReport({ text: 'Air keruh, hubungi 0812-3456-7890' }));
    await accept(sms({ ...sentAs('SM-0002'), text: 'Lampu mati' }));
    await createIntake(core.context)({ reportIds: [filed as ReportId] });
    await quarantineReport(database.pool, broken as ReportId, 'error P0001');

    const { code, stdout, stderr } = await exported();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = parse(stdout);
    expect(lines[0]).toEqual({
      externalId: 'SM-0001',
      channel: 'sms',
      receivedAt: '2026-11-21T23:15:00.250Z',
      text: 'Jalan rusak',
      trackingId: expect.stringMatching(/^\d{12}$/),
      status: 'forwarded',
    });
    expect(lines.slice(1)).toMatchObject([
      {
        externalId: null,
        channel: 'web',
        text: 'Air keruh, hubungi [nomor]',
        trackingId: null,
        status: 'in_review',
      },
      { externalId: 'SM-0002', channel: 'sms', text: 'Lampu mati', trackingId: null, status: 'accepted' },
    ]);
    expect(parse((await exported('--channel', 'web')).stdout)).toEqual([lines[1]]);
    expect(await audited()).toEqual([]);
  });

  test('prints a report once, whatever was added to it and handed over', async () => {
    const [reportId] = (await accept(sms({ text: 'Jalan rusak' }))) as [ReportId];
    await createIntake(core.context)({ reportIds: [reportId] });
    const id = newId();
    const receivedAt = new Date();
    await insertAddition(database.pool, {
      id,
      reportId,
      channel: 'sms',
      text: 'Makin parah',
      receivedAt,
      fileCount: 0,
    });
    const delivery = { id: newId<DeliveryId>(), reportId, additionId: id };
    await insertAdditionDelivery(database.pool, delivery, receivedAt);
    await database.pool.query("update deliveries set state = 'delivered', finished_at = now()");

    expect(parse((await exported()).stdout)).toMatchObject([{ text: 'Jalan rusak', status: 'delivered' }]);
  });

  test('without the private keys says so, and leaves only externalId out', async () => {
    await accept(sms({ ...sentAs('SM-0001'), text: 'Jalan rusak' }));
    const elsewhere = `${testDataDir}-without-keys`;
    const { code, stdout, stderr } = await runLapor(['report', 'export'], {
      ...settings(),
      DATA_DIR: elsewhere,
    });
    rmSync(elsewhere, { recursive: true, force: true });
    expect(code).toBe(0);
    expect(stderr).toContain('externalId');
    expect(parse(stdout)).toMatchObject([{ externalId: null, text: 'Jalan rusak', status: 'accepted' }]);
  });

  test('a hostile text stays one line that nothing on a terminal obeys', async () => {
    const hostile =
      'baris satu\nbaris dua\u2028tiga\u2029empat\u0085\u009b31m\u001b[31m "kutip" \\ \u202eterbalik 👍🏽';
    await accept(sms({ ...sentAs('SM-1'), text: hostile }));
    const { stdout } = await exported();
    expect(stdout.split('\n')).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
    expect(parse(stdout)).toMatchObject([{ text: hostile }]);
  });

  test.each([
    ['a channel there is not', ['--channel', 'fax'], 'no channel'],
    ['--reveal without a reason', ['--reveal'], 'reason is too short'],
    ['--reveal with a reason that says nothing', ['--reveal', '--reason', 'perlu'], 'reason is too short'],
    ['a reason for nothing', ['--reason', 'Permintaan Ombudsman No. 4'], '--reveal'],
  ])('refuses %s', async (_, args, complaint) => {
    await accept(sms({}));
    const refused = await exported(...args);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(complaint);
    expect(await audited()).toEqual([]);
  });

  test('a row that was changed is told, and keeps no other from being exported', async () => {
    const [changed] = await accept(sms({ ...sentAs('SM-1'), text: 'Jalan rusak', anonymous: true }));
    await accept(sms({ ...sentAs('SM-2'), text: 'Lampu mati' }));
    await database.pool.query('update reports set anonymous = false where id = $1', [changed]);
    const { code, stdout, stderr } = await exported();
    expect(code).toBe(1);
    expect(stderr).toContain('1 seals do not open');
    expect(parse(stdout).map(({ externalId }) => externalId)).toEqual([null, 'SM-2']);
  });
});

describe('lapor report export --reveal', () => {
  const why = ['--reveal', '--reason', 'Pemeriksaan Ombudsman No. 4/2026'];

  test('tells who sent each report and what was written, anonymous and confidential ones too', async () => {
    const reports = [
      sms({ ...sentAs('SM-1'), text: 'Hubungi 0813-1111-2222', anonymous: true }),
      newReport({
        text: 'Setoran',
        identity: { ...siti, phone: null, email: 'siti@example.id' },
        confidential: true,
      }),
      newReport({ text: 'Lampu mati', identity: null }),
    ];
    for (const report of reports) await accept(report);
    const { code, stdout } = await exported(...why);
    expect(code).toBe(0);
    expect(parse(stdout)).toMatchObject([
      { externalId: 'SM-1', text: 'Hubungi 0813-1111-2222', from: '+6281234567890' },
      { text: 'Setoran', from: 'siti@example.id' },
      { text: 'Lampu mati', from: null },
    ]);
  });

  test("a post's id, which leads to its author, is told then alone", async () => {
    const permalink = 'https://x.com/warga_bdg/status/1991234567890123456';
    const account = { id: '1001', handle: 'warga_bdg', permalink };
    const identity = { ...siti, phone: null, account };
    await accept(newReport({ channel: 'twitter', identity, ...sentAs('1991234567890123456') }));
    const { stdout, stderr } = await exported();
    expect(stdout + stderr).not.toMatch(/1991234567890123456|warga_bdg|1001"/);
    expect(parse(stdout)).toMatchObject([{ channel: 'twitter', externalId: null }]);
    const revealed = await exported(...why);
    expect(parse(revealed.stdout)).toMatchObject([{ externalId: '1991234567890123456', from: '@warga_bdg' }]);
  });

  test('is in the audit log before the first line is printed', async () => {
    await accept(sms({}));
    const before = (await audited()).length;
    const child = spawnExport(why);
    const firstLine = once(createInterface(child.stdout), 'line');
    await firstLine;
    // Printing goes on only when this process reads on; the row is there already.
    expect((await audited()).slice(before)).toMatchObject([
      { subject: 'reports:all', reason: 'Pemeriksaan Ombudsman No. 4/2026' },
    ]);
    await once(child, 'exit');
  });

  test('where it cannot be noted, nothing is told', async () => {
    await accept(sms({}));
    await database.pool.query('alter table audit_log rename to hidden');
    const refused = await exported(...why);
    await database.pool.query('alter table hidden rename to audit_log');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toBe('');
  });
});

describe('an export of many long reports', () => {
  /** Each with 50 kB in its seal, and 9 kB to print. */
  async function acceptLong(count: number): Promise<void> {
    const accept = await createTestAccept(core.context);
    const body = Buffer.alloc(40_000, 'x');
    const report = (id: number) =>
      sms({
        text: `Laporan panjang. ${'Jalan berlubang parah. '.repeat(400)}`,
        original: { contentType: 'text/plain', body, messageId: `SM-${id}` },
      });
    for (let stored = 0; stored < count; stored += 250) {
      await accept(Array.from({ length: 250 }, (_, index) => report(stored + index)));
    }
  }

  test('needs no more memory for thousands than for a page of them', async () => {
    await acceptLong(4_000);
    const tellPeak = 'process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS))';
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(tellPeak)}` };
    const run = async (channel: string) => {
      const { code, stdout, stderr } = await runLapor(['report', 'export', '--channel', channel], {
        ...settings(),
        ...env,
      });
      expect(code).toBe(0);
      return { lines: stdout.split('\n').length - 1, peakMb: Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024 };
    };
    const none = await run('letter');
    const all = await run('sms');
    expect([none.lines, all.lines]).toEqual([0, 4_000]);
    // all of them together are 200 MB
    expect(all.peakMb - none.peakMb).toBeLessThan(100);
  }, 120_000);

  test('ends quietly when its reader has had enough', async () => {
    await acceptLong(250);
    const child = spawnExport([]);
    const complaints = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'exit');
    expect({ code, complaints: await complaints }).toEqual({ code: 0, complaints: '' });
  });
});

const program = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

function spawnExport(args: readonly string[]) {
  return spawn(process.execPath, [program, 'report', 'export', ...args], {
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...settings() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
