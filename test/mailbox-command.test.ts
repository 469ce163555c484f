import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Dovecot, hasDovecot, startDovecot } from './support/dovecot.ts';
import { runLapor } from './support/lapor.ts';
import { testDataDir } from './support/sealing.ts';

const program = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

describe.skipIf(!hasDovecot)('lapor mailbox', () => {
  let dovecot: Dovecot;
  let database: TestDatabase;
  let env: Readonly<Record<string, string>>;
  let file: string;
  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    dovecot = await startDovecot({ users: { lapor: 'kata sandi' } });
    await dovecot.createFolder('lapor', 'Arsip');
    await dovecot.deliver('From: a@warga.example\r\n\r\nhalo\r\n', 'lapor');
  });
  afterAll(async () => {
    await dovecot?.stop();
    await database?.drop();
  });
  beforeEach(async () => {
    const dataDir = join(testDataDir, randomUUID());
    await mkdir(dataDir);
    file = join(dataDir, 'mailboxes.json');
    env = { DATA_DIR: dataDir, DATABASE_URL: database.url };
  });

  const there = () => ['--host', '127.0.0.1', '--port', String(dovecot.imapPort), '--user', 'lapor'];
  async function mailbox(args: readonly string[], stdin: string | null = null) {
    if (stdin === null) return runLapor(['mailbox', ...args], env);
    const child = spawn(process.execPath, [program, 'mailbox', ...args], {
      env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    });
    child.stdin.end(stdin);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    return { code: code as number, stdout, stderr };
  }
  const add = (...more: readonly string[]) =>
    mailbox(['add', 'kota', ...there(), '--secure', 'none', '--password-stdin', ...more], 'kata sandi\n');

  test('tries a mailbox, says what is there, and writes it down for its owner alone', async () => {
    const added = await add('--agency', 'D32.73', '--processed', 'Diproses');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toContain('INBOX      1 mails, the newest UID is 1');
    expect(added.stdout).toContain('Arsip');
    expect(added.stdout).toContain('(IDLE)');
    expect(added.stdout).toContain('Diproses, which is made then');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      mailboxes: [
        {
          name: 'kota',
          agency: 'D32.73',
          host: '127.0.0.1',
          port: dovecot.imapPort,
          secure: 'none',
          user: 'lapor',
          processedFolder: 'Diproses',
          password: 'kata sandi',
        },
      ],
    });
    expect((await dovecot.listMails('lapor'))[0]?.flags).not.toContain('Seen');

    expect(await add()).toMatchObject({ code: 1, stderr: expect.stringContaining('--replace') });
    for (const args of [['list'], ['list', '--json'], ['test'], ['test', 'kota']]) {
      const shown = await mailbox(args);
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout).toContain('kota');
      expect(shown.stdout).not.toContain('kata sandi');
    }
    expect(await mailbox(['remove', 'kota'])).toMatchObject({ code: 0 });
    expect((await mailbox(['list'])).stdout).toContain('No mailbox is set up');
    expect(await mailbox(['remove', 'kota'])).toMatchObject({ code: 1 });
    expect(await mailbox(['test', 'kota'])).toMatchObject({ code: 1 });
  });

  test('writes nothing down that does not work, and says why', async () => {
    const wrong = (args: readonly string[], stdin = 'kata sandi') =>
      mailbox(['add', 'kota', ...args, '--password-stdin'], stdin);
    const plain = [...there(), '--secure', 'none'];
    expect(await wrong(plain, 'salah')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('refused user and password'),
    });
    expect(await wrong([...there()])).toMatchObject({ code: 1, stderr: expect.stringMatching(/TLS/) });
    expect(await wrong([...plain, '--folder', 'Laporan'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no folder Laporan; there are: '),
    });
    expect(await wrong([...plain, '--agency', 'X1'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No agency has the code X1'),
    });
    expect(await wrong([...plain, '--port', 'imap'])).toMatchObject({ code: 2 });
    expect(await wrong(['--user', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--host'),
    });
    expect(await wrong(['--user', 'x', '--preset', 'yahoo'])).toMatchObject({ code: 2 });
    expect(await wrong(['--host', 'imap.kota.example', '--user', 'x', '--secure', 'none'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('secure must be tls or starttls'),
    });
    expect(await mailbox(['add', 'kota', ...plain])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--password-stdin'),
    });
    await expect(stat(file)).rejects.toThrow();
  });

  test('and doctor refuse a file that others may read, and doctor tells of one that nobody looks into', async () => {
    await add();
    const { stdout } = await runLapor(['doctor'], env);
    expect(stdout).toMatch(/^fail {2}mailboxes +kota was never looked into/m);
    await chmod(file, 0o640);
    expect(await mailbox(['list'])).toMatchObject({ code: 1, stderr: expect.stringContaining('chmod 600') });
    expect((await runLapor(['doctor'], env)).stdout).toMatch(/^fail {2}mailboxes +.*chmod 600/m);
  });
});
