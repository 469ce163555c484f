import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { csvOf, letterRow, lettersOf } from './support/imports.ts';
import { expectUsable } from './support/looks.ts';
import { type SignedIn, signIn } from './support/staff.ts';

const looks: readonly (readonly [string, string, BrowserContextOptions])[] = [
  ['telepon', 'TLP', { locale: 'id-ID', colorScheme: 'light', viewport: { width: 360, height: 740 } }],
  ['layar-gelap', 'LYR', { locale: 'id-ID', colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
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
        await expectUsable(page, `impor ${name} ${step}`);
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

  test('without scripts, the template filled in by Excel is imported, and its progress shown by itself', async () => {
    const context = await browser.newContext({
      baseURL: origin,
      locale: 'id-ID',
      javaScriptEnabled: false,
    });
    await context.addCookies([{ ...staff.session, url: origin }]);
    const page = await context.newPage();
    await page.goto('/petugas/impor');
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'template.xlsx' }).click();
    const template = readFileSync(await (await downloading).path());
    await page.locator('#table').setInputFiles({
      name: 'surat.xlsx',
      mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      buffer: template,
    });
    await page.getByRole('button', { name: 'Unggah' }).click();
    await page.getByRole('button', { name: 'Periksa semua baris' }).click();
    const holding = await database.pool.connect();
    await holding.query('begin');
    await holding.query('lock table import_rows in share row exclusive mode');
    await page.getByRole('button', { name: 'Masukkan 1 surat' }).click();
    await page.getByRole('progressbar').waitFor();
    await holding.query('commit');
    holding.release();
    // Nobody presses anything.
    await page.getByRole('heading', { name: 'Impor selesai' }).waitFor({ timeout: 25_000 });
    const { rows } = await database.pool.query(
      `select agenda_number from letters where agenda_number = '012/ADU/XI/2026'`,
    );
    expect(rows).toHaveLength(1);
    await context.close();
  }, 60_000);
});
