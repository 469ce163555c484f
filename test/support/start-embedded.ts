import { startEmbedded } from '../../src/embedded/servers.ts';

/** A process that starts the servers of the folder it is given, says so, and stays until it is killed. */
const embedded = await startEmbedded({
  dataDir: process.argv[2] ?? '',
  postgres: true,
  redis: true,
  say: () => {},
});
console.log(JSON.stringify(embedded));
setInterval(() => {}, 60_000);
