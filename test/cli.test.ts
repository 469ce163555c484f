import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AgencyCode } from '../src/domain/report.ts';
import { formatTrackingId, mintTrackingId } from '../src/domain/tracking-id.ts';
import { findFreePort } from '../src/embedded/processes.ts';
import { startRedis } from '../src/embedded/redis.ts';
import { findRedis } from '../src/embedded/redis-binaries.ts';
import { letPass } from '../src/embedded/run-as.ts';
import { startSimulatedX } from '../src/simulated-x/server.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { fileReport, lampText } from './support/filed-reports.ts';
import { runLapor, runLaporAlone } from './support/lapor.ts';
import { testRedisUrl } from './support/redis.ts';
import { startSmsProvider } from './support/sms-provider.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
}, 120_000);
afterAll(() => database?.drop());

/** `lapor …` on the database of this file. */
const run = (...args: readonly string[]) => runLapor(args, { DATABASE_URL: database.url });

/** A folder of the test's own that servers under another user may pass through. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lapor-cli-'));
  letPass(folder);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('lapor --help', () => {
  const commands: Readonly<Record<string, readonly string[]>> = {
    '': [
      'all',
      'serve',
      'work',
      'migrate',
      'doctor',
      'agency',
      'endpoint',
      'report',
      'notification',
      'message',
      'mailbox',
      'attachment',
      'email',
      'import',
      'staff',
      'keys',
      'spool',
      'audit',
      'demo',
    ],
    all: [],
    serve: ['DATABASE_URL', 'REDIS_URL'],
    work: ['DATABASE_URL', 'REDIS_URL'],
    migrate: [],
    doctor: ['--json'],
    agency: ['list', 'show', 'import'],
    endpoint: ['add', 'list', 'disable'],
    'endpoint add': ['AGENCY', 'URL', '--replace'],
    report: ['show', 'export', 'disclose', 'held', 'release', 'quarantine', 'retry'],
    'report export': ['--channel', '--reveal', '--reason'],
    'report release': ['ID', '--all-of'],
    'report disclose': ['ID', '--reason', '--json'],
    keys: ['list', 'rotate', 'forget'],
    'keys forget': ['ID', '--reason'],
    spool: ['list', 'retry'],
    'keys list': ['--json'],
    'report show': ['ID', '--json'],
    notification: ['list', 'resend', 'drop'],
    'notification list': ['--state', '--json', 'parked'],
    audit: ['verify', 'list'],
    'audit verify': ['--expect'],
    'audit list': ['--action', '--subject', '--limit', '--json'],
    message: ['list', 'retry', 'file', 'original'],
    mailbox: ['add', 'list', 'test', 'remove'],
    'mailbox add': ['NAME', '--host', '--user', '--agency', '--preset', '--password-stdin', '--dry-run'],
    email: ['parse', 'test'],
    attachment: ['list', 'release', 'withdraw'],
    import: ['FILE', '--office', '--attachments', '--map', '--dry-run'],
    staff: ['add', 'list', 'disable', 'enable', 'reset', 'sign-out', 'set-role'],
    'staff add': ['LOGIN', '--name', '--role', '--agency', '--password-stdin'],
    demo: ['--url', '--agency-port', 'throw-away'],
  };

  it.each(Object.entries(commands))('says what "lapor %s" can do', async (command, words) => {
    const args = command.split(' ').filter((word) => word !== '');
    const { code, stdout, stderr } = await runLapor([...args, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(args.at(-1) ?? 'lapor');
    for (const word of words) expect(stdout).toContain(word);
  });

  it.each([['lpor'], ['endpoint ad'], ['report'], ['endpoint add']])(
    'refuses "lapor %s"',
    async (command) => {
      const { code, stderr } = await runLapor(command.split(' '));
      expect(code).toBe(2);
      expect(stderr).toMatch(/Unknown command|No command specified|Missing required/);
    },
  );

  it.each([
    ['lpor', 'lapor'],
    ['endpoint ad', 'lapor endpoint'],
    ['mailbox add', 'lapor mailbox add'],
  ])('says where to read on after "lapor %s"', async (command, known) => {
    expect((await runLapor(command.split(' '))).stderr).toContain(`"${known} --help"`);
  });
});

describe('lapor endpoint', () => {
  it('adds one and shows its secret once, lists it, disables it', async () => {
    const added = await run('endpoint', 'add', 'D33.74', 'https://lapor.semarang.example/masuk');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toContain('Pemerintah Kota Semarang');
    expect(added.stdout.match(/whsec_\S+/g)).toHaveLength(1);

    const listed = await run('endpoint', 'list');
    expect(listed.stdout).toContain('https://lapor.semarang.example/masuk\n  active');
    expect(listed.stdout).not.toContain('whsec_');

    expect(await run('endpoint', 'disable', 'D33.74', '--reason', 'pindah alamat')).toMatchObject({
      code: 0,
    });
    expect((await run('endpoint', 'list')).stdout).toMatch(/disabled \d{4}-\d\d-\d\d: pindah alamat/);
    expect(await run('endpoint', 'disable', 'D33.74')).toMatchObject({ code: 1, stdout: '' });
  });

  it('tells an unknown agency and an address that may not be used apart from a failure', async () => {
    const unknown = await run('endpoint', 'add', 'D99.99', 'https://lapor.example.go.id/');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain('lapor agency list');
    const wrong = await run('endpoint', 'add', 'D33.74', 'http://127.0.0.1:9/');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('OUTBOUND_ALLOW');
  });
});

describe('lapor report show', () => {
  let id: string;
  beforeAll(async () => {
    const { reportId } = await fileReport(database.pool, 'D32.73' as AgencyCode, new Date(), {
      identity: { name: 'Siti Rohmah', phone: '+6281299990000', email: null, onBehalfOf: null },
    });
    id = mintTrackingId(() => 7);
    await database.pool.query('update filings set tracking_id = $1 where report_id = $2', [id, reportId]);
  });

  it('shows the way of a report however its ID is typed, and never its reporter', async () => {
    for (const typed of [id, formatTrackingId(id), formatTrackingId(id).replaceAll('-', ' ')]) {
      const { code, stdout, stderr } = await run('report', 'show', typed);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(lampText);
      expect(stdout).toContain('routed to Pemerintah Kota Bandung (D32.73)');
      expect(stdout).not.toMatch(/Siti|99990000/);
    }
    const { stdout } = await run('report', 'show', id, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ tracking_id: id, routes: [{ agency_code: 'D32.73' }] });
    expect(stdout).not.toMatch(/Siti|99990000/);
  });

  it('tells a mistyped ID from an unknown one', async () => {
    const lastDigit = (Number(id.at(-1)) + 1) % 10;
    const mistyped = await run('report', 'show', `${id.slice(0, -1)}${lastDigit}`);
    expect(mistyped).toMatchObject({ code: 2, stdout: '' });
    expect(mistyped.stderr).toContain('a digit is wrong');
    const unknown = await run(
      'report',
      'show',
      mintTrackingId(() => 4),
    );
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain('No report has the ID');
  });
});

describe('lapor doctor', () => {
  // Port 1 answers nobody, so a gateway that happens to run on this machine plays no part.
  const doctor = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    runLapor(['doctor', ...args], {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      PORT: '1',
      ...env,
    });

  it('finds nothing wrong with what the gateway brings along', async () => {
    const { code, stdout, stderr } = await doctor({});
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of [
      'node',
      'settings',
      'disk',
      'postgresql',
      'durability',
      'checksums',
      'clock',
      'migrations',
    ])
      expect(stdout).toMatch(new RegExp(`^ok {4}${part} `, 'm'));
    expect(stdout).toMatch(/^ok {4}directory {5}6\d\d agencies, \d{5} areas, \d{3} topics$/m);
    expect(stdout).toMatch(/^ok {4}redis memory {2}noeviction/m);
    expect(stdout).toMatch(/^warn {2}gateway .* -> npm start$/m);
    expect(stdout).toMatch(/^ok {4}channel .*sms\/kannel is off: SMS_KANNEL_SECRET is not set$/m);
    expect(stdout).toMatch(/\n\d+ ok, \d+ warnings?, 0 failures\n$/);
    expect(stdout).not.toContain(new URL(database.url).password);
  });

  it('prints the same as JSON', async () => {
    const { code, stdout } = await doctor({ SMS_KANNEL_SECRET: 'sangat-rahasia' }, '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ fail: 0, ok: expect.any(Number) });
    expect(report.findings).toContainEqual({ level: 'ok', part: 'channel', what: 'sms/kannel is on' });
    expect(stdout).not.toContain('sangat-rahasia');
  });

  it.each([
    ['a setting that cannot be used', { PORT: 'delapan' }, /^fail {2}settings {6}PORT cannot be used/m],
    [
      'a PostgreSQL that is not there',
      { DATABASE_URL: 'postgres://lapor:sangat-rahasia@127.0.0.1:1/lapor' },
      /^fail {2}postgresql .*ECONNREFUSED.* -> start it/m,
    ],
    [
      'a Redis that is not there',
      { REDIS_URL: 'redis://:sangat-rahasia@127.0.0.1:1' },
      /^fail {2}redis .* does not answer .* -> start it/m,
    ],
  ])('fails for %s and tells no secret', async (_, env, line) => {
    const { code, stdout, stderr } = await doctor(env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(line);
    expect(stdout).toMatch(/, 1 failure\n$/);
    expect(stdout).not.toContain('sangat-rahasia');
  });

  it('says that a password is wrong where it is', async () => {
    const url = new URL(database.url);
    url.password = 'salah';
    const { code, stdout } = await doctor({ DATABASE_URL: url.href });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}postgresql .*-> the user or password in DATABASE_URL is wrong$/m);
  });

  it('fails for a directory without agencies, which would send everything to the national desk', async () => {
    const empty = await createTestDatabase();
    onTestFinished(() => empty.drop());
    const { code, stdout } = await doctor({ DATABASE_URL: empty.url });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}directory .* -> npm run lapor -- migrate$/m);
  });

  it('fails for a schema that was never made', async () => {
    const bare = new URL(database.url);
    bare.pathname = '/postgres';
    const { code, stdout } = await doctor({ DATABASE_URL: bare.href });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}migrations .* are missing {2}-> npm run lapor -- migrate$/m);
  });

  it('fails for a Redis that drops jobs when it is full, and warns of one without append-only file', async () => {
    const binary = await findRedis(makeFolder(), () => {});
    if (binary === null) throw new Error('This test needs redis-server or valkey-server on PATH.');
    const redis = await startRedis(join(makeFolder(), 'redis'), binary);
    onTestFinished(redis.stop);
    const client = new Redis(redis.url);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await client.config('SET', 'appendonly', 'no');
    client.disconnect();
    const { code, stdout } = await doctor({ REDIS_URL: redis.url });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}redis memory .*allkeys-lru.* -> redis-cli config set maxmemory-policy/m);
    expect(stdout).toMatch(/^warn {2}redis disk .* -> redis-cli config set appendonly yes/m);
  });

  it.skipIf(process.platform === 'win32')('fails for a data folder that others can look into', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'redis'));
    writeFileSync(join(folder, 'redis/password'), 'sangat-rahasia');
    chmodSync(join(folder, 'redis/password'), 0o644);
    chmodSync(folder, 0o755);
    const { code, stdout } = await doctor({ DATA_DIR: folder, REDIS_URL: '' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}data folder .*lapor-cli-\w+ can be read by others {2}-> chmod go-rw/m);
    expect(stdout).toMatch(/^fail {2}data folder .*redis\/password can be read by others/m);
  });
});

describe('lapor demo', () => {
  it('starts a gateway where none answers, brings every report to its agency, and leaves nothing behind', async () => {
    const folder = makeFolder();
    // Set for the real gateway: the invented numbers may be somebody's.
    const provider = await startSmsProvider();
    onTestFinished(provider.stop);
    let callers = 0;
    const mailServer = createTcpServer((socket) => {
      callers += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(mailServer, 'listening');
    onTestFinished(() => void mailServer.close());
    const { port } = mailServer.address() as AddressInfo;
    const mailbox = {
      name: 'pusat',
      host: '127.0.0.1',
      port,
      secure: 'none',
      user: 'lapor',
      password: 'sandi',
    };
    const mailboxesFile = join(makeFolder(), 'mailboxes.json');
    writeFileSync(mailboxesFile, JSON.stringify({ mailboxes: [mailbox] }), { mode: 0o600 });
    const realX = await startSimulatedX();
    onTestFinished(realX.stop);
    const { code, stdout, stderr } = await runLaporAlone(
      ['demo', '--agency-port', String(await findFreePort())],
      {
        PORT: '1',
        TWITTER_API_URL: realX.url,
        TWITTER_BEARER_TOKEN: 'kunci-baca',
        TWITTER_APP_KEY: 'kunci-aplikasi',
        TWITTER_APP_SECRET: 'rahasia-aplikasi',
        TWITTER_ACCESS_TOKEN: 'kunci-akun',
        TWITTER_ACCESS_SECRET: 'rahasia-akun',
        TWITTER_TERMS: '#bukanlapor',
        TMPDIR: folder,
        SMS_KANNEL_SEND_URL: provider.url,
        SMS_KANNEL_SEND_USER: 'lapor',
        SMS_KANNEL_SEND_PASSWORD: 'rahasia-kirim',
        EMAIL_SMTP_URL: `smtp://127.0.0.1:${port}`,
        EMAIL_FROM: 'lapor@uji.example',
        EMAIL_MAILBOXES_FILE: mailboxesFile,
      },
    );
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('starting a throw-away gateway');
    expect(stdout).toContain('Not shown: e-mail');
    expect(stdout).toMatch(/^twitter \(simulated\) +5 +5 +1 +5 +5 +\d+ ms$/m);
    expect(stdout).toMatch(/^all +30 +30 +7 +30 +30 +\d+ ms$/m);
    expect(stdout).toContain('3 of 3 who called @LAPOR1708 were answered on the simulated X.');
    expect(realX.delivered.requests).toEqual({});
    expect(stdout).toMatch(/copy +of #3, counted with it$/m);
    expect(stdout).toContain('27 webhooks came with a valid signature, 0 with another.');
    expect(readdirSync(folder)).toEqual([]);
    expect(provider.asked).toEqual([]);
    expect(callers).toBe(0);
  }, 120_000);

  it('refuses to run against a gateway whose reports it could not see', async () => {
    const gateway = createServer((_, response) => response.end('{"status":"ok"}')).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    onTestFinished(() => {
      gateway.closeAllConnections();
      gateway.close();
    });
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const port = String(await findFreePort());
    const { code, stdout, stderr } = await runLaporAlone(['demo', '--url', url, '--agency-port', port], {
      DATA_DIR: join(makeFolder(), 'none'),
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('DATABASE_URL or DATA_DIR');
  });

  it.each([
    ['--agency-port', 'satu'],
    ['--url', 'lapor.example'],
  ])('refuses %s %s', async (option, value) => {
    const { code, stderr } = await runLaporAlone(['demo', option, value]);
    expect(code).toBe(2);
    expect(stderr).toContain(option);
  });
});
