import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Running, startGateway } from './support/gateway.ts';

describe.skipIf(!hasChromium)('the pages in a browser', () => {
  let database: TestDatabase;
  let gateway: Running;
  let browser: Browser;

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    gateway = await startGateway('all', {
      DATABASE_URL: database.url,
      DATA_DIR: `${inject('scratch')}/pages`,
      QUEUE_NAMESPACE: 'pages',
      // a browser driven by a test is faster than any person
      FORM_MIN_SECONDS: '0',
      ...(inject('redisUrl') !== null && { REDIS_URL: inject('redisUrl') ?? '' }),
    });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.end('SIGTERM');
    await database?.drop();
  });

  test('the API documentation works under a policy of its own', async () => {
    const page = await browser.newPage({ baseURL: gateway.url });
    const refused: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') refused.push(message.text());
    });
    await page.goto('/docs');
    await page.getByText('/v1/reports', { exact: true }).waitFor();
    expect(refused).toEqual([]);
    await page.close();
  });

  describe.each([360, 1280])('%i pixels wide, without JavaScript', (width) => {
    let page: Page;
    /** What the browser refused because the content security policy forbids it. */
    let violations: string[];

    beforeEach(async () => {
      violations = [];
      page = await browser.newPage({
        viewport: { width, height: 740 },
        javaScriptEnabled: false,
        locale: 'id-ID',
        baseURL: gateway.url,
      });
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) violations.push(message.text());
      });
    });
    afterEach(async () => {
      await page.close();
      expect(violations).toEqual([]);
    });

    const text = 'Lampu jln dpn SDN 2 Cikaret mati sdh 2 mgg </textarea><script>alert(1)</script> & gelap';
    const send = () => page.getByRole('main').getByRole('button', { name: 'Kirim laporan' }).click();

    async function expectNoSidewaysScroll(): Promise<void> {
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }

    async function countReports(): Promise<number> {
      const { rows } = await database.pool.query<{ count: number }>(
        'select count(*)::int as count from reports',
      );
      return rows[0]?.count ?? 0;
    }

    test('a citizen reports, mends what was forgotten, gets a receipt and tracks the report', async () => {
      const before = await countReports();
      await page.goto('/');
      await expectNoSidewaysScroll();
      await page.getByRole('link', { name: 'Buat laporan' }).click();

      await page.getByLabel('Permintaan informasi').check();
      await page.getByLabel('Judul').fill('<b>Lampu</b> jalan mati');
      await page.getByLabel('Kronologi').fill(text);
      await page.getByLabel('Tanggal kejadian').fill('2025-06-14');
      await page.getByLabel('Tempat kejadian').fill('Kel. Cikaret, Bogor Selatan, Kota Bogor "barat"');
      await page.getByLabel('Nama', { exact: true }).fill("Wulan' onfocus='alert(1)");
      await page.getByLabel('Nomor telepon').fill('0812-3456-7890');
      await page.getByLabel('Anonim').check();
      await expectNoSidewaysScroll();
      await send();

      expect(await page.title()).toBe('Perbaiki: Buat laporan – Gerbang Lapor');
      await expectNoSidewaysScroll();
      await page.getByRole('link', { name: 'Beri tanda setuju' }).click();
      expect(page.url()).toMatch(/#consent$/);
      expect(await page.getByLabel('Permintaan informasi').isChecked()).toBe(true);
      expect(await page.getByLabel('Judul').inputValue()).toBe('<b>Lampu</b> jalan mati');
      expect(await page.getByLabel('Kronologi').inputValue()).toBe(text);
      expect(await page.getByLabel('Tanggal kejadian').inputValue()).toBe('2025-06-14');
      expect(await page.getByLabel('Nama', { exact: true }).inputValue()).toBe("Wulan' onfocus='alert(1)");
      expect(await page.getByLabel('Anonim').isChecked()).toBe(true);
      expect(await countReports()).toBe(before);
      await page.getByLabel('Saya setuju').check();
      await send();

      await page.waitForURL(/\/terima\/[0-9a-z]{33}$/);
      const trackingId = await page.locator('.number').textContent();
      expect(trackingId).toMatch(/^\d{4}-\d{4}-\d{4}$/);
      expect(await page.getByText('<b>Lampu</b> jalan mati').isVisible()).toBe(true);
      await expectNoSidewaysScroll();

      await page.getByRole('link', { name: 'Lacak' }).click();
      await page.getByLabel('ID pelacakan').fill(trackingId ?? '');
      await page.getByRole('button', { name: 'Lacak laporan' }).click();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(`Laporan ${trackingId}`);
      expect(await page.getByText('Diteruskan ke').isVisible()).toBe(true);
      expect(await page.content()).not.toContain('SDN 2');
      await expectNoSidewaysScroll();
    });

    async function fillIn(): Promise<void> {
      await page.goto('/lapor');
      await page.getByLabel('Kronologi').fill(`${text} ${crypto.randomUUID()}`);
      await page.getByLabel('Saya setuju').check();
    }

    test('a double click and a way back and forth file one report', async () => {
      const before = await countReports();
      await fillIn();
      await page.getByRole('main').getByRole('button', { name: 'Kirim laporan' }).dblclick();
      await page.waitForURL(/\/terima\//);
      const receipt = page.url();
      await page.goBack();
      await send();
      await page.waitForURL(/\/terima\//);
      expect(page.url()).toBe(receipt);
      expect(await countReports()).toBe(before + 1);
    });

    test('a confidential report is tracked by its receipt only', async () => {
      await fillIn();
      await page.getByLabel('Rahasia').check();
      await send();
      const trackingId = (await page.locator('.number').textContent()) ?? '';
      const receipt = (await page.locator('.code').textContent()) ?? '';
      await page.goto(`/lacak?id=${trackingId}`);
      expect(await page.getByRole('heading', { name: 'Tidak ada laporan dengan ID ini' }).isVisible()).toBe(
        true,
      );
      await page.getByLabel('ID pelacakan').fill(receipt);
      await page.getByRole('button', { name: 'Lacak laporan' }).click();
      expect(page.url()).toBe(`${gateway.url}/terima/${receipt}`);
    });

    test('an agency named unclearly is chosen from those that may be meant', async () => {
      await fillIn();
      await page.getByLabel('Instansi tujuan').fill('bogor');
      await send();
      await page.getByLabel('Pemerintah Kota Bogor').check();
      await send();
      await page.locator('.number').waitFor();
      expect(await page.getByText('Pemerintah Kota Bogor', { exact: true }).isVisible()).toBe(true);
    });

    test('Enter in a field sends the form, the language button keeps what was typed', async () => {
      await page.goto('/lapor');
      await page.getByLabel('Judul').fill('Pungli di loket');
      await page.getByLabel('Judul').press('Enter');
      await page.getByRole('alert').waitFor();
      await page.getByRole('button', { name: 'English' }).click();
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Make a report');
      expect(await page.getByLabel('Title').inputValue()).toBe('Pungli di loket');
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.goto('/lacak');
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Track a report');
    });

    test('everything one presses or fills in is big enough for a thumb', async () => {
      for (const url of ['/', '/lapor', '/lacak']) {
        await page.goto(url);
        const targets = page.locator(
          'nav a, nav button, main a, [type=submit]:not(.hidden), .field input, select, textarea, .choice label',
        );
        for (const target of await targets.filter({ visible: true }).all()) {
          expect(
            (await target.boundingBox())?.height,
            await target.textContent().then(String),
          ).toBeGreaterThanOrEqual(44);
        }
      }
    });

    test('an address that does not exist gets a page in the same dress', async () => {
      const answer = await page.goto('/tidak-ada');
      expect(answer?.status()).toBe(404);
      expect(await page.getByRole('link', { name: 'Ke beranda' }).isVisible()).toBe(true);
    });
  });
});
