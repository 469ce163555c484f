import { getHeapStatistics } from 'node:v8';
import fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { registerPressure } from './pressure.ts';

let app: FastifyInstance;
let logged: string[];

beforeEach(async () => {
  logged = [];
  app = fastify();
  app.setErrorHandler((error, _request, reply) => reply.code(503).send(error));
  const log = pino({}, { write: (line: string) => logged.push(line) });
  await registerPressure(app, { log, clock: () => new Date() });
  app.get('/', async () => 'ok');
  app.get('/health', { config: { limit: 'none' } }, async () => 'ok');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

const status = async (url: string) => (await app.inject(url)).statusCode;

async function expectShedding(measure: string): Promise<void> {
  expect(await status('/')).toBe(503);
  expect(await status('/')).toBe(503);
  expect(await status('/health')).toBe(200);
  expect(logged.map((line) => JSON.parse(line))).toMatchObject([{ event: 'overloaded', measure }]);
}
const expectRecovery = () => vi.waitFor(async () => expect(await status('/')).toBe(200), { timeout: 10_000 });

test('while the heap is nearly full only what watches over us is answered, and all again afterwards', async () => {
  const heapUsed = 0.9 * getHeapStatistics().heap_size_limit;
  const usage = vi.spyOn(process, 'memoryUsage').mockReturnValue({ ...process.memoryUsage(), heapUsed });
  await vi.waitFor(() => expect(app.isUnderPressure()).toBe(true), { timeout: 10_000 });
  await expectShedding('heapUsedBytes');
  usage.mockRestore();
  await expectRecovery();
});

test('while every turn of the event loop takes too long only what watches over us is answered', async () => {
  while (!app.isUnderPressure()) {
    const end = performance.now() + 2_300;
    while (performance.now() < end); // busy, as a flood keeps it
    await new Promise((resolve) => setTimeout(resolve));
  }
  await expectShedding('eventLoopDelay');
  await expectRecovery();
});

test('one long turn is no overload', async () => {
  const sampled = vi.spyOn(process, 'memoryUsage');
  await vi.waitFor(() => expect(sampled).toHaveBeenCalled(), { timeout: 10_000 });
  sampled.mockClear();
  const end = performance.now() + 400;
  while (performance.now() < end);
  await vi.waitFor(() => expect(sampled).toHaveBeenCalledTimes(2), { timeout: 10_000 });
  expect(await status('/')).toBe(200);
});
