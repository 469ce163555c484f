import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { AgencyCode } from '../src/domain/report.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';

let database: TestDatabase;
let agency: ReceivingAgency;
let env: Readonly<Record<string, string>>;
let running: Running[] = [];

beforeAll(async () => {
  [database, agency] = await Promise.all([
    createTestDatabase({ seeded: true }),
    startReceivingAgency((_, response) => response.writeHead(202).end()),
  ]);
  await addEndpoint(database.pool, 'nasional' as AgencyCode, `${agency.origin}/lapor`);
  env = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    QUEUE_NAMESPACE: testQueueNamespace(),
    OUTBOUND_ALLOW: agency.host,
    DATA_DIR: `${inject('scratch')}/crash-points`,
  };
});
afterEach(async () => {
  await Promise.all(running.map((gateway) => gateway.end('SIGKILL')));
  running = [];
});
afterAll(async () => {
  await agency?.stop();
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
    const dying = await start({ CRASH_AT: point });
    const key = randomUUID();
    const first = await send(dying, key).catch(() => null);
    expect(await dying.ended).toBe('SIGKILL');

    await letWaitingTimePass();
    const gateway = await start({});
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

async function start(more: Readonly<Record<string, string>>): Promise<Running> {
  const gateway = await startGateway('all', { ...env, ...more });
  running.push(gateway);
  return gateway;
}

async function send({ url }: Running, key: string): Promise<{ receipt: string }> {
  const answer = await fetch(`${url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
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

/** As if the sweeper's patience and the lease of whoever died were over. */
async function letWaitingTimePass(): Promise<void> {
  await database.pool.query('update inbox set enqueue_after = now()');
  await database.pool.query(
    `update deliveries set next_attempt_at = now(), enqueue_after = now() where state = 'pending'`,
  );
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
