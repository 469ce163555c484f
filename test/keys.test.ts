import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Config, parseConfig } from '../src/config.ts';
import { createPool } from '../src/db/pool.ts';
import { forgetSealingKey, listIdentityKeys } from '../src/db/sealing-keys.ts';
import { openIdentities, openSealing } from '../src/prepare-keys.ts';
import { readIndexKey, readPublicKey, rotateKeys, toSettings } from '../src/sealing/keys.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { testDataDir } from './support/sealing.ts';

const log = pino({ level: 'silent' });
let database: TestDatabase;
let folders = 0;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => database.pool.query('truncate sealing_keys'));
afterAll(() => database.drop());

/** A machine with a data folder of its own. */
function machine(settings: Readonly<Record<string, string>> = {}): Config {
  folders += 1;
  return parseConfig({ DATA_DIR: join(testDataDir, `machine-${folders}`), ...settings });
}
const serve = (config: Config) => openSealing(config, database.pool, log, true);
const work = (config: Config) => openIdentities(config, database.pool, log);

test('a gateway and a worker on one machine share the keys the first of them made', async () => {
  const config = machine();
  await Promise.all([serve(config), work(config)]);
  expect((await listIdentityKeys(database.pool)).inUse).toEqual([readPublicKey(config).id]);
});

test('on two machines the gateway needs the public half, and the worker the private one alone', async () => {
  const first = machine();
  await serve(first);
  const { forServing, forWorking } = toSettings(first);
  await serve(machine(forServing));
  await work(machine(forWorking));
  expect((await listIdentityKeys(database.pool)).inUse).toEqual([readPublicKey(first).id]);
});

test('a gateway with other keys does not start, and leaves nothing behind that would keep others from it', async () => {
  const first = machine();
  await serve(first);
  await expect(serve(machine())).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('copy DATA_DIR/keys'),
  });
  expect((await listIdentityKeys(database.pool)).inUse).toEqual([readPublicKey(first).id]);
  await work(first);
});

test('a worker without the private half of a key in use does not start, and says which', async () => {
  const first = machine();
  await serve(first);
  await expect(work(machine())).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining(readPublicKey(first).id),
  });
});

test('after a rotation the file has both keys, and both are known to be in use', async () => {
  const first = machine();
  await serve(first);
  rotateKeys(first);
  await serve(first);
  await work(first);
  expect((await listIdentityKeys(database.pool)).inUse).toHaveLength(2);
});

test('without PostgreSQL a gateway starts with keys that were there before, never with new ones', async () => {
  const away = createPool('postgres://nobody:x@127.0.0.1:9/none', { max: 1, onError: () => {} });
  const fresh = machine();
  await expect(openSealing(fresh, away, log, true)).rejects.toThrow();
  await expect(openSealing(fresh, away, log, true)).rejects.toThrow();
  const known = machine();
  await serve(known);
  await expect(openSealing(known, away, log, true)).resolves.toBeDefined();
  await away.end();
});

test('keys that are lost can be given up: then gateways and workers start with new ones', async () => {
  const lost = machine();
  await serve(lost);
  const fresh = machine();
  await expect(serve(fresh)).rejects.toThrow(`lapor keys forget ${readIndexKey(lost).id}`);
  expect(await forgetSealingKey(database.pool, readIndexKey(lost).id)).toBe(true);
  await serve(fresh);
  await expect(work(fresh)).rejects.toThrow(`lapor keys forget ${readPublicKey(lost).id}`);
  expect(await forgetSealingKey(database.pool, readPublicKey(lost).id)).toBe(true);
  await work(fresh);
  expect(await forgetSealingKey(database.pool, 'no such key')).toBe(false);
});
