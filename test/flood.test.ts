import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadDirectory } from '../src/db/directory.ts';
import type { Directory } from '../src/domain/routing/directory.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { countAccepted, forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { signSms, smsSecret } from './support/signed-sms.ts';

const publicUrl = 'https://lapor.example.go.id';
const stranger = '203.0.113.7';
const neighbour = '203.0.113.8';
const reporter = { name: 'Ni Luh Sukerti', phone: '0813-3344-5566', email: 'luh.sukerti@surel.example' };
const personal = /3344\W?5566|Sukerti|203\.0\.113|2001:db8/i;

let database: TestDatabase;
let directory: Directory;
let gateway: TestApp;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  directory = await loadDirectory(database.pool);
});
afterAll(() => database?.drop());
beforeEach(() => forgetReports(database.pool));
afterEach(async () => {
  await gateway.app.close();
  expect(gateway.logged.join('')).not.toMatch(personal);
  vi.useRealTimers();
});

async function open(env: Readonly<Record<string, string>>, more: object = {}): Promise<FastifyInstance> {
  gateway = await createTestApp(database.pool, {
    env: { PUBLIC_URL: publicUrl, ...env },
    directory,
    ...more,
  });
  return gateway.app;
}

let told = 0;
function report(more: object = {}, headers: Readonly<Record<string, string>> = {}): InjectOptions {
  told += 1;
  const text = `Got di depan pasar Kintamani mampet, air meluap ke jalan. Sudah ${told} kali dilaporkan`;
  return {
    method: 'POST',
    url: '/v1/reports',
    headers: { 'content-type': 'application/json', ...headers },
    payload: JSON.stringify({ kind: 'complaint', text, consent: true, ...more }),
  };
}

/** The statuses of one and the same request, sent so many times one after the other. */
async function statuses(times: number, request: InjectOptions, from = stranger): Promise<readonly number[]> {
  const list: number[] = [];
  for (let sent = 0; sent < times; sent += 1) {
    const { statusCode } = await gateway.app.inject({ ...request, remoteAddress: from });
    list.push(statusCode);
  }
  return list;
}

describe('from one address', () => {
  test('so many requests a minute are answered, the next ones 429 with when to go on, then again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await open({ RATE_LIMIT_PER_ADDRESS: '3' });
    expect(await statuses(4, { url: '/v1/topics' })).toEqual([200, 200, 200, 429]);
    vi.setSystemTime(Date.now() + 20_000);
    const refused = await gateway.app.inject({ url: '/v1/topics?lang=en', remoteAddress: stranger });
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'retry-after': '40',
      'ratelimit-limit': '3',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '40',
    });
    expect(refused.json()).toEqual({
      type: `${publicUrl}/problems/too-many-requests`,
      title: 'Too many requests',
      detail: expect.stringContaining('try another network'),
      status: 429,
      reason: 'more than 3 requests a minute come from this address',
    });
    vi.setSystemTime(Date.now() + 40_000);
    expect(await statuses(1, { url: '/v1/topics' })).toEqual([200]);
  });

  test('what is answered says nothing of limits', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '3' });
    const { headers } = await gateway.app.inject({ url: '/v1/topics', remoteAddress: stranger });
    expect(Object.keys(headers).filter((name) => /rate|retry/.test(name))).toEqual([]);
  });

  test('addresses that do not exist count as well', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '2' });
    expect(await statuses(3, { url: '/wp-login.php' })).toEqual([404, 404, 429]);
  });

  test('a person is shown a page that says what to do', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '1' });
    const page = { url: '/lapor', headers: { accept: 'text/html' } };
    await statuses(1, page);
    const refused = await gateway.app.inject({ ...page, remoteAddress: stranger });
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect(refused.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(refused.body).toContain('<h1>Terlalu banyak permintaan</h1>');
    expect(refused.body).toContain('coba jaringan lain');
  });

  test('fewer reports are taken than requests answered, by form and API together', async () => {
    await open({ RATE_LIMIT_REPORTS_PER_ADDRESS: '2' });
    expect(await statuses(1, { method: 'POST', url: '/lapor' })).not.toEqual([429]);
    expect(await statuses(2, report())).toEqual([202, 429]);
    expect(await statuses(1, { url: '/lapor' })).toEqual([200]);
    expect(await countAccepted(database.pool)).toBe(1);
  });

  test('a form sent once too often is answered with that page, before it is read', async () => {
    await open({ RATE_LIMIT_REPORTS_PER_ADDRESS: '1' });
    await statuses(1, report());
    const refused = await gateway.app.inject({
      method: 'POST',
      url: '/lapor',
      headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'text=Jembatan+gantung+di+Sungai+Ciberang+putus',
      remoteAddress: stranger,
    });
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['ratelimit-limit']).toBe('1');
    expect(refused.body).toContain('<h1>Terlalu banyak permintaan</h1>');
  });

  test('too many do not cost another address anything', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '1' });
    expect(await statuses(2, { url: '/v1/topics' })).toEqual([200, 429]);
    expect(await statuses(1, { url: '/v1/topics' }, neighbour)).toEqual([200]);
  });

  test('an IPv6 network of 64 bits counts as one, and IPv4 written as IPv6 as what it is', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '2' });
    const topics = { url: '/v1/topics' };
    await statuses(1, topics, '2001:db8:1:2::1');
    expect(await statuses(2, topics, '2001:db8:1:2:ffff::9')).toEqual([200, 429]);
    expect(await statuses(1, topics, '2001:db8:1:3::1')).toEqual([200]);
    await statuses(2, topics, stranger);
    expect(await statuses(1, topics, `::ffff:${stranger}`)).toEqual([429]);
  });

  test('0 switches a limit off', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '0', RATE_LIMIT_REPORTS_PER_ADDRESS: '0' });
    expect(new Set(await statuses(310, { url: '/v1/topics?q=air' }))).toEqual(new Set([200]));
  });

  test.each(['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1'])(
    '%s, this machine, is not counted',
    async (address) => {
      await open({ RATE_LIMIT_PER_ADDRESS: '1', RATE_LIMIT_REPORTS_PER_ADDRESS: '1' });
      expect(await statuses(3, report(), address)).toEqual([202, 202, 202]);
    },
  );

  test.each(['/health', '/ready', '/metrics'])('%s always answers', async (url) => {
    await open({ RATE_LIMIT_PER_ADDRESS: '1' });
    await statuses(2, { url: '/' });
    expect(await statuses(3, { url })).toEqual([200, 200, 200]);
  });
});

describe('X-Forwarded-For', () => {
  const through = (chain: string) => ({ url: '/v1/topics', headers: { 'x-forwarded-for': chain } });

  test('tells the clients of a trusted proxy apart, also of one on this machine', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '2', TRUST_PROXY: 'loopback, 10.0.0.0/8' });
    expect(await statuses(1, through(stranger), '127.0.0.1')).toEqual([200]);
    expect(await statuses(2, through(stranger), '10.20.30.40')).toEqual([200, 429]);
    expect(await statuses(1, through(neighbour), '10.20.30.40')).toEqual([200]);
  });

  test('is ignored from anybody else', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '2', TRUST_PROXY: '10.0.0.0/8' });
    const got: number[] = [];
    for (const invented of ['198.51.100.1', '198.51.100.2', '127.0.0.1', '10.0.0.1']) {
      got.push(...(await statuses(1, through(invented))));
    }
    expect(got).toEqual([200, 200, 429, 429]);
  });

  test('what a client invents in front of what the proxy adds changes nothing', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '2', TRUST_PROXY: 'loopback' });
    const got: number[] = [];
    for (const invented of ['198.51.100.1', '127.0.0.1', 'unknown', '::1']) {
      got.push(...(await statuses(1, through(`${invented}, ${stranger}`), '127.0.0.1')));
    }
    expect(got).toEqual([200, 200, 429, 429]);
  });

  test('that names no address, or this machine, does not lift the limit', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '2', TRUST_PROXY: 'loopback' });
    expect(await statuses(3, through('127.0.0.1'), '127.0.0.1')).toEqual([200, 200, 429]);
    const got: number[] = [];
    for (const chain of ['a', 'b', 'c']) got.push(...(await statuses(1, through(chain), '127.0.0.2')));
    expect(got).toEqual([200, 200, 429]);
  });

  test('of a proxy nobody named gets the operator a hint, once', async () => {
    await open({ RATE_LIMIT_PER_ADDRESS: '1' });
    await statuses(4, through(neighbour));
    expect(gateway.logged.filter((line) => line.includes('TRUST_PROXY'))).toHaveLength(1);
  });
});

describe('a channel', () => {
  const sms = Buffer.from('[{"id":"SMS-1","from":"081233445566","to":"1708","text":"LEBAK jln rusak"}]');

  test('takes any number of authentic messages from one address', async () => {
    await open({
      RATE_LIMIT_PER_ADDRESS: '1',
      RATE_LIMIT_REPORTS_PER_ADDRESS: '1',
      SMS_GENERIC_SECRET: smsSecret,
    });
    expect(new Set(await statuses(40, signSms(sms)))).toEqual(new Set([202]));
  });

  test('lets nobody try secrets for ever, and others go on meanwhile', async () => {
    await open({ SMS_KANNEL_SECRET: 'rahasia-kannel-uji' });
    const guess = (secret: string) => ({
      url: `/channels/sms/kannel?secret=${secret}&id=1&from=%2B6281233445566&to=1708&text=LEBAK%20jln%20rusak`,
    });
    const tried = await statuses(40, guess('tebakan-ke-seribu'));
    expect(tried).toEqual([...Array(30).fill(401), ...Array(10).fill(429)]);
    expect(await statuses(1, guess('rahasia-kannel-uji'))).toEqual([429]);
    expect(await statuses(1, guess('rahasia-kannel-uji'), neighbour)).toEqual([200]);
  });
});

describe('from one sender', () => {
  const limited = { RATE_LIMIT_PER_SENDER: '2' };

  test('so many reports an hour are taken from wherever, the next ones 429, then again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await open(limited);
    expect(await statuses(1, report({ reporter }))).toEqual([202]);
    expect(await statuses(1, report({ reporter }), neighbour)).toEqual([202]);
    const refused = await gateway.app.inject(report({ reporter }));
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ 'retry-after': '3600', 'ratelimit-limit': '2' });
    expect(refused.json().reason).toBe(
      'more than 2 reports an hour name the same phone number or e-mail address',
    );
    expect(refused.body).not.toMatch(personal);
    expect(await countAccepted(database.pool)).toBe(2);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(await statuses(1, report({ reporter }))).toEqual([202]);
  });

  test.each([
    ['the number written another way', { phone: '+62 813 3344 5566' }],
    ['the e-mail address in capitals', { email: reporter.email.toUpperCase() }],
    ['another number and the same e-mail address', { ...reporter, phone: '0856-1111-2222' }],
  ])('%s is the same sender', async (_what, again) => {
    await open(limited);
    await statuses(2, report({ reporter }));
    expect(await statuses(1, report({ reporter: again }))).toEqual([429]);
  });

  test('other senders, and those who give no contact, go on', async () => {
    await open(limited);
    await statuses(3, report({ reporter }));
    expect(await statuses(2, report({ reporter: { phone: '0856-1111-2222' } }))).toEqual([202, 202]);
    expect(await statuses(4, report({ reporter: { name: reporter.name } }))).toEqual([202, 202, 202, 202]);
  });

  test('a repeat under the same Idempotency-Key still gets its receipt', async () => {
    await open(limited);
    const first = report({ reporter }, { 'idempotency-key': 'kintamani-1' });
    const { receipt } = (await gateway.app.inject(first)).json();
    expect(await statuses(3, first)).toEqual([202, 202, 202]);
    expect(await statuses(2, report({ reporter }))).toEqual([202, 429]);
    const again = await gateway.app.inject(first);
    expect(again.statusCode).toBe(202);
    expect(again.json().receipt).toBe(receipt);
    expect(await statuses(1, report({ reporter }, { 'idempotency-key': 'kintamani-2' }))).toEqual([429]);
  });

  /** Until this returns, nothing can be stored in PostgreSQL. */
  async function whileAway(work: () => Promise<void>): Promise<void> {
    await database.pool.query(
      'alter table reports rename to reports_away; alter table bundles rename to bundles_away',
    );
    try {
      await work();
    } finally {
      await database.pool.query(
        'alter table reports_away rename to reports; alter table bundles_away rename to bundles',
      );
    }
  }

  test('what could not be stored does not count, at however many attempts', async () => {
    await open(limited, { spoolMaxBytes: 1 });
    await whileAway(async () => {
      expect(await statuses(3, report({ reporter }))).toEqual([503, 503, 503]);
    });
    await vi.waitFor(async () => expect(await statuses(1, report(), '127.0.0.1')).toEqual([202]), 10_000);
    expect(await statuses(3, report({ reporter }))).toEqual([202, 202, 429]);
  });

  test('what is spooled while PostgreSQL is away counts', async () => {
    await open(limited);
    await whileAway(async () => {
      expect(await statuses(3, report({ reporter }))).toEqual([202, 202, 429]);
    });
    await vi.waitFor(async () => expect(await countAccepted(database.pool)).toBe(2), 10_000);
    expect(await statuses(1, report({ reporter }))).toEqual([429]);
  });

  test('whether it repeats something cannot be said while PostgreSQL is away: 503, and its receipt later', async () => {
    await open(limited);
    const first = report({ reporter }, { 'idempotency-key': 'kintamani-3' });
    const { receipt } = (await gateway.app.inject(first)).json();
    expect(await statuses(1, report({ reporter }))).toEqual([202]);
    await whileAway(async () => {
      expect(await statuses(1, first)).toEqual([503]);
    });
    expect((await gateway.app.inject(first)).json().receipt).toBe(receipt);
  });

  test('of many reports sent at once no more are taken than one after the other', async () => {
    await open(limited);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => gateway.app.inject(report({ reporter }))),
    );
    const taken = answers.filter(({ statusCode }) => statusCode === 202);
    expect(taken).toHaveLength(2);
    expect(await countAccepted(database.pool)).toBe(2);
  });

  test('too many by form: it comes back with all that was typed and says when to try again', async () => {
    await open(limited);
    await statuses(2, report({ reporter }));
    const form = await gateway.app.inject('/lapor');
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(form.body)?.[1] ?? '';
    const refused = await gateway.app.inject({
      method: 'POST',
      url: '/lapor',
      cookies: Object.fromEntries(form.cookies.map(({ name, value }) => [name, value])),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({
        csrf: field('csrf'),
        token: field('token'),
        kind: 'complaint',
        text: 'Air PDAM mati tiga hari di Banjar Penelokan',
        phone: reporter.phone,
        consent: '1',
      }).toString(),
    });
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500);
    expect(refused.body).toContain('Tunggu, paling lama satu jam');
    expect(refused.body).toContain('Air PDAM mati tiga hari di Banjar Penelokan');
  });

  test('0 switches the limit off', async () => {
    await open({ RATE_LIMIT_PER_SENDER: '0' });
    expect(new Set(await statuses(61, report({ reporter }), '127.0.0.1'))).toEqual(new Set([202]));
  });
});
