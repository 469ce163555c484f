import { defineCommand } from 'citty';
import closeWithGrace from 'close-with-grace';
import { type Logger, pino } from 'pino';
import { type Config, describeConfig, readConfig } from '../config.ts';
import { AppError, describeFailure, findPlace } from '../errors.ts';
import { type Gateway, type Roles, type Servers, startGateway } from '../gateway.ts';
import { fail } from './fail.ts';

export const allCommand = defineCommand({
  meta: {
    name: 'all',
    description:
      'Gateway and workers in one process, with a PostgreSQL and a Redis of their own unless given',
  },
  run: () =>
    run(async (config, log, say, atEnd) => {
      // Not loaded by serve and work, who bring no servers along and migrate nothing.
      const { startEmbedded } = await import('../embedded/servers.ts');
      const { prepareDatabase } = await import('../prepare-database.ts');
      const embedded = await startEmbedded({
        dataDir: config.dataDir,
        postgres: config.databaseUrl === null,
        redis: config.redisUrl === null,
        say,
      });
      atEnd(embedded.stop);
      const databaseUrl = config.databaseUrl ?? embedded.databaseUrl ?? '';
      await prepareDatabase(databaseUrl, say);
      const servers = { databaseUrl, redisUrl: config.redisUrl ?? embedded.redisUrl };
      return startGateway(config, servers, { serve: true, work: true, sweep: true }, log);
    }),
});

export const serveCommand = defineCommand({
  meta: { name: 'serve', description: 'Only the gateway: takes reports. Needs DATABASE_URL and REDIS_URL' },
  run: () => run((config, log) => startPart(config, log, { serve: true, work: false, sweep: false })),
});

export const workCommand = defineCommand({
  meta: {
    name: 'work',
    description: 'Only the workers: file, route and deliver. Needs DATABASE_URL and REDIS_URL',
  },
  run: () => run((config, log) => startPart(config, log, { serve: false, work: true, sweep: true })),
});

function startPart(config: Config, log: Logger, roles: Roles): Promise<Gateway> {
  if (config.databaseUrl === null || config.redisUrl === null) {
    const missing = config.databaseUrl === null ? 'DATABASE_URL' : 'REDIS_URL';
    throw new AppError('config', `${missing} is not set. Set it, or run "lapor all", which brings its own.`);
  }
  const servers: Servers = { databaseUrl: config.databaseUrl, redisUrl: config.redisUrl };
  return startGateway(config, servers, roles, log);
}

type Stop = () => Promise<void>;
type Start = (
  config: Config,
  log: Logger,
  say: (line: string) => void,
  /** Has something stopped at the end, after all that was started later. */
  atEnd: (stop: Stop) => void,
) => Promise<Gateway>;

/** Starts, says where to look, and drains on SIGINT and SIGTERM, also one that comes while it is still starting. */
async function run(start: Start): Promise<void> {
  const stops: Stop[] = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const config = readConfig();
    const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
    const say = (line: string) => console.log(line);
    const starting = start(config, log, say, (stop) => stops.push(stop)).then((gateway) => {
      stops.push(gateway.stop);
      return gateway;
    });
    closeWithGrace({ delay: 90_000, logger: false }, async ({ signal, err }) => {
      if (err !== undefined) log.fatal({ event: 'crashed', error: describeFailure(err), at: findPlace(err) });
      if (signal !== undefined) say(`stopping (${signal}): finishing what runs`);
      await starting.catch(() => undefined);
      await stopAll();
      if (signal !== undefined) say('stopped');
    });
    log.debug({ event: 'settings', ...describeConfig(config) });
    const gateway = await starting;
    for (const line of describeChannels(gateway)) say(line);
    say(gateway.port === null ? 'ready: working' : describeReady(config, gateway.port));
  } catch (error) {
    await stopAll();
    fail(error);
    process.exit();
  }
}

function describeChannels(gateway: Gateway): readonly string[] {
  return gateway.channels.flatMap((channel) => [
    ...channel.providers.flatMap((provider) =>
      'off' in provider ? [`channel ${channel.name}/${provider.name} is off: ${provider.off}`] : [],
    ),
    ...(channel.off === undefined ? [] : [`channel ${channel.name} is off: ${channel.off}`]),
  ]);
}

function describeReady(config: Config, port: number): string {
  const base = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  return `ready ${base}

  report form  ${base}/lapor
  staff        ${base}/petugas
  API          ${base}/docs
  state        ${base}/ready

try it:

  curl ${base}/v1/reports -H 'content-type: application/json' -H 'prefer: wait=5' \\
    -d '{"kind":"complaint","text":"Lampu jalan mati sejak Senin di Kec. Coblong, Kota Bandung","consent":true}'
`;
}
