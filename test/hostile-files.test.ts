import { crc32, deflateSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Running, startGateway } from './support/gateway.ts';

/** What the standard test file of antivirus programs is, in two halves, so that no scanner takes this file for it. */
const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!$H+H*'].join('');
const script = '<script>document.title = "jebol"</script><img src=x onerror="document.title=\'jebol\'">';

describe.skipIf(!hasChromium)('files that mean harm, in a browser', () => {
  let database: TestDatabase;
  let gateway: Running;
  let browser: Browser;

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    gateway = await startGateway('all', {
      DATABASE_URL: database.url,
      DATA_DIR: `${inject('scratch')}/hostile-files`,
      QUEUE_NAMESPACE: 'hostile-files',
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

  async function openForm(javaScriptEnabled: boolean): Promise<Page> {
    const context = await browser.newContext({ baseURL: gateway.url, locale: 'id-ID', javaScriptEnabled });
    const page = await context.newPage();
    await page.goto('/lapor');
    await page.getByLabel('Kronologi').fill(`Tanggul Kali Cikarang retak di RT 04 ${script}`);
    await page.getByLabel('Nama', { exact: true }).fill(script);
    await page.getByLabel('Saya setuju').check();
    return page;
  }
  const choose = (page: Page, files: readonly { name: string; mimeType: string; buffer: Buffer }[]) =>
    page.getByLabel('Foto, video, atau dokumen').setInputFiles([...files]);
  const send = (page: Page) => page.getByRole('main').getByRole('button', { name: 'Kirim laporan' }).click();

  test.each([true, false])(
    'are refused in words, and nothing typed is lost (scripts: %s)',
    async (scripts) => {
      const page = await openForm(scripts);
      await choose(page, [
        { name: 'eicar.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(eicar) },
        { name: 'peta.png', mimeType: 'image/png', buffer: makePixelBomb() },
        { name: 'foto.svg', mimeType: 'image/jpeg', buffer: Buffer.from(`<svg>${script}</svg>`) },
      ]);
      await send(page);
      const told = page.getByRole('alert');
      await told.waitFor();
      expect(await told.innerText()).toContain('Berkas ke-1 bukan JPEG');
      expect(await told.innerText()).toContain('Gambar ke-2 terlalu besar');
      expect(await told.innerText()).toContain('Berkas ke-3 bukan JPEG');
      expect(await page.getByLabel('Kronologi').inputValue()).toContain('Tanggul Kali Cikarang');
      expect(await page.title()).not.toContain('jebol');
      await page.context().close();
    },
  );

  test.each([true, false])(
    'that are photos besides come as photos, whatever they are called (scripts: %s)',
    async (scripts) => {
      const photo = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#b5651d' } })
        .jpeg()
        .toBuffer();
      const polyglot = Buffer.concat([photo, Buffer.from(`<html>${script}</html>`)]);
      const page = await openForm(scripts);
      await choose(
        page,
        ['../../etc/passwd', `${script}.jpg`, 'a\r\nSet-Cookie: x=1.jpg', '\u202egpj.exe'].map((name) => ({
          name,
          mimeType: 'image/jpeg',
          buffer: polyglot,
        })),
      );
      await send(page);
      await page.waitForURL(/\/terima\//);
      const main = await page.getByRole('main').innerText();
      for (const number of [1, 2, 3, 4]) expect(main).toContain(`lampiran-${number}.jpg`);
      expect(main).not.toMatch(/passwd|Set-Cookie|exe/);
      const href = await page.getByRole('link', { name: 'lampiran-1.jpg' }).getAttribute('href');
      const file = await fetch(new URL(href ?? '', gateway.url));
      expect(file.headers.get('content-type')).toBe('image/jpeg');
      expect(file.headers.get('content-security-policy')).toContain('sandbox');
      expect(Buffer.from(await file.arrayBuffer()).includes('script')).toBe(false);
      expect(await page.title()).not.toContain('jebol');
      await page.context().close();
    },
  );
});

/** A PNG of a few bytes that says it has 60,000 by 60,000 pixels. */
function makePixelBomb(): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.from([0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
