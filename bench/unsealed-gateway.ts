import { hash, randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createAccept } from '../src/accept.ts';
import { readConfig } from '../src/config.ts';
import { startGateway } from '../src/gateway.ts';

/** The gateway as it would be without sealing, to see what sealing costs: what is stored is in the clear. */
const config = readConfig();
const gateway = await startGateway(
  config,
  { databaseUrl: config.databaseUrl ?? '', redisUrl: config.redisUrl },
  { serve: true, work: false, sweep: false },
  pino({ level: config.logLevel }),
  {
    createAccept,
    openSealing: async () => ({
      seal: (plaintext) => ({ keyId: 'unsealed', bytes: plaintext }),
      // as accept told repeats from other messages before
      blindIndex: (_kind, value) => hash('sha256', value, 'buffer'),
      formKey: randomBytes(32),
    }),
  },
);
process.once('SIGTERM', () => void gateway.stop().then(() => process.exit()));
console.log(`ready http://127.0.0.1:${gateway.port}`);
