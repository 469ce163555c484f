import { Redis } from 'ioredis';
import type { Pool } from '../src/db/pool.ts';
import type { WebhookBody } from '../src/domain/audiences/agency.ts';
import type { Arrival } from './agency.ts';
import { findCanaries, isAmong, type Sighting } from './canaries.ts';
import { type Ledger, readMark } from './ledger.ts';

/** Remembers where a canary was seen that should not be there. */
export type LeakWatch = {
  readonly look: (where: string, haystack: string) => void;
  readonly report: (where: string, sightings: readonly Sighting[]) => void;
  readonly leaks: () => readonly string[];
};

export function createLeakWatch(ledger: Ledger): LeakWatch {
  const leaks = new Set<string>();
  const report: LeakWatch['report'] = (where, sightings) => {
    for (const sighting of sightings) {
      const canaries = ledger.find(sighting.number)?.message.canaries;
      if (canaries !== undefined && isAmong(canaries, sighting)) leaks.add(`${sighting.canary} in ${where}`);
    }
  };
  return {
    look: (where, haystack) => report(where, findCanaries(haystack)),
    report,
    leaks: () => [...leaks],
  };
}

/** The one place where a webhook may name the reporter: `data.reporter` of an open report, and then no one else. */
export function lookAtArrival(watch: LeakWatch, ledger: Ledger, { agency, headers, body }: Arrival): void {
  const where = `webhook to ${agency}`;
  watch.look(`headers of a ${where}`, JSON.stringify(headers));
  const { data, ...rest } = JSON.parse(body) as WebhookBody;
  const { reporter, ...told } = data;
  watch.look(where, JSON.stringify({ rest, told }));
  const number = readMark(data.text);
  const entry = number === null ? undefined : ledger.find(number);
  const named = findCanaries(JSON.stringify(reporter ?? null));
  const isOpen = entry?.message.openness === 'open';
  watch.report(
    `data.reporter of a ${where}`,
    named.filter((sighting) => !isOpen || sighting.number !== number),
  );
}

/** Every row of every table; of the one where identities are sealed too, for nothing of them may be readable there. */
export async function lookAtTables({ look }: Pick<LeakWatch, 'look'>, db: Pool): Promise<void> {
  const { rows: tables } = await db.query<{ name: string; identifier: string }>(`
    select relname as name, format('%I.%I', nspname, relname) as identifier
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'm', 'p') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`);
  for (const { name, identifier } of tables) {
    const { rows } = await db.query<{ content: string }>(
      `select whole::text as content from ${identifier} as whole`,
    );
    look(`table ${name}`, rows.map(({ content }) => content).join('\n'));
  }
}

/** Every key and everything under it, as it is at this moment. */
export async function lookAtRedis({ look }: Pick<LeakWatch, 'look'>, url: string): Promise<void> {
  const client = new Redis(url, { connectTimeout: 1_000, commandTimeout: 2_000, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    for await (const keys of client.scanStream({ count: 500 })) {
      for (const key of keys as string[])
        look('redis', `${key}\n${JSON.stringify(await readKey(client, key))}`);
    }
  } finally {
    client.disconnect();
  }
}

async function readKey(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case 'string':
      return client.get(key);
    case 'hash':
      return client.hgetall(key);
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, '0', '-1', 'WITHSCORES');
    case 'stream':
      return client.xrange(key, '-', '+');
    default:
      return null; // gone meanwhile
  }
}
