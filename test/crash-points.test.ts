import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { AgencyCode } from '../src/domain/report.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import type { Running } from './support/gateway.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { signSms, smsSecret } from './support/signed-sms.ts';
import { type SmsProvider, startSmsProvider } from './support/sms-provider.ts';
import { createSuccessors } from './support/successors.ts';
import { uniqueWord } from './support/unique-word.ts';
import { letWaitingTimePass } from './support/waiting-time.ts';

let database: TestDatabase;
let agency: ReceivingAgency;
let provider: SmsProvider;
let env: Parameters<typeof startNext>[0];
const { startDying, startNext, endAll } = createSuccessors();

beforeAll(async () => {
  [database, agency, provider] = await Promise.all([
    createTestDatabase({ seeded: true }),
    startReceivingAgency((_, response) => response.writeHead(202).end()),
    startSmsProvider(),
  ]);
  await addEndpoint(database.pool, 'nasional' as AgencyCode, `${agency.origin}/lapor`);
  env = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    QUEUE_NAMESPACE: testQueueNamespace(),
    OUTBOUND_ALLOW: agency.host,
    DATA_DIR: `${inject('scratch')}/crash-points`,
    SMS_GENERIC_SECRET: smsSecret,
    SMS_KANNEL_SEND_URL: provider.url,
    SMS_KANNEL_SEND_USER: 'lapor',
    SMS_KANNEL_SEND_PASSWORD: 'rahasia-kirim',
  };
});
afterEach(endAll);
afterAll(async () => {
  await agency?.stop();
  await provider?.stop();
  await database?.drop();
});

/** How often the agency hears of the report: twice where nobody had time to write down that it had. */
test.each([
  ['accept:before-commit', 1],
  ['accept:after-commit', 1],
  ['accept:after-enqueue', 1],
  ['intake:before-commit', 1],
  ['intake:after-commit', 1],
  ['intake:after-enqueue', 1],
  ['deliver:before-send', 1],
  ['deliver:after-send', 2],
  ['deliver:after-record', 1],
] as const)(
  'a gateway that dies at %s loses no report and doubles none',
  { timeout: 90_000 },
  async (point, hearings) => {
    const dying = await startDying(env, point);
    const key = uniqueWord();
    const first = await send(dying, key).catch(() => null);
    expect(await dying.ended).toBe('SIGKILL');

    await letWaitingTimePass(database.pool);
    const gateway = await startNext(env);
    const { receipt } = await send(gateway, key);
    if (first !== null) expect(receipt).toBe(first.receipt);
    await expect
      .poll(() => listReports(key), { timeout: 60_000 })
      .toMatchObject([{ receipt, state: 'delivered' }]);

    const heard = agency.received.filter(({ body }) => body.includes(key));
    expect(heard).toHaveLength(hearings);
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  },
);

/** Without a key the sender cannot ask again: what was accepted is filed all the same, once. */
test.each([
  'accept:after-commit',
  'accept:after-enqueue',
  'unpack:before-commit',
  'unpack:after-commit',
  'intake:after-commit',
] as const)(
  'a gateway that dies at %s files a report without a key once',
  { timeout: 60_000 },
  async (point) => {
    const dying = await startDying(env, point);
    const word = uniqueWord();
    await send(dying, word, {}).catch(() => null);
    expect(await dying.ended).toBe('SIGKILL');

    await letWaitingTimePass(database.pool);
    await startNext(env);
    await expect.poll(() => listReports(word), { timeout: 30_000 }).toMatchObject([{ state: 'delivered' }]);
    expect(agency.received.filter(({ body }) => body.includes(word))).toHaveLength(1);
  },
);

/** The provider cannot be asked what it sent, so what is in doubt is left to staff. */
test.each([
  ['notify:before-send', 'parked', 0],
  ['notify:after-send', 'parked', 1],
  ['notify:after-mark', 'sent', 1],
] as const)(
  'a gateway that dies at %s leaves the word to the reporter %s, and sends it %i times in all',
  { timeout: 60_000 },
  async (point, state, sent) => {
    provider.forget();
    const dying = await startDying(env, point);
    const id = `pesan-${point.replace(':', '-')}`;
    const sms = { id, from: '+6281322334455', text: `Talud sungai longsor di belakang SD kami (${id})` };
    await sendSms(dying, sms);
    expect(await dying.ended).toBe('SIGKILL');
    expect(provider.sent).toHaveLength(sent);

    await letWaitingTimePass(database.pool);
    const gateway = await startNext(env);
    await expect.poll(() => listNotificationStates(id), { timeout: 30_000 }).toEqual([state]);
    // another one goes out, and this one does not with it
    const other = `${id}-lagi`;
    await letWaitingTimePass(database.pool);
    await sendSms(gateway, { id: other, from: '+6281355667788', text: `Longsor lagi (${other})` });
    await expect.poll(() => listNotificationStates(other), { timeout: 30_000 }).toEqual(['sent']);
    expect(await listNotificationStates(id)).toEqual([state]);
    expect(provider.asked.filter(({ to }) => to === sms.from)).toHaveLength(sent);
    expect(provider.sent).toHaveLength(sent + 1);
  },
);

/** Two answers are under way when it dies: the word to the reporter may be in doubt, and then it is left to staff. */
test.each(['messages:before-commit', 'messages:after-commit', 'messages:after-enqueue'] as const)(
  'a gateway that dies at %s loses nothing that was added to a report and doubles nothing',
  { timeout: 90_000 },
  async (point) => {
    provider.forget();
    const id = `tambahan-${point.replace(':', '-')}`;
    const from = '+6281344556677';
    const gateway = await startNext(env);
    await sendSms(gateway, { id, from, text: `Talud sungai longsor di belakang SD kami (${id})` });
    await expect.poll(() => listNotificationStates(id), { timeout: 30_000 }).toEqual(['sent']);
    const { rows } = await database.pool.query<{ id: string; tracking_id: string }>(
      `select report.id, tracking_id from reports as report join filings on report_id = report.id
       where text like '%(' || $1 || ')%'`,
      [id],
    );
    const [report] = rows;
    await gateway.stop();

    const dying = await startDying(env, point);
    const added = `sekarang pagarnya ikut ambruk ${uniqueWord()}`;
    const sms = { id: `${id}-2`, from, text: `TAMBAH ${report?.tracking_id} ${added}` };
    await sendSms(dying, sms).catch(() => undefined);
    expect(await dying.ended).toBe('SIGKILL');
    await letWaitingTimePass(database.pool);
    const next = await startNext(env);
    await sendSms(next, sms);
    await expect
      .poll(() => listAdded(report?.id ?? ''), { timeout: 60_000 })
      .toEqual([{ text: added, state: 'delivered', told: expect.stringMatching(/^(sent|parked)$/) }]);
    const heard = agency.received.filter(({ body }) => body.includes(added));
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(provider.sent.filter(({ text }) => text.startsWith('Tambahan')).length).toBeLessThanOrEqual(1);
  },
);

async function listAdded(reportId: string) {
  const { rows } = await database.pool.query(
    `select addition.text, delivery.state, notification.state as told
     from additions as addition
     left join deliveries as delivery on delivery.addition_id = addition.id
     left join notifications as notification on notification.report_id = addition.report_id and kind = 'added'
     where addition.report_id = $1`,
    [reportId],
  );
  return rows;
}

type Reachable = Pick<Running, 'url'>;

async function send(
  { url }: Reachable,
  key: string,
  names: Readonly<Record<string, string>> = { 'idempotency-key': key },
): Promise<{ receipt: string }> {
  const answer = await fetch(`${url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...names },
    body: JSON.stringify({
      kind: 'complaint',
      text: `Jembatan gantung di desa kami talinya putus sebelah, anak sekolah memutar 4 km (${key})`,
      agency: 'nasional',
      consent: true,
    }),
  });
  expect(answer.status).toBe(202);
  return (await answer.json()) as { receipt: string };
}

async function listReports(key: string) {
  const { rows } = await database.pool.query<{ receipt: string; state: string | null }>(
    `select report.receipt, delivery.state
     from reports as report
     left join filings as filing on filing.report_id = report.id
     left join deliveries as delivery on delivery.report_id = report.id
     where report.text like '%' || $1 || '%'`,
    [key],
  );
  return rows;
}

async function sendSms(
  { url }: Reachable,
  sms: { readonly id: string; readonly from: string; readonly text: string },
) {
  const { method, url: path, payload, headers } = signSms(Buffer.from(JSON.stringify(sms)));
  const answer = await fetch(url + path, { method, headers, body: new Uint8Array(payload) });
  expect(answer.status).toBe(202);
}

async function listNotificationStates(smsId: string): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ state: string }>(
    `select notification.state from notifications as notification
     join reports as report on report.id = notification.report_id
     where report.text like '%(' || $1 || ')%'`,
    [smsId],
  );
  return rows.map(({ state }) => state);
}
