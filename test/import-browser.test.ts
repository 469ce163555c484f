import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { csvOf, letterRow, lettersOf } from './support/imports.ts';
import { type SignedIn, signIn } from './support/staff.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Where pictures of the pages go, for somebody to look at; nowhere unless it is set. */
const pictures = process.env['IMPORT_SCREENSHOTS'];

const looks: readonly (readonly [string, string, BrowserContextOptions])[] = [
  ['telepon', 'TLP', { locale: 'id-ID', colorScheme: 'light', viewport: { width: 360, height: 740 } }],
  ['layar-gelap', 'LYR', { locale: 'id-ID', colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
  ['telepon-gelap', 'TLG', { locale: 'id-ID', colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
  ['layar', 'LYT', { locale: 'id-ID', colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
];

describe.skipIf(!hasChromium)('bulk import in Chromium', () => {
  let database: TestDatabase;
  let browser: Browser;
  let gateway: TestApp;
  let staff: SignedIn;
  let origin: string;

  beforeAll(async () => {
    [database, browser] = await Promise.all([createTestDatabase({ seeded: true }), launchChromium()]);
    gateway = await createTestApp(database.pool);
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    origin = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
    staff = await signIn(database.pool, { role: 'intake', agency: 'D32.73' });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.app.close();
    await database?.drop();
  });

  test.each(looks)(
    'uploaded, mapped, checked, run with its progress, result downloaded: %s',
    async (name, book, look) => {
      const context = await browser.newContext({
        baseURL: origin,
        bypassCSP: true,
        reducedMotion: 'reduce',
        ...look,
      });
      await context.addCookies([{ ...staff.session, url: origin }]);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      const seen = async (step: string) => {
        await expectUsable(page);
        if (pictures === undefined) return;
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: `${pictures}/${name}-${step}.png`, fullPage: true });
      };
      const rows = [
        ...lettersOf(600, book),
        { ...letterRow(601, book), 'Tanggal diterima': '31/02/2026', Telepon: '8,12E+10' },
        {
          ...letterRow(602, book),
          Isi: '',
          Instansi: 'Dinas Antah Berantah',
          Nama: '<img src=x onerror=alert(1)>',
        },
        { ...letterRow(1, book), Isi: 'Isi lain dengan nomor yang sama' },
      ];

      await page.goto('/petugas/impor');
      await seen('1-unggah');
      await page.locator('#table').setInputFiles({
        name: 'surat.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from('%PDF-1.7'),
      });
      await page.getByRole('button', { name: 'Unggah' }).click();
      await page.getByRole('alert').waitFor();
      await seen('2-keliru');
      await page.locator('#table').setInputFiles({
        name: 'surat.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(csvOf(rows)),
      });
      await page.getByRole('button', { name: 'Unggah' }).click();
      await page.getByRole('heading', { name: 'Cocokkan kolom' }).waitFor();
      expect(await page.locator('#kolom-0').inputValue()).toBe('agendaNumber');
      await page.locator('#kolom-5').selectOption('');
      await seen('3-kolom');
      await page.getByRole('button', { name: 'Periksa semua baris' }).click();
      await page.getByRole('heading', { name: 'Hasil pemeriksaan' }).waitFor();
      expect(await page.getByText('8,12E+10').count()).toBeGreaterThan(0);
      await seen('4-periksa');
      // Seen running: held up by a lock on the rows it wants to write.
      const holding = await database.pool.connect();
      await holding.query('begin');
      await holding.query('lock table import_rows in share row exclusive mode');
      await page.getByRole('button', { name: 'Masukkan 600 surat' }).click();
      await page.getByRole('progressbar').waitFor();
      await seen('5-berjalan');
      const document = await page.evaluate('window.sama = true');
      expect(document).toBe(true);
      await holding.query('commit');
      holding.release();
      await page.getByRole('heading', { name: 'Impor selesai' }).waitFor({ timeout: 25_000 });
      await seen('6-selesai');
      const downloading = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Unduh hasil (CSV)' }).click();
      const result = readFileSync(await (await downloading).path(), 'utf8');
      expect(result.trim().split('\r\n')).toHaveLength(604);
      expect(result).toContain('ditolak');
      expect(complaints).toEqual([]);
      await context.close();
    },
    90_000,
  );

  async function expectUsable(page: Page): Promise<void> {
    await page.evaluate(axe);
    const { violations } = await page.evaluate<AxeResults>(
      // The header is the layout's, and tested with it.
      `axe.run('main', { runOnly: ${JSON.stringify(tags)}, rules: { 'target-size': { enabled: true } } })`,
    );
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`)).toEqual(
      [],
    );
    const [content, screen] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
    expect(content).toBeLessThanOrEqual(screen);
  }
});
