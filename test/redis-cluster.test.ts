import { execFileSync } from 'node:child_process';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AgencyCode } from '../src/domain/report.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';
import { testQueueNamespace } from './support/redis.ts';
import { type RedisCluster, startRedisCluster } from './support/redis-cluster.ts';

describe.skipIf(!hasRedisServer())('on a Redis Cluster of three masters', () => {
  const namespace = testQueueNamespace();
  let cluster: RedisCluster;
  let database: TestDatabase;
  let agency: ReceivingAgency;
  let gateway: Running;
  let worker: Running;
  let secret: string;

  beforeAll(async () => {
    [cluster, database, agency] = await Promise.all([
      startRedisCluster(),
      createTestDatabase({ seeded: true }),
      startReceivingAgency((_, response) => response.writeHead(202).end()),
    ]);
    ({ secret } = await addEndpoint(database.pool, 'nasional' as AgencyCode, `${agency.origin}/lapor`));
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: cluster.url,
      QUEUE_NAMESPACE: namespace,
      OUTBOUND_ALLOW: agency.host,
      DATA_DIR: `${inject('scratch')}/cluster-gateway`,
    };
    [gateway, worker] = await Promise.all([startGateway('serve', env), startGateway('work', env)]);
  });
  afterAll(async () => {
    await Promise.all([gateway?.end('SIGKILL'), worker?.end('SIGKILL')]);
    await agency?.stop();
    await cluster?.stop();
    await database?.drop();
  });

  test('reports are accepted, filed and delivered, and all keys of the queues share a slot', async () => {
    const trackingIds = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const answer = await fetch(`${gateway.url}/v1/reports`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', prefer: 'wait=10' },
          body: JSON.stringify({
            kind: 'aspiration',
            text: `Usul: jam buka kantor layanan s/d jam 8 mlm, spy yg kerja bs urus (${at})`,
            agency: 'nasional',
            consent: true,
          }),
        });
        expect(answer.status).toBe(202);
        return ((await answer.json()) as { trackingId: string | null }).trackingId;
      }),
    );
    await agency.waitFor(20);
    const delivered = agency.received.map(({ body, headers }) => {
      const verified = new Webhook(secret).verify(body, headers as Record<string, string>);
      return (verified as { data: { trackingId: string } }).data.trackingId;
    });
    expect(delivered.toSorted()).toEqual(trackingIds.toSorted());

    const perMaster = await cluster.listKeys();
    expect(perMaster.filter((keys) => keys.length > 0)).toHaveLength(1);
    expect(perMaster.flat().filter((key) => !key.startsWith(`{${namespace}}:`))).toEqual([]);
  });

  test('all parts are ready, and nothing failed', async () => {
    const ready = await fetch(`${gateway.url}/ready`);
    expect(await ready.json()).toMatchObject({ status: 'ready', parts: { queue: { state: 'ok' } } });
    for (const { output } of [gateway, worker])
      expect(output()).not.toMatch(/queue_error|job_failed|not_enqueued/);
    expect(await Promise.all([gateway.end('SIGTERM'), worker.end('SIGTERM')])).toEqual([0, 0]);
  });
});

/** Valkey will do as well where it is installed under Redis's name, as Debian does. */
function hasRedisServer(): boolean {
  try {
    execFileSync('redis-server', ['--version']);
    return true;
  } catch {
    return false;
  }
}
