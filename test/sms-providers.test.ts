import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { InjectOptions } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadDirectory } from '../src/db/directory.ts';
import type { Directory } from '../src/domain/routing/directory.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { countRows, forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';

const publicUrl = 'https://lapor.example.go.id';
const secrets = {
  SMS_KANNEL_SECRET: 'rahasia-kannel-uji',
  SMS_TWILIO_AUTH_TOKEN: 'rahasia-twilio-uji',
  SMS_VONAGE_SIGNATURE_SECRET: 'rahasia-vonage-uji',
  SMS_INFOBIP_SECRET: 'rahasia-infobip-uji+/=',
  SMS_8X8_SECRET: 'rahasia-8x8-uji',
};
/** In no line of the log and no answer, in no form in which an address may carry it. */
const secret = /rahasia-(kannel|twilio|vonage|infobip|8x8)-uji/;
const personal = /12\W?3456\W?7890|203\.0\.113/;
const infobipPath = encodeURIComponent(secrets.SMS_INFOBIP_SECRET);

let database: TestDatabase;
let directory: Directory;
/** With every provider on, and calls from anywhere allowed. */
let gateway: TestApp;
const opened: TestApp[] = [];
/** Each test has its own address to call from, so that none pays for the failures of another. */
let testNumber = 0;
const stranger = () => `203.0.113.${testNumber}`;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  directory = await loadDirectory(database.pool);
  gateway = await open();
});
afterAll(async () => {
  for (const { app } of opened) await app.close();
  await database?.drop();
});
beforeEach(() => {
  testNumber += 1;
  return forgetReports(database.pool);
});
afterEach(() => {
  for (const { logged } of opened) {
    expect(logged.join('')).not.toMatch(secret);
    expect(logged.join('')).not.toMatch(personal);
  }
});

async function open(env: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const one = await createTestApp(database.pool, {
    env: { PUBLIC_URL: publicUrl, ...secrets, ...env },
    directory,
    clock: () => new Date('2026-11-22T01:20:00Z'),
  });
  opened.push(one);
  return one;
}

async function send(request: InjectOptions, remoteAddress = stranger(), { app } = gateway) {
  const answer = await app.inject({ ...request, remoteAddress });
  expect(answer.body).not.toMatch(secret);
  return answer;
}

const readFixture = (name: string): Buffer =>
  readFileSync(new URL(`../channels/sms/fixtures/${name}.json`, import.meta.url));

function twilio(body: string, query = ''): InjectOptions {
  const url = `/channels/sms/twilio${query}`;
  const form = [...new URLSearchParams(body)].sort(([a], [b]) => (a < b ? -1 : 1));
  const signature = createHmac('sha1', secrets.SMS_TWILIO_AUTH_TOKEN)
    .update(publicUrl + url + form.flat().join(''))
    .digest('base64');
  return {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': signature,
      // behind a proxy
      host: '10.0.0.5:1708',
    },
    payload: body,
  };
}

function vonage(fields: Readonly<Record<string, string>>): InjectOptions {
  const signed = Object.keys(fields)
    .sort()
    .map((name) => `&${name}=${fields[name]?.replace(/[&=]/g, '_')}`)
    .join('');
  const sig = createHmac('sha512', secrets.SMS_VONAGE_SIGNATURE_SECRET).update(signed).digest('hex');
  return { method: 'GET', url: `/channels/sms/vonage?${new URLSearchParams({ ...fields, sig })}` };
}

const json = (url: string, payload: string | Buffer): InjectOptions => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  payload,
});
const infobip = (name: string, path = infobipPath) =>
  json(`/channels/sms/infobip/${path}`, readFixture(name));
const eightByEight = (event: object, path = secrets.SMS_8X8_SECRET) =>
  json(`/channels/sms/8x8/${path}`, JSON.stringify(event));

const twilioSms = JSON.parse(readFixture('twilio').toString())[0].body as string;
const vonageSms = JSON.parse(readFixture('vonage').toString())[0].parameters as Record<string, string>;
const eightByEightSms = JSON.parse(readFixture('8x8').toString())[1].event as object;

const vonageReceipt = {
  status: 'delivered',
  'err-code': '0',
  messageId: '0B00000127FDBC63',
  msisdn: '6281234567890',
  timestamp: '1795310395',
};

const messages: readonly (readonly [string, () => InjectOptions, number])[] = [
  ['twilio', () => twilio(twilioSms), 1],
  ['vonage', () => vonage(vonageSms), 1],
  ['infobip', () => infobip('infobip'), 2],
  ['8x8', () => eightByEight(eightByEightSms), 1],
];

describe('all providers at once', () => {
  test.each(messages)(
    '%s hands a message over, and once more, and it is one',
    async (name, request, count) => {
      const first = await send(request());
      expect(first.statusCode).toBe(200);
      expect(first.headers['cache-control']).toBe('no-store');
      expect((await send(request())).statusCode).toBe(200);
      const { rows } = await database.pool.query('select external_id from reports');
      expect(rows).toHaveLength(count);
      for (const { external_id } of rows) expect(external_id).toMatch(new RegExp(`^${name}:id:`));
    },
  );

  const id = '0190c0de-0000-7000-8000-000000000001';
  test.each([
    [
      'twilio',
      () => twilio('MessageSid=SM1&MessageStatus=delivered&To=%2B6281234567890', `?notification=${id}`),
    ],
    ['vonage', () => vonage({ ...vonageReceipt, 'client-ref': id })],
    ['infobip', () => infobip('infobip-reports')],
    [
      '8x8',
      () =>
        eightByEight({
          eventType: 'outbound_message_status_changed',
          payload: { clientMessageId: id, status: { state: 'delivered' } },
        }),
    ],
    [
      'kannel',
      () => ({
        method: 'GET',
        url: `/channels/sms/kannel?secret=${secrets.SMS_KANNEL_SECRET}&notification=${id}&dlr=1`,
      }),
    ],
  ] as [string, () => InjectOptions][])(
    '%s has its delivery receipt answered 200, and no report comes of it',
    async (_, request) => {
      expect((await send(request())).statusCode).toBe(200);
      expect(await countRows(database.pool, 'reports')).toBe(0);
    },
  );
});

describe('a provider whose secret is in its address', () => {
  test('is answered to a wrong one as to an address that nobody has', async () => {
    const unknown = await send(
      infobip('infobip', 'x').url === '' ? {} : json('/channels/sms/nobody/x', '{}'),
    );
    expect(unknown.statusCode).toBe(404);
    for (const request of [
      infobip('infobip', 'rahasia-infobip-ujj'),
      infobip('infobip', secrets.SMS_8X8_SECRET),
      eightByEight(eightByEightSms, 'x'),
      json('/channels/sms/infobip', readFixture('infobip')),
      json(`/channels/sms/kannel/${secrets.SMS_KANNEL_SECRET}`, 'Banjir'),
    ]) {
      const answer = await send(request);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toEqual(unknown.json());
    }
    expect(await countRows(database.pool, 'reports')).toBe(0);
  });

  test('lets nobody try secrets for ever, and others go on meanwhile', async () => {
    const tried: number[] = [];
    for (let attempt = 0; attempt < 40; attempt += 1) {
      tried.push((await send(infobip('infobip', `tebakan-${attempt}`))).statusCode);
    }
    expect(tried).toEqual([...Array(30).fill(404), ...Array(10).fill(429)]);
    expect((await send(infobip('infobip'))).statusCode).toBe(429);
    expect((await send(infobip('infobip'), '203.0.113.250')).statusCode).toBe(200);
  });

  test('may call from the addresses that are named, and from no other, as the log says', async () => {
    const own = await open({ SMS_INFOBIP_ALLOW: '198.51.100.0/24', SMS_8X8_ALLOW: '2001:db8::/32' });
    expect((await send(infobip('infobip'), '198.51.100.9', own)).statusCode).toBe(200);
    expect((await send(eightByEight(eightByEightSms), '2001:db8::9', own)).statusCode).toBe(200);
    expect(own.logged).toEqual([]);
    expect((await send(infobip('infobip'), stranger(), own)).statusCode).toBe(404);
    expect(own.logged.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'channel_refused', channel: 'sms', provider: 'infobip' },
    ]);
  });

  test('is known behind a proxy by the address that the proxy names, where the proxy is believed', async () => {
    const own = await open({ SMS_INFOBIP_ALLOW: '198.51.100.9', TRUST_PROXY: '203.0.113.1' });
    const forwarded = { ...infobip('infobip'), headers: { 'x-forwarded-for': '198.51.100.9' } };
    const request = { ...forwarded, headers: { ...forwarded.headers, 'content-type': 'application/json' } };
    expect((await send(request, '203.0.113.1', own)).statusCode).toBe(200);
    expect((await send(request, '203.0.113.2', own)).statusCode).toBe(404);
  });

  test('that is off says so, and which setting is missing', async () => {
    const own = await open({ SMS_8X8_SECRET: '' });
    const answer = await send(eightByEight(eightByEightSms), stranger(), own);
    expect(answer.statusCode).toBe(404);
    expect(answer.json().reason).toBe('this channel is off: SMS_8X8_SECRET is not set');
  });
});

describe('a provider that signs', () => {
  test.each([
    ['twilio', () => ({ ...twilio(twilioSms), payload: `${twilioSms}x` })],
    ['vonage', () => ({ ...vonage(vonageSms), url: `${vonage(vonageSms).url}&text=palsu&text2=x` })],
  ] as [string, () => InjectOptions][])('%s has a forgery answered 401, which counts', async (_, request) => {
    const tried: number[] = [];
    for (let attempt = 0; attempt < 31; attempt += 1) tried.push((await send(request())).statusCode);
    expect(tried).toEqual([...Array(30).fill(401), 429]);
    expect(await countRows(database.pool, 'reports')).toBe(0);
  });
});
