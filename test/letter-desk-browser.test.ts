import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { findOcrTools } from '../src/ocr/ocr.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { expectUsable } from './support/looks.ts';
import { signIn } from './support/staff.ts';
import { type TiffPage, writeTiff } from './support/tiff.ts';

/** Seven pages looked at, or a scan read, by a machine that does other things as well. */
const patienceMs = 120_000;

const tools = await findOcrTools();
const readsScans = tools.languages.includes('ind') && tools.readsPdf;

const sentence = 'Kami mohon jembatan bambu di Kampung Cikaret segera diperbaiki.';
const letter = (shown = sentence) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1000"><rect width="1600" height="1000" fill="white"/><text x="80" y="160" font-family="serif" font-size="40">${shown}</text></svg>`,
    ),
  );
async function page8bit(shown: string): Promise<TiffPage> {
  const { data, info } = await letter(shown).greyscale().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

describe.skipIf(!hasChromium)('the letter desk in a browser', () => {
  let database: TestDatabase;
  let gateway: Running;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What went wrong in the page: errors of its scripts, and what its policy forbade. */
  let complaints: string[];

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    gateway = await startGateway('all', {
      DATABASE_URL: database.url,
      DATA_DIR: `${inject('scratch')}/letter-desk`,
      QUEUE_NAMESPACE: 'letter-desk',
      ...(inject('redisUrl') !== null && { REDIS_URL: inject('redisUrl') ?? '' }),
    });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.end('SIGTERM');
    await database?.drop();
  });
  beforeEach(async () => {
    complaints = [];
    context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      locale: 'id-ID',
      baseURL: gateway.url,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await signInHere();
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
    await page.goto('/petugas/surat');
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
    expect(gateway.output()).not.toMatch(/Sukerti|Kampung Cikaret/);
  });

  async function signInHere() {
    const { session } = await signIn(database.pool, { role: 'intake', agency: 'D32.73' });
    await context.addCookies([{ ...session, url: gateway.url }]);
  }
  const saved = () => page.locator('.notice strong').textContent();
  const focused = () => page.evaluate('document.activeElement?.id');
  const find = async (agendaNumber: string) => {
    const { rows } = await database.pool.query(
      `select letter.*, report.text, report.title, report.agency_code, report.topic_code, report.place_area_code,
        report.anonymous, array(select type from attachments where report_id = report.id order by position) as files
      from letters as letter join reports as report on report.id = letter.report_id where agenda_number = $1`,
      [agendaNumber],
    );
    return rows;
  };
  /** As if somebody dropped files, or pasted a picture, anywhere on the page. */
  const give = (event: 'drop' | 'paste', content: Buffer, name: string, type: string) =>
    page.evaluate(`(({ event, base64, name, type }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], name, { type }));
        const options = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(
          event === 'drop'
            ? new DragEvent('drop', { ...options, dataTransfer: data })
            : new ClipboardEvent('paste', { ...options, clipboardData: data }),
        );
      })(${JSON.stringify({ event, base64: content.toString('base64'), name, type })})`);

  test('a letter is entered by keyboard alone, and the next begins where it should', async () => {
    const { keyboard } = page;
    expect(await focused()).toBe('agendaNumber');
    await keyboard.type('101/ADU');
    await keyboard.press('Enter');
    expect(await focused()).toBe('writtenOn');
    await keyboard.type('11152026');
    for (let presses = 0; (await focused()) !== 'title'; presses += 1) {
      expect(presses).toBeLessThan(8);
      await keyboard.press('Tab');
    }
    await keyboard.type('Jembatan bambu hampir putus');
    await keyboard.press('Enter');
    expect(await focused()).toBe('text');
    await keyboard.type('Jembatan bambu penghubung dua kampung hampir putus.');
    await keyboard.press('Tab');
    expect(await focused()).toBe('place');
    await keyboard.type('Gang Sawo, coblo');
    await page.getByRole('option', { name: 'Kec. Coblong, Kota Bandung', exact: true }).waitFor();
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    expect(await page.locator('#place').inputValue()).toBe('Gang Sawo, Kec. Coblong, Kota Bandung');
    await keyboard.press('Enter');
    expect(await focused()).toBe('name');
    await keyboard.type('Ni Luh Sukerti');
    await keyboard.press('Enter');
    await keyboard.type('081234567890');
    await keyboard.press('Control+Enter');
    await page.waitForURL(/setelah=/);
    expect(await saved()).toMatch(/^\d{4}-\d{4}-\d{4}$/);
    expect(await focused()).toBe('agendaNumber');
    expect(await find('101/ADU')).toMatchObject([
      { origin: 'letter', place_area_code: '32.73.02', title: 'Jembatan bambu hampir putus' },
    ]);
    expect(await page.locator('.today').textContent()).toContain('101/ADU');
  });

  test('the topic and the agency are proposed with a reason while it is typed, and taken by a key', async () => {
    await page.getByLabel('Nomor agenda').fill('102');
    await page
      .getByLabel('Isi laporan')
      .fill('Lampu penerangan jalan umum mati sudah dua minggu, gelap kalau malam');
    await page.getByLabel('Tempat kejadian').fill('Kec. Coblong, Kota Bandung');
    const useAgency = page.getByRole('button', { name: 'Pakai instansi ini' });
    await useAgency.waitFor();
    expect(await page.locator('#agency-suggestion p').textContent()).toMatch(
      /^Usulan: Pemerintah Kota Bandung. .{10,}/,
    );
    await useAgency.press('Enter');
    expect(await page.getByLabel('Instansi').inputValue()).toBe('Pemerintah Kota Bandung');
    await page.getByRole('button', { name: 'Pakai topik ini' }).press('Enter');
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/setelah=/);
    const [report] = await find('102');
    expect(report).toMatchObject({ agency_code: 'D32.73' });
    expect(report?.topic_code).toBeTruthy();
  });

  test('who has reported the same is shown while it is typed, and can be joined', async () => {
    const text = 'Saluran air mampet total dan meluap ke rumah warga setiap kali hujan deras';
    const enter = async (number: string) => {
      await page.getByLabel('Nomor agenda').fill(number);
      await page.getByLabel('Isi laporan').fill(text);
      await page.getByLabel('Tempat kejadian').fill('Kel. Dago, Kec. Coblong, Kota Bandung');
    };
    await enter('103');
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/setelah=/);
    const trackingId = await saved();
    await enter('104');
    await page.getByRole('button', { name: 'Kejadian yang sama' }).first().press('Enter');
    expect(await page.locator('#join').textContent()).toContain(trackingId);
    await page.keyboard.press('Control+Enter');
    await page.getByText('Agenda 104 tersimpan').waitFor();
    const { rows } = await database.pool.query(
      'select joins from reports join letters on report_id = id where agenda_number = $1',
      ['104'],
    );
    expect(rows).toEqual([{ joins: trackingId?.replaceAll('-', '') }]);
  });

  test.skipIf(!readsScans)(
    'a scan that is dropped is shown, read, and its text saved once somebody compared it',
    async () => {
      await page.getByLabel('Nomor agenda').fill('105');
      await give('drop', await letter().jpeg().toBuffer(), 'surat-105.jpg', 'image/jpeg');
      await page.getByText('Selesai: 1 halaman dibaca.').waitFor({ timeout: 60_000 });
      expect(await page.evaluate(`document.querySelector('#pictures img').naturalWidth`)).toBe(1600);
      expect(await page.locator('#ocr-text').textContent()).toBe(sentence);
      expect(await page.getByLabel('Isi laporan').inputValue()).toBe('');
      await page.getByRole('button', { name: 'Pakai teks ini' }).click();
      expect(await page.getByLabel('Isi laporan').inputValue()).toBe(sentence);
      expect(await focused()).toBe('text');
      await page.keyboard.press('Control+Enter');
      await page.getByRole('link', { name: 'Baca teks hasil OCR' }).waitFor();
      expect(await find('105')).toEqual([]);
      // The scan is still there, and can be read once more.
      await page.getByRole('button', { name: /^Baca teks: / }).click();
      await page.getByText('Selesai: 1 halaman dibaca.').waitFor({ timeout: 60_000 });
      expect(await page.locator('#pictures img').count()).toBe(1);
      await page.getByLabel('Sudah saya baca dan cocokkan').check();
      await page.keyboard.press('Control+Enter');
      await page.waitForURL(/setelah=/);
      expect(await find('105')).toMatchObject([{ text: sentence, files: ['image/jpeg'] }]);
    },
  );

  test.skipIf(!readsScans)(
    'a scan of several pages in TIFF is kept as PDF and read page by page',
    async () => {
      const pages = ['Halaman pertama dari surat warga.', 'Lampiran: daftar nama warga.'];
      const tiff = writeTiff(await Promise.all(pages.map(page8bit)));
      await page.getByLabel('Nomor agenda').fill('106');
      await page.setInputFiles('#files', { name: 'surat.tif', mimeType: 'image/tiff', buffer: tiff });
      await page.getByText('Selesai: 2 halaman dibaca.').waitFor({ timeout: 60_000 });
      expect(await page.locator('#ocr-text').textContent()).toBe(pages.join('\n\n'));
      expect(await page.locator('#pictures img').count()).toBe(2);
      await page.getByLabel('Isi laporan').fill('Surat warga tentang jalan, dengan lampiran.');
      await page.keyboard.press('Control+Enter');
      await page.waitForURL(/setelah=/);
      expect(await find('106')).toMatchObject([{ files: ['application/pdf'] }]);
    },
  );

  test('a picture that is pasted is uploaded, and a text that is pasted is a text', async () => {
    await page.getByLabel('Nomor agenda').fill('107');
    await give('paste', await letter().png().toBuffer(), 'image.png', 'image/png');
    await page.getByText('1 berkas terunggah').waitFor();
    await page.evaluate(`navigator.clipboard.writeText('Jalan di depan pasar berlubang.')`);
    await page.getByLabel('Isi laporan').focus();
    await page.keyboard.press('Control+v');
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/setelah=/);
    expect(await find('107')).toMatchObject([
      { text: 'Jalan di depan pasar berlubang.', files: ['image/png'] },
    ]);
  });

  test('what is no scan is refused in words beside the field', async () => {
    await give('drop', Buffer.from('PK no scan'), 'a.zip', 'application/zip');
    await page.getByText('Berkas ke-1 bukan').waitFor();
    expect(await page.locator('[name=upload]').count()).toBe(0);
  });

  test('whose session has ended loses nothing, and saves after signing in elsewhere', async () => {
    await page.getByLabel('Nomor agenda').fill('108');
    await page.getByLabel('Isi laporan').fill('Antrean di puskesmas tidak tertib sejak pagi.');
    await database.pool.query('update staff_sessions set ended_at = now()');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Sesi Anda habis').waitFor();
    await signInHere();
    await page.getByLabel('Isi laporan').focus();
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/setelah=/);
    expect(await find('108')).toHaveLength(1);
  });

  test('saves without scripts', async () => {
    const plain = await browser.newContext({
      javaScriptEnabled: false,
      locale: 'id-ID',
      baseURL: gateway.url,
    });
    await plain.addCookies(await context.cookies());
    const form = await plain.newPage();
    await form.goto('/petugas/surat');
    await form.getByLabel('Nomor agenda').fill('109');
    await form.getByLabel('Isi laporan').fill('Trotoar di depan stasiun rusak.');
    await form.setInputFiles('#files', {
      name: 'surat.png',
      mimeType: 'image/png',
      buffer: await letter().png().toBuffer(),
    });
    await form.getByLabel('Nomor agenda').press('Enter');
    await form.waitForURL(/setelah=/);
    expect(await find('109')).toMatchObject([{ files: ['image/png'] }]);
    await plain.close();
  });

  test('without scripts, a letter whose session ended is not lost: only its scan is chosen anew', async () => {
    const plain = await browser.newContext({
      javaScriptEnabled: false,
      locale: 'id-ID',
      baseURL: gateway.url,
    });
    await plain.addCookies(await context.cookies());
    const scan = { name: 'surat.png', mimeType: 'image/png', buffer: await letter().png().toBuffer() };
    const form = await plain.newPage();
    await form.goto('/petugas/surat');
    await form.getByLabel('Nomor agenda').fill('111');
    await form.getByLabel('Isi laporan').fill('Halte di depan rumah sakit roboh.\n\nMohon diperbaiki.');
    await form.setInputFiles('#files', scan);
    const ended = await database.pool.query(
      `update staff_sessions set last_seen_at = now() - interval '31 minutes' where ended_at is null`,
    );
    expect(ended.rowCount).toBeGreaterThan(0);
    await form.getByRole('button', { name: 'Simpan dan berikutnya' }).click();
    await form.getByRole('heading', { name: 'Sesi Anda sudah berakhir' }).waitFor();
    // As signing in again in the same browser would: the member is the same, so is what forms are signed with.
    await database.pool.query('update staff_sessions set last_seen_at = now() where ended_at is null');
    await form.getByRole('button', { name: 'Kirim lagi' }).click();
    await form.getByRole('heading', { name: 'Meja surat' }).waitFor();
    expect(await find('111')).toEqual([]);
    expect(await form.getByLabel('Isi laporan').inputValue()).toBe(
      'Halte di depan rumah sakit roboh.\n\nMohon diperbaiki.',
    );
    await form.setInputFiles('#files', scan);
    await form.getByRole('button', { name: 'Simpan dan berikutnya' }).click();
    await form.waitForURL(/setelah=/);
    expect(await find('111')).toMatchObject([{ files: ['image/png'] }]);
    await plain.close();
  });

  test.each(['A5', 'A4'])(
    'the receipt fits on one page of %s with its code, and everything else stays on the screen',
    async (format) => {
      await page.getByLabel('Nomor agenda').fill(`110/${format}`);
      await page.getByLabel('Isi laporan').fill('Sampah di pasar tidak diangkut sejak Senin.');
      await page.getByLabel('Nama', { exact: true }).fill('Ni Luh Sukerti');
      await page.getByRole('button', { name: 'Simpan dan lihat' }).click();
      await page.getByRole('link', { name: 'Cetak tanda terima' }).click();
      await page.getByRole('heading', { name: 'Tanda terima laporan' }).waitFor();
      const address = await page.locator('.qr').getAttribute('aria-label');
      expect(address).toBe('Kode QR untuk memantau laporan');
      await page.emulateMedia({ media: 'print' });
      const shown = await page.locator('body').innerText();
      expect(shown).toMatch(/\d{4}-\d{4}-\d{4}/);
      expect(shown).toContain('Pemerintah Kota Bandung');
      expect(shown).not.toMatch(/Sukerti|Sampah|Gerbang Lapor|Sri Wahyuni/);
      const pdf = await page.pdf({ format });
      expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    },
  );

  test.each([
    [1280, 'dark'],
    [360, 'light'],
  ] as const)(
    'at %i pixels in the %s everybody can use it',
    async (width, colorScheme) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      const look = async (name: string) => {
        await expectUsable(page, `meja surat ${name} ${width} ${colorScheme}`);
        const wide = await page.evaluate(
          `[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > ${width} + 1).map((one) => one.outerHTML.slice(0, 120))`,
        );
        expect(wide, name).toEqual([]);
      };
      await look('empty');
      await page.keyboard.press('Control+Enter');
      await page.getByText('isian yang perlu diperbaiki').waitFor();
      await look('problems');
      const number = `2${width}/${colorScheme}`;
      await page.getByLabel('Nomor agenda').fill(number);
      await page.getByLabel('Isi laporan').fill('Lampu penerangan jalan umum mati sudah dua minggu');
      await page.getByLabel('Tempat kejadian').fill('Kec. Coblong, Kota Bandung');
      await give('drop', await letter().jpeg().toBuffer(), 'surat.jpg', 'image/jpeg');
      await page.getByText('1 berkas terunggah').waitFor();
      await page.getByRole('button', { name: 'Pakai instansi ini' }).waitFor();
      if (readsScans) await page.getByText('Selesai: 1 halaman').waitFor({ timeout: 60_000 });
      await look('typed');
      await page.keyboard.press('Control+Enter');
      await page.waitForURL(/setelah=/);
      await look('saved');
      await page.getByLabel('Nomor agenda').fill(number);
      await page.getByLabel('Isi laporan').fill('Lain sama sekali');
      await page.keyboard.press('Control+Enter');
      await page.getByText('sudah dipakai').waitFor();
      await look('taken');
      await page.goto(`/petugas/surat/${(await find(number))[0]?.report_id}`);
      await look('letter');
      await page.goto(`${page.url()}/tanda-terima`);
      await look('receipt');
    },
    patienceMs,
  );
});
