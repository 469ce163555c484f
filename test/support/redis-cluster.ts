import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { inject, vi } from 'vitest';
import { listFreePorts } from './own-servers.ts';

export type RedisCluster = {
  /** REDIS_URL: the nodes, separated by commas. */
  readonly url: string;
  /** What each master holds. */
  readonly listKeys: () => Promise<readonly (readonly string[])[]>;
  readonly stop: () => Promise<void>;
};

const slots = 16_384;
const password = 'rahasia/uji';

/** Three masters of a Redis Cluster on loopback, each with a third of the slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const folder = mkdtempSync(join(inject('scratch'), 'cluster-'));
  const nodes = await Promise.all([0, 1, 2].map((number) => startNode(join(folder, String(number)))));
  const [first] = nodes;
  await Promise.all(
    nodes.map(({ client }, number) =>
      client.call(
        'cluster',
        'addslotsrange',
        Math.ceil((slots * number) / nodes.length),
        Math.ceil((slots * (number + 1)) / nodes.length) - 1,
      ),
    ),
  );
  for (const { port, busPort } of nodes)
    await first?.client.call('cluster', 'meet', '127.0.0.1', port, busPort);
  await vi.waitFor(async () => {
    for (const { client } of nodes) {
      const info = await client.cluster('INFO');
      if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3'))
        throw new Error(info);
    }
  }, 20_000);
  return {
    url: nodes.map(({ port }) => `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`).join(','),
    listKeys: () => Promise.all(nodes.map(({ client }) => client.keys('*'))),
    stop: async () => {
      for (const { client, child } of nodes) {
        client.disconnect();
        if (child.exitCode !== null) continue;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }
    },
  };
}

type Node = {
  readonly port: number;
  readonly busPort: number;
  readonly client: Redis;
  readonly child: ChildProcess;
};

async function startNode(folder: string): Promise<Node> {
  mkdirSync(folder);
  const [port = 0, busPort = 0] = await listFreePorts(2);
  const settings = {
    port,
    'cluster-port': busPort,
    bind: '127.0.0.1',
    dir: folder,
    'cluster-enabled': 'yes',
    requirepass: password,
    masterauth: password,
    save: '',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  await once(child, 'spawn');
  // Where the run of the tests is killed, its end looks for servers in such files.
  writeFileSync(join(folder, 'server.json'), JSON.stringify({ pid: child.pid }));
  const client = new Redis({ port, password, retryStrategy: () => 50 });
  client.on('error', () => {}); // not listening yet
  await client.ping();
  return { port, busPort, client, child };
}
