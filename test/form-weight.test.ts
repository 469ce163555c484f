import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp } from './support/app.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';

/** 400 kbit/s, as in a village behind a hill, and what every request waits there besides. */
const bytesPerSecond = 400_000 / 8;
const latencySeconds = 0.4;

type Transfer = { readonly url: string; readonly type: string; bytes: number };

describe.skipIf(!hasChromium)('the report form on a slow network', () => {
  let database: TestDatabase;
  let app: FastifyInstance;
  let browser: Browser;

  beforeAll(async () => {
    [database, browser] = await Promise.all([createTestDatabase({ seeded: true }), launchChromium()]);
    ({ app } = await createTestApp(database.pool));
    await app.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await database?.drop();
  });

  /** Everything the form brings along, and the seconds until it can be filled in, in a browser that has seen nothing of it. */
  async function load(): Promise<{ readonly transfers: readonly Transfer[]; readonly seconds: number }> {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    const transfers = new Map<string, Transfer>();
    devtools.on('Network.responseReceived', ({ requestId, type, response }) => {
      if (response.url.startsWith('data:')) return;
      transfers.set(requestId, { url: response.url, type, bytes: 0 });
    });
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const transfer = transfers.get(requestId);
      if (transfer !== undefined) transfer.bytes = encodedDataLength;
    });
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: latencySeconds * 1000,
      downloadThroughput: bytesPerSecond,
      uploadThroughput: bytesPerSecond,
    });
    const { port } = app.server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/lapor`, { waitUntil: 'load' });
    const painted = await page.evaluate<number>(
      `new Promise((resolve) => new PerformanceObserver((list) => {
         const paint = list.getEntriesByName('first-contentful-paint')[0];
         if (paint) resolve(Math.max(paint.startTime, performance.getEntriesByType('navigation')[0].domInteractive));
       }).observe({ type: 'paint', buffered: true }))`,
    );
    expect(await page.getByLabel(/Kronologi|What happened/).isEditable()).toBe(true);
    await context.close();
    return { transfers: [...transfers.values()], seconds: painted / 1000 };
  }

  test('weighs less than 120 kB in all, and can be filled in within 2 seconds', async () => {
    const { transfers, seconds } = await load();
    const weigh = (those: readonly Transfer[]) => those.reduce((total, { bytes }) => total + bytes, 0);
    // What the first sight of it waits for; scripts are modules, and come after.
    const blocking = transfers.filter(({ type }) => type === 'Document' || type === 'Stylesheet');
    const said = transfers
      .map(({ url, type, bytes }) => `${bytes} ${type} ${new URL(url).pathname}`)
      .join('\n');
    expect(blocking.length, said).toBeGreaterThanOrEqual(3);
    expect(weigh(transfers), said).toBeLessThan(120_000);
    // A connection, the page, and the style sheets it names side by side.
    expect(3 * latencySeconds + weigh(blocking) / bytesPerSecond, said).toBeLessThan(2);
    // The same in the browser, where this machine may be busy with other tests.
    expect(seconds, said).toBeGreaterThan(2 * latencySeconds);
    expect(seconds, said).toBeLessThan(2 * 2);
    console.info(`${weigh(transfers)} bytes, ${seconds.toFixed(2)} s to fill it in\n${said}`);
  });
});
