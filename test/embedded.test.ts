import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { startPostgres } from '../src/embedded/postgres.ts';
import { type Embedded, startEmbedded } from '../src/embedded/servers.ts';

const hasRedis = inject('redisUrl') !== null;
/** From where to where Linux takes ports for whoever does not say which. */
const anyPorts = '/proc/sys/net/ipv4/ip_local_port_range';
const running = new Set<Embedded>();

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const embedded of running) await embedded.stop();
  running.clear();
});

function makeFolder(): string {
  return mkdtempSync(join(inject('scratch'), 'embedded-'));
}

async function start(
  dataDir: string,
  parts: { postgres?: boolean; redis?: boolean } = {},
): Promise<Embedded> {
  const embedded = await startEmbedded({ dataDir, postgres: true, redis: hasRedis, say: () => {}, ...parts });
  running.add(embedded);
  return embedded;
}

async function query(url: string | null, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client(url ?? '');
  await client.connect();
  try {
    return (await client.query(sql)).rows[0] ?? {};
  } finally {
    await client.end();
  }
}

async function askRedis<T>(url: string | null, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url ?? '', { retryStrategy: () => null });
  client.on('error', () => {}); // the command itself rejects
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

/** What the servers are right now: the same answer twice means the same processes. */
async function identify({ databaseUrl, redisUrl }: Pick<Embedded, 'databaseUrl' | 'redisUrl'>) {
  return {
    postgres: await query(databaseUrl, 'select pg_postmaster_start_time()::text as started'),
    redis: hasRedis && /run_id:(\w+)/.exec(await askRedis(redisUrl, (client) => client.info('server')))?.[1],
  };
}

describe('in a folder nobody but the owner may enter, root included,', () => {
  const folder = join(makeFolder(), 'data');
  let embedded: Embedded;

  beforeAll(async () => {
    embedded = await startEmbedded({ dataDir: folder, postgres: true, redis: hasRedis, say: () => {} });
    return embedded.stop;
  });

  test('the servers keep what they are told: checksums, synced commits, an append-only file, no eviction', async () => {
    const names = ['data_checksums', 'fsync', 'full_page_writes', 'synchronous_commit'];
    const settings = names.map((name) => `current_setting('${name}') as ${name}`).join(', ');
    expect(await query(embedded.databaseUrl, `select ${settings}`)).toEqual(
      Object.fromEntries(names.map((name) => [name, 'on'])),
    );
    if (!hasRedis) return;
    const durable = { appendonly: 'yes', 'maxmemory-policy': 'noeviction' };
    for (const [name, value] of Object.entries(durable)) {
      expect(await askRedis(embedded.redisUrl, (client) => client.config('GET', name))).toEqual([
        name,
        value,
      ]);
    }
  });

  test('only the owner reads the passwords, and without one nobody gets in', async () => {
    const secrets = [
      'postgres/password',
      'postgres/superuser-password',
      ...(hasRedis ? ['redis/password'] : []),
    ];
    for (const secret of secrets) expect(statSync(join(folder, secret)).mode & 0o777).toBe(0o600);
    const withWrongPassword = embedded.databaseUrl?.replace(/:[^:@]+@/, ':wrong@') ?? '';
    await expect(query(withWrongPassword, 'select 1')).rejects.toThrow(/password authentication failed/);
    if (!hasRedis) return;
    const withoutPassword = `redis://127.0.0.1:${new URL(embedded.redisUrl ?? '').port}`;
    await expect(askRedis(withoutPassword, (client) => client.ping())).rejects.toThrow(/NOAUTH/);
  });

  test.runIf(existsSync(anyPorts))('they have ports that nobody takes by chance while they are down', () => {
    const [first = 0] = readFileSync(anyPorts, 'utf8').split('\t').map(Number);
    for (const url of [embedded.databaseUrl, embedded.redisUrl ?? []].flat()) {
      expect(Number(new URL(url ?? '').port)).toBeLessThan(first);
    }
  });

  test('the gateway is no superuser of its database', async () => {
    expect(await query(embedded.databaseUrl, "select current_setting('is_superuser') as superuser")).toEqual({
      superuser: 'off',
    });
  });
});

test('stop ends both servers, and the next start finds the same data on the same ports', async () => {
  const folder = makeFolder();
  const first = await start(folder);
  await query(first.databaseUrl, 'create table notes as select 42 as answer');
  await first.stop();
  await expect(query(first.databaseUrl, 'select 1')).rejects.toThrow(/ECONNREFUSED|ENOENT/);
  if (hasRedis) await expect(askRedis(first.redisUrl, (client) => client.ping())).rejects.toThrow(/closed/);

  const second = await start(folder);
  expect([second.databaseUrl, second.redisUrl]).toEqual([first.databaseUrl, first.redisUrl]);
  expect(await query(second.databaseUrl, 'select answer from notes')).toEqual({ answer: 42 });
});

test.runIf(hasRedis)(
  'after kill -9 of the gateway the next start adopts its servers, and stop ends them',
  async () => {
    const folder = makeFolder();
    const script = fileURLToPath(new URL('support/start-embedded.ts', import.meta.url));
    const launcher = spawn(process.execPath, ['--import', 'tsx', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(launcher.stdout, 'data');
    const before = await identify(JSON.parse(String(line)));
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');

    const adopted = await start(folder);
    expect(await identify(adopted)).toEqual(before);
    await adopted.stop();
    await expect(query(adopted.databaseUrl, 'select 1')).rejects.toThrow(/ECONNREFUSED|ENOENT/);
  },
);

test('after kill -9 of PostgreSQL itself the next start recovers what was committed', async () => {
  const folder = makeFolder();
  const first = await start(folder, { redis: false });
  await query(first.databaseUrl, 'create table notes as select 42 as answer');
  const pid = Number(readFileSync(join(folder, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  await first.stop();

  const second = await start(folder, { redis: false });
  expect(await query(second.databaseUrl, 'select answer from notes')).toEqual({ answer: 42 });
});

test('a lock of PostgreSQL whose process id belongs to somebody else by now does not stop the start', async () => {
  const folder = join(makeFolder(), 'postgres');
  const first = await startPostgres(folder, () => {});
  await first.stop();
  const lock = join(folder, 'data/postmaster.pid');
  writeFileSync(lock, `${process.pid}\n${folder}/data\n1\n5432\n\n127.0.0.1\n0 0\nready   \n`);
  const second = await startPostgres(folder, () => {});
  try {
    expect(await query(second.url, 'select 1 as one')).toEqual({ one: 1 });
  } finally {
    await second.stop();
  }
});

test('a taken port is exchanged for a free one', async () => {
  const folder = makeFolder();
  const other = makeFolder();
  const first = await start(folder, { redis: false });
  const port = new URL(first.databaseUrl ?? '').port;
  mkdirSync(join(other, 'postgres'));
  writeFileSync(join(other, 'postgres/port'), port);
  const second = await start(other, { redis: false });
  expect(new URL(second.databaseUrl ?? '').port).not.toBe(port);
  expect(await query(second.databaseUrl, 'select 1 as one')).toEqual({ one: 1 });
});

test('a second gateway on the same folder is told who has it', async () => {
  const folder = makeFolder();
  await start(folder, { redis: false });
  await expect(start(folder, { redis: false })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(`process ${process.pid}`),
  });
});

test('where no Redis is to be had the queue goes to PostgreSQL, which is said and remembered', async () => {
  const folder = makeFolder();
  const nothing = join(folder, 'nothing');
  mkdirSync(nothing);
  const said: string[] = [];
  vi.stubEnv('PATH', nothing);
  const first = await startEmbedded({
    dataDir: folder,
    postgres: false,
    redis: true,
    say: (line) => said.push(line),
  });
  await first.stop();
  expect(first).toMatchObject({ redisUrl: null, queueBackend: 'postgres' });
  expect(said).toEqual([expect.stringContaining('PostgreSQL')]);

  vi.unstubAllEnvs();
  const second = await start(folder, { postgres: false, redis: true });
  expect(second.queueBackend).toBe('postgres');
});

test('a queue that is in Redis is not moved silently when Redis is gone', async () => {
  const folder = makeFolder();
  const nothing = join(folder, 'nothing');
  mkdirSync(nothing);
  writeFileSync(join(folder, 'queue-backend'), 'redis\n');
  vi.stubEnv('PATH', nothing);
  await expect(start(folder, { postgres: false, redis: true })).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining(join(folder, 'queue-backend')),
  });
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

test('a server that cannot start says why, and nothing is left running', async () => {
  const folder = makeFolder();
  const first = await start(folder);
  await first.stop();
  writeFileSync(join(folder, 'postgres/data/PG_VERSION'), '12\n');
  await expect(start(folder)).rejects.toThrow(/PostgreSQL does not start.*version 12/s);
  if (hasRedis) await expect(askRedis(first.redisUrl, (client) => client.ping())).rejects.toThrow(/closed/);
});
