import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { PDFDocument } from 'pdf-lib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AgencyCode } from '../src/domain/report.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { testDataDir } from './support/sealing.ts';
import { uniqueWord } from './support/unique-word.ts';

/** The page of a receipt's owner, in a real browser, with a real gateway, workers and agency behind it. */

describe.skipIf(!hasChromium)('the page of a receipt', () => {
  let database: TestDatabase;
  let agency: ReceivingAgency;
  let gateway: Running;
  let workers: Running | undefined;
  let browser: Browser;
  let env: Readonly<Record<string, string>>;
  /** Webhooks the agency has not answered yet; null once it answers at once. */
  let unanswered: ServerResponse[] | null = [];

  beforeAll(async () => {
    [database, agency, browser] = await Promise.all([
      createTestDatabase({ seeded: true }),
      startReceivingAgency((_, response) => {
        if (unanswered === null) response.writeHead(202).end();
        else unanswered.push(response);
      }),
      launchChromium(),
    ]);
    await addEndpoint(database.pool, 'D32.73' as AgencyCode, `${agency.origin}/lapor`);
    env = {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: testQueueNamespace(),
      OUTBOUND_ALLOW: agency.host,
      DATA_DIR: testDataDir,
    };
    gateway = await startGateway('serve', env);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.end('SIGTERM');
    await workers?.end('SIGTERM');
    await agency?.stop();
    await database?.drop();
  });

  let context: BrowserContext;
  let page: Page;
  /** Scripts that failed, dialogs that opened, and what the content security policy refused. */
  let trouble: string[];

  async function openBrowser(options: { readonly javaScriptEnabled?: boolean } = {}): Promise<void> {
    context = await browser.newContext({
      baseURL: gateway.url,
      locale: 'id-ID',
      viewport: { width: 360, height: 740 },
      ...options,
    });
    page = await context.newPage();
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('dialog', (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) trouble.push(message.text());
    });
  }
  beforeEach(() => {
    trouble = [];
  });
  afterEach(async () => {
    await context.close();
    expect(trouble).toEqual([]);
  });

  async function sendReport(more: object = {}): Promise<{ receipt: string; trackingId: string | null }> {
    const answer = await fetch(`${gateway.url}/v1/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: `wait=${workers === undefined ? 0 : 30}` },
      body: JSON.stringify({
        kind: 'complaint',
        title: 'Lampu jalan mati di gang Mawar',
        text: `Lampu jalan di gang ${uniqueWord()} mati dua minggu, Kec. Coblong, Kota Bandung`,
        consent: true,
        ...more,
      }),
    });
    return (await answer.json()) as { receipt: string; trackingId: string | null };
  }

  /** A report that its agency has. */
  async function sendDeliveredReport(more: object = {}): Promise<string> {
    const { receipt } = await sendReport(more);
    await vi.waitFor(
      async () => {
        const progress = await (await fetch(`${gateway.url}/v1/receipts/${receipt}`)).json();
        expect(progress).toMatchObject({ status: 'delivered' });
      },
      { timeout: 20_000, interval: 100 },
    );
    return receipt;
  }

  async function listAdditions(): Promise<readonly string[]> {
    const { rows } = await database.pool.query<{ text: string }>('select text from additions');
    return rows.map(({ text }) => text);
  }

  /** As a phone takes it: with the place and its owner in it. */
  async function takePhoto(name = 'rumah-bu-sukerti.jpg') {
    const buffer = await sharp({
      create: { width: 64, height: 48, channels: 3, background: `#${randomBytes(3).toString('hex')}` },
    })
      .withExif({
        IFD0: { Artist: 'Ni Luh Sukerti' },
        IFD3: {
          GPSLatitudeRef: 'S',
          GPSLatitude: '6/1 54/1 0/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '107/1 36/1 0/1',
        },
      })
      .jpeg()
      .toBuffer();
    return { name, mimeType: 'image/jpeg', buffer };
  }

  const fileField = () => page.getByLabel(/^Foto, video, atau dokumen/);
  const field = () => page.getByLabel('Apa yang ingin Anda tambahkan?');
  const sendAddition = () => page.getByRole('button', { name: 'Kirim tambahan' });
  const sendRating = () => page.getByRole('button', { name: 'Kirim nilai' });

  test('shows as they happen that the report is filed and that it arrives, and lets what is being typed alone', async () => {
    await openBrowser();
    const { receipt } = await sendReport();
    await page.goto(`/terima/${receipt}`);
    await page.getByText('ID pelacakan sedang dibuat').waitFor();
    expect(await field().count()).toBe(0);
    await page.evaluate('window.notLoadedAgain = true');

    workers = await startGateway('work', env);
    await page.locator('.number').waitFor();
    expect(await page.locator('.number').textContent()).toMatch(/^\d{4}-\d{4}-\d{4}$/);
    await page.locator('.badge.forwarded').waitFor();
    await field().fill('Tadi malam ada yang jatuh di sana');
    await fileField().setInputFiles(await takePhoto());
    expect(await sendRating().count()).toBe(0);

    await agency.waitFor(1);
    for (const response of unanswered ?? []) response.writeHead(202).end();
    unanswered = null;
    await page.locator('.badge.delivered').waitFor();
    await sendRating().waitFor();
    expect(await page.getByText('Sampai di Pemerintah Kota Bandung').isVisible()).toBe(true);
    expect(await field().inputValue()).toBe('Tadi malam ada yang jatuh di sana');
    expect(await page.evaluate('window.notLoadedAgain')).toBe(true);
    // what was there before the report was filed still sends
    await sendAddition().click();
    await page.getByText('Tambahan informasi sudah tersimpan.').waitFor();
    expect(await listAdditions()).toContain('Tadi malam ada yang jatuh di sana');
    // the file that was chosen before the page changed came along
    expect(await page.locator('.additions a').allTextContents()).toEqual(['lampiran-1.jpg']);
  });

  test.each([true, false])('takes additions and ratings, with JavaScript: %s', async (javaScriptEnabled) => {
    const receipt = await sendDeliveredReport();
    await openBrowser({ javaScriptEnabled });
    await page.goto(`/terima/${receipt}`);
    const before = (await listAdditions()).length;

    await sendAddition().click();
    expect(await page.title()).toBe('Perbaiki: Tambah informasi atau berkas – Gerbang Lapor');
    await field().fill('a'.repeat(20_001));
    await sendAddition().click();
    expect(await page.getByText('Paling banyak 20.000 huruf; sekarang 20.001').isVisible()).toBe(true);
    await field().fill('Petugas sudah datang.\nHubungi saya di 0812-3456-7890.');
    await page.getByRole('button', { name: 'English' }).click();
    expect(await page.getByLabel('What would you like to add?').inputValue()).toContain('0812-3456-7890');
    await page.getByRole('button', { name: 'Bahasa Indonesia' }).click();
    await sendAddition().dblclick();
    await page.getByText('Tambahan informasi sudah tersimpan.').waitFor();
    expect(await page.locator('.additions p').textContent()).toBe(
      'Petugas sudah datang.\nHubungi saya di [nomor].',
    );
    expect(await listAdditions()).toHaveLength(before + 1);

    await sendRating().click();
    await page.getByText('Pilih satu nilai').waitFor();
    await page.getByLabel('2 – Buruk').check();
    await sendRating().click();
    await page.getByText('Nilai Anda: 2 dari 5').waitFor();
    await page.getByLabel('5 – Sangat baik').check();
    await sendRating().dblclick();
    await page.getByText('Nilai Anda: 5 dari 5').waitFor();
    expect(await page.getByLabel('5 – Sangat baik').isChecked()).toBe(true);
  });

  test.each([true, false])(
    'takes files, which the agency is told of and can fetch, with JavaScript: %s',
    async (javaScriptEnabled) => {
      const receipt = await sendDeliveredReport({ anonymous: true });
      await openBrowser({ javaScriptEnabled });
      await page.goto(`/terima/${receipt}`);
      const photo = await takePhoto();
      expect((await sharp(photo.buffer).metadata()).exif).toBeDefined();

      await fileField().setInputFiles(photo);
      await field().fill('a'.repeat(20_001));
      await sendAddition().click();
      await page.getByText('sekarang 20.001').waitFor();
      expect(await page.getByLabel(/^lampiran-1\.jpg/).isChecked()).toBe(true);
      await page.getByRole('button', { name: 'English' }).click();
      expect(await page.getByLabel(/^lampiran-1\.jpg/).isChecked()).toBe(true);
      await page.getByRole('button', { name: 'Bahasa Indonesia' }).click();
      await field().fill('');
      await sendAddition().dblclick();
      await page.getByText('Tambahan informasi sudah tersimpan.').waitFor();
      const links = page.locator('.additions a');
      expect(await links.allTextContents()).toEqual(['lampiran-1.jpg']);
      expect(await page.content()).not.toContain('sukerti');

      const address = new URL((await links.getAttribute('href')) ?? '', gateway.url);
      const fetched = await fetch(address);
      expect(fetched.status).toBe(200);
      const kept = Buffer.from(await fetched.arrayBuffer());
      expect(await sharp(kept).metadata()).toMatchObject({ width: 64, height: 48 });
      expect((await sharp(kept).metadata()).exif).toBeUndefined();
      expect(kept.includes('Sukerti')).toBe(false);
      expect((await fetch(new URL(address.pathname, gateway.url))).status).toBe(404);

      const id = address.pathname.split('/')[2] ?? '';
      const told = await vi.waitFor(
        () => {
          const webhooks = agency.received.filter(({ body }) => body.includes(id));
          expect(webhooks).toHaveLength(1);
          return webhooks[0]?.body ?? '';
        },
        { timeout: 20_000, interval: 100 },
      );
      expect(told).not.toContain('sukerti');
      const { type, data } = JSON.parse(told);
      expect(type).toBe('report.added');
      expect(data).toMatchObject({ text: '', attachments: [{ type: 'image/jpeg', bytes: kept.length }] });
      const signed = new URL(data.attachments[0].url);
      const given = await fetch(new URL(signed.pathname + signed.search, gateway.url));
      expect(Buffer.from(await given.arrayBuffer()).equals(kept)).toBe(true);

      // the next one is told alone
      await fileField().setInputFiles(await takePhoto());
      await field().fill('Ini dari sisi lain');
      await sendAddition().click();
      await page.getByText('Ini dari sisi lain').waitFor();
      expect(await links.allTextContents()).toEqual(['lampiran-1.jpg', 'lampiran-2.jpg']);
      await vi.waitFor(
        () => {
          const webhook = agency.received.find(({ body }) => body.includes('Ini dari sisi lain'));
          expect(JSON.parse(webhook?.body ?? '{}').data?.attachments).toHaveLength(1);
        },
        { timeout: 20_000, interval: 100 },
      );
    },
  );

  test('loading again after something was stored neither sends nor says it again', async () => {
    const receipt = await sendDeliveredReport();
    await openBrowser();
    await page.goto(`/terima/${receipt}`);
    await field().fill('Lampunya sudah menyala lagi');
    await sendAddition().click();
    await page.getByText('Tambahan informasi sudah tersimpan.').waitFor();
    expect(page.url()).toBe(`${gateway.url}/terima/${receipt}`);
    await page.reload();
    expect(await page.getByText('Tambahan informasi sudah tersimpan.').count()).toBe(0);
    expect(await page.locator('.additions li').count()).toBe(1);
  });

  test.each([
    '</textarea></title><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)' x='",
    'javascript:alert(1) {count} &lt;b&gt; \u202eterbalik\u0007',
  ])('keeps words what is meant to be more: %s', async (words) => {
    const receipt = await sendDeliveredReport({ title: words });
    await openBrowser();
    await page.goto(`/terima/${receipt}`);
    await field().fill(`${words} ${'x'.repeat(20_001)}`);
    await sendAddition().click();
    expect(await field().inputValue()).toContain(words);
    await field().fill(words);
    await sendAddition().click();
    await page.getByText('Tambahan informasi sudah tersimpan.').waitFor();
    expect(await page.locator('.additions p').textContent()).toBe(words);
    expect(await page.locator('main script, main img').count()).toBe(0);
  });

  test('is used with the keyboard alone', async () => {
    const receipt = await sendDeliveredReport();
    await openBrowser();
    await page.goto(`/terima/${receipt}`);
    const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()');
    const tabTo = async (isThere: () => Promise<boolean>) => {
      for (let presses = 0; presses < 40; presses += 1) {
        if (await isThere()) return;
        await page.keyboard.press('Tab');
      }
      throw new Error('the keyboard does not get there');
    };

    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Langsung ke isi halaman');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Salin ID pelacakan');
    await tabTo(() => page.evaluate<boolean>('document.activeElement.id === "text"'));
    await page.keyboard.type('Sudah diperbaiki sebagian');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('files');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Tambahan informasi sudah tersimpan.').waitFor();

    await tabTo(() => page.evaluate<boolean>('document.activeElement.name === "rating"'));
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Nilai Anda: 4 dari 5').waitFor();
  });

  test('copies the code as one word and the tracking ID as it is written', async () => {
    const receipt = await sendDeliveredReport();
    await openBrowser();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`/terima/${receipt}`);
    await page.getByRole('button', { name: 'Salin kode tanda terima' }).click();
    await page.getByText('Tersalin').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(receipt);
    await page.getByRole('button', { name: 'Salin ID pelacakan' }).click();
    await expect
      .poll(() => page.evaluate('navigator.clipboard.readText()'))
      .toBe(await page.locator('.number').textContent());
  });

  test('shows no button that needs JavaScript where there is none', async () => {
    const receipt = await sendDeliveredReport();
    await openBrowser({ javaScriptEnabled: false });
    await page.goto(`/terima/${receipt}`);
    const buttons = await page.locator('main button').filter({ visible: true }).allTextContents();
    expect(buttons).toEqual(['Kirim tambahan', 'Kirim nilai']);
    expect(await page.getByRole('img', { name: 'Kode QR' }).isVisible()).toBe(true);
  });

  test.each(['A4', 'A6'])('prints as one page of %s, without anything to press', async (format) => {
    const receipt = await sendDeliveredReport({
      title: 'Lampu penerangan jalan umum mati sejak dua minggu, tiang miring, kabel menjuntai '.repeat(2),
    });
    await openBrowser();
    await page.goto(`/terima/${receipt}`);
    await field().fill('Tidak ikut tercetak');
    await sendAddition().click();
    await page.getByText('Tambahan informasi sudah tersimpan.').waitFor();
    await page.emulateMedia({ media: 'print' });
    for (const kept of [page.locator('.number'), page.locator('.code'), page.locator('.qr')]) {
      expect(await kept.isVisible()).toBe(true);
    }
    for (const gone of ['nav', 'footer', 'form', 'button', '.additions', '.notice']) {
      expect(await page.locator(gone).filter({ visible: true }).count(), gone).toBe(0);
    }
    const pdf = await PDFDocument.load(await page.pdf({ format }));
    expect(pdf.getPageCount()).toBe(1);
  });
});
