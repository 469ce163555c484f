import { pino } from 'pino';
import { readConfig } from '../src/config.ts';
import { startGateway } from '../src/gateway.ts';
import { openSealing } from '../src/prepare-keys.ts';
import { createEarlyAccept } from './early-accept.ts';

/**
 * The gateway put together wrongly, for the negative controls: `serve-ack-early` acknowledges before it commits,
 * `work-no-sweeper` never looks for what the queue lost. A harness that does not find these out finds nothing out.
 */
const config = readConfig();
const log = pino({ level: config.logLevel });
const servers = { databaseUrl: config.databaseUrl ?? '', redisUrl: config.redisUrl };
const gateway =
  process.argv[2] === 'serve-ack-early'
    ? await startGateway(config, servers, { serve: true, work: false, sweep: false }, log, {
        createAccept: createEarlyAccept,
        openSealing,
      })
    : await startGateway(config, servers, { serve: false, work: true, sweep: false }, log);
process.once('SIGTERM', () => void gateway.stop().then(() => process.exit()));
console.log('ready');
