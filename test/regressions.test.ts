import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { toInbound } from '../channels/sms/message.ts';
import { reopenDeliveries } from '../src/db/deliveries.ts';
import { leaseDeliveries, recordAttempt } from '../src/db/delivery-leases.ts';
import { listOverdueReports } from '../src/db/inbox.ts';
import { isUnavailable } from '../src/db/pool.ts';
import type { DeliveryId } from '../src/domain/report.ts';
import { openQueues, startWorkers } from '../src/queue/bullmq.ts';
import type { Payload } from '../src/queue/jobs.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, addEndpoint, fileReport } from './support/filed-reports.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { openTcpRelay } from './support/tcp-relay.ts';

/** What went wrong once, or was found to be about to. */

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a queue that was never reachable refuses jobs in seconds, and can be closed', async () => {
  const quiet = { error: () => {}, warn: () => {} };
  const queues = openQueues({ kind: 'redis', url: 'redis://127.0.0.1:9' }, 'never', quiet);
  const job = queues.enqueue('intake', { reportIds: ['01a20132-2471-777f-a8c4-334c841cc371'] });
  await expect(job).rejects.toMatchObject({ code: 'unavailable' });
  await expect(queues.ping()).rejects.toThrow('no answer');
  await queues.close();
}, 15_000);

test('a queue whose connections died without a word is there again', async () => {
  const relay = await openTcpRelay(testRedisUrl());
  const quiet = { error: () => {}, warn: () => {} };
  const namespace = testQueueNamespace();
  const handled: string[] = [];
  const idle = async () => {};
  const intake = async (job: Payload<'intake'>) =>
    void handled.push(...('reportIds' in job ? job.reportIds : []));
  const connection = { kind: 'redis', url: relay.url } as const;
  const queues = openQueues(connection, namespace, quiet);
  const workers = startWorkers(
    connection,
    namespace,
    { intake, messages: idle, deliver: idle, notify: idle, withdraw: idle },
    quiet,
  );
  const work = async (id: string) => {
    await vi.waitFor(() => queues.enqueue('intake', { reportIds: [id] }), 10_000);
    await vi.waitFor(() => expect(handled).toContain(id), 15_000);
  };
  await work('01a20132-2471-777f-a8c4-334c841cc371');
  relay.swallow();
  await expect(queues.ping()).rejects.toThrow();
  relay.mendNewOnly();
  await work('01a20132-2471-777f-a8c4-334c841cc372');
  await workers.close();
  await queues.close();
  await relay.close();
}, 60_000);

test.each([
  ...[
    '57014',
    '40P01',
    '40001',
    '55P03',
    '58030',
    '42P01',
    '25P03',
    '28P01',
    '3D000',
    '42P10',
    '54000',
    'XX000',
  ],
  ...['EMFILE', 'ECONNREFUSED', 'EADDRNOTAVAIL', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED'],
])('PostgreSQL error %s is blamed on no report', (code) => {
  expect(isUnavailable(Object.assign(new Error('refused'), { code }))).toBe(true);
});

test.each(['23505', '22P02', '22008', 'P0001'])('PostgreSQL error %s is blamed on its report', (code) => {
  expect(isUnavailable(Object.assign(new Error('refused'), { code }))).toBe(false);
});

test('an attempt at the endpoint an agency had before decides nothing once there is another', async () => {
  const now = new Date();
  const agency = await addAgency(database.pool);
  const endpoint = await addEndpoint(database.pool, agency, 'https://lama.example/laporan');
  const { deliveryId } = await fileReport(database.pool, agency, now);
  const [lease] = await leaseDeliveries(database.pool, [deliveryId], now, new Date(now.getTime() + 60_000));
  await reopenDeliveries(database.pool, agency, now);
  await recordAttempt(database.pool, {
    deliveryId: deliveryId as DeliveryId,
    number: lease?.attempt ?? 0,
    endpointId: endpoint.id,
    startedAt: now,
    endedAt: now,
    httpStatus: 404,
    verdict: 'refused',
    error: null,
    nextAttemptAt: null,
  });
  const { rows } = await database.pool.query('select state from deliveries where id = $1', [deliveryId]);
  expect(rows).toEqual([{ state: 'pending' }]);
});

test('a report put off by a process whose clock ran an hour ahead is not kept waiting for that hour', async () => {
  const now = new Date();
  const { reportId } = await fileReport(database.pool, await addAgency(database.pool), now);
  await database.pool.query(`update inbox set enqueue_after = $1`, [new Date(now.getTime() + 3_615_000)]);
  expect(await listOverdueReports(database.pool, now, 10)).toContain(reportId);
  expect(await listOverdueReports(database.pool, now, 10)).toEqual([]);
});

test('a sender cut in the middle of a character can be stored', () => {
  const { identity } = toInbound({
    provider: 'generic',
    id: '1',
    from: `${'x'.repeat(253)}😀`,
    text: 'Banjir',
    key: 'rahasia',
    receivedAt: new Date(),
    original: { contentType: 'application/json', body: Buffer.from('{}'), messageId: null },
  });
  expect(identity?.phone?.isWellFormed()).toBe(true);
});
