import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addEndpoint } from '../src/cli/endpoint.ts';
import { parseConfig } from '../src/config.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import { findFreePort } from '../src/embedded/processes.ts';
import { newSecret } from '../src/outbound/sign.ts';
import { prepareDatabase } from '../src/prepare-database.ts';
import { createMissingKeys, toSettings } from '../src/sealing/keys.ts';
import { type FlakyAgency, startFlakyAgency } from './agency.ts';
import type { Stage } from './faults.ts';
import { agencies } from './messages.ts';
import type { Control } from './plan.ts';
import { type Supervised, supervise } from './processes.ts';
import { openWire } from './proxies.ts';
import { createRandom } from './random.ts';
import { startOwnPostgres, startOwnRedis } from './servers.ts';
import { type FlakySmsProvider, startFlakySmsProvider } from './sms-provider.ts';
import type { Timeline } from './timeline.ts';

export type Built = Stage & {
  readonly url: string;
  readonly genericSecret: string;
  readonly kannelSecret: string;
  /** Where the processes have the folders in which they keep files. */
  readonly dataDir: string;
  readonly agency: FlakyAgency;
  readonly provider: FlakySmsProvider;
  readonly processes: readonly Supervised[];
  readonly close: () => Promise<void>;
};

/** Which program plays which part; the controls put a wrong one in its place. */
const right = '../src/main.js';
const wrong = './gateway-process.js';
const gatewayOf = (control: Control | null) =>
  control === 'ack-early' ? { file: wrong, args: ['serve-ack-early'] } : { file: right, args: ['serve'] };
const workerOf = (control: Control | null) =>
  control === 'no-sweeper' ? { file: wrong, args: ['work-no-sweeper'] } : { file: right, args: ['work'] };

/** Servers, wires, the world outside, and the gateway's three processes in the middle. */
export async function buildStage(
  folder: string,
  seed: number,
  control: Control | null,
  timeline: Timeline,
): Promise<Built> {
  const [postgres, redis] = await Promise.all([
    startOwnPostgres(join(folder, 'postgres')),
    startOwnRedis(join(folder, 'redis')),
  ]);
  if (postgres.fillDisk === null) timeline.note('left out: disk full (needs root and the right to mount)');
  await prepareDatabase(postgres.url(), () => undefined);
  const db = createPool(postgres.url(), { max: 4, onError: () => undefined });
  const postgresWire = await openWire(() => Number(new URL(postgres.url()).port));
  const redisWire = await openWire(() => Number(new URL(redis.url()).port));
  const agency = await startFlakyAgency(createRandom(seed, 'agency'));
  const provider = await startFlakySmsProvider(createRandom(seed, 'provider'));
  for (const code of agencies) await openEndpoint(db, agency, code);

  const dataDir = join(folder, 'data');
  const genericSecret = newSecret();
  const kannelSecret = newSecret().slice(-20);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    DATABASE_URL: through(postgres.url(), postgresWire.port),
    REDIS_URL: through(redis.url(), redisWire.port),
    PORT: String(port),
    PUBLIC_URL: url,
    LOG_LEVEL: 'debug',
    OUTBOUND_ALLOW: agency.host,
    SMS_GENERIC_SECRET: genericSecret,
    SMS_KANNEL_SECRET: kannelSecret,
    SMS_KANNEL_SEND_URL: provider.url,
    SMS_KANNEL_SEND_USER: 'lapor',
    SMS_KANNEL_SEND_PASSWORD: kannelSecret,
  };
  // As an operator hands them out: the private key only to those who work.
  const keys = parseConfig({ DATA_DIR: dataDir });
  createMissingKeys(keys);
  const { forServing, forWorking } = toSettings(keys);
  const start = (name: string, program: ReturnType<typeof gatewayOf>, more: Record<string, string>) => {
    // A folder each, as on machines of their own.
    const folderOfOwn = join(dataDir, name.replace(' ', '-'));
    mkdirSync(folderOfOwn, { recursive: true });
    return supervise(
      { name, ...program, env: { ...env, ...forServing, ...more, DATA_DIR: folderOfOwn } },
      timeline,
    );
  };
  const gateway = start('gateway', gatewayOf(control), {});
  const startWorker = (name: string) => start(name, workerOf(control), forWorking);
  const workers = [startWorker('worker 1'), startWorker('worker 2')] as const;
  const processes = [gateway, ...workers];
  return {
    ...{ postgres, redis, postgresWire, redisWire, gateway, workers, db, processes },
    ...{ url, genericSecret, kannelSecret, dataDir, agency, provider },
    close: async () => {
      await Promise.all(processes.map((started) => started.end()));
      await db.end();
      await Promise.all([agency.stop(), provider.stop(), postgresWire.close(), redisWire.close()]);
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}

/** What an operator does once an agency is well again: everything it waits for, or has refused, is sent anew. */
export async function openEndpoint(db: Pool, agency: FlakyAgency, code: string): Promise<void> {
  const { secret } = await addEndpoint(db, code, `${agency.origin}/${code}`, true);
  agency.learnSecret(code, secret);
}

/** A URL of the server that leads over the wire, and not past it through a socket. */
function through(serverUrl: string, port: number): string {
  const url = new URL(serverUrl);
  url.searchParams.delete('host');
  url.port = String(port);
  return url.href;
}
