import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { expectUsable } from './support/looks.ts';
import { uniqueWord } from './support/unique-word.ts';

describe.skipIf(!hasChromium)('the report form in a browser with scripts', () => {
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
      DATA_DIR: `${inject('scratch')}/report-form`,
      QUEUE_NAMESPACE: 'report-form',
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
      viewport: { width: 360, height: 740 },
      locale: 'id-ID',
      baseURL: gateway.url,
      permissions: ['geolocation'],
      geolocation: { latitude: -6.88551, longitude: 107.61392, accuracy: 12 },
    });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The browser itself reports answers of 4xx and 5xx as errors.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  const send = () => page.getByRole('main').getByRole('button', { name: 'Kirim laporan' }).click();
  const proof = () => page.locator('[name=proof]').inputValue();
  const untilProven = () => expect.poll(proof, { timeout: 20_000 }).not.toBe('');

  async function fileReport(text: string, place: string): Promise<string> {
    await page.goto('/lapor');
    await page.getByLabel('Kronologi').fill(text);
    await page.getByLabel('Tempat kejadian').fill(place);
    await page.getByLabel('Saya setuju').check();
    await untilProven();
    await send();
    await page.waitForURL(/\/terima\//);
    return (await page.locator('.number').textContent()) ?? '';
  }

  type Stored = {
    readonly hold: string | null;
    readonly place_text: string | null;
    readonly place_lat: number | null;
    readonly place_area_code: string | null;
    readonly agency_code: string | null;
    readonly topic_code: string | null;
    readonly joins: string | null;
  };
  async function listReports(text: string): Promise<readonly Stored[]> {
    const { rows } = await database.pool.query<Stored>(
      `select hold, place_text, place_lat, place_area_code, agency_code, topic_code, joins
      from reports where text like $1 || '%'`,
      [text],
    );
    return rows;
  }

  test('everything the form offers is taken by keyboard alone, and the report is proven and not held', async () => {
    const text = 'Lampu penerangan jalan umum di gang mati sudah dua minggu, gelap kalau malam';
    await page.goto('/lapor');
    await page.getByLabel('Kronologi').focus();
    await page.keyboard.type(text);

    await page.getByLabel('Tempat kejadian').focus();
    await page.keyboard.type('Gang Sawo, coblo');
    const places = page.locator('#place-options');
    await places.getByRole('option', { name: 'Kec. Coblong, Kota Bandung', exact: true }).waitFor();
    await page.keyboard.press('Escape');
    expect(await places.isVisible()).toBe(false);
    await page.keyboard.press('ArrowDown');
    await places.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowDown');
    const place = page.getByRole('combobox', { name: 'Tempat kejadian' });
    expect(await place.getAttribute('aria-activedescendant')).toBe('place-options-0');
    expect(await place.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Enter');
    expect(await place.inputValue()).toBe('Gang Sawo, Kec. Coblong, Kota Bandung');
    expect(page.url()).toMatch(/\/lapor$/);

    const locate = page.getByRole('button', { name: 'Pakai lokasi saya' });
    await locate.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Lokasi terisi, dengan ketelitian sekitar 12 meter.').waitFor();
    expect(await page.getByLabel('Titik lokasi').inputValue()).toBe('-6.88551, 107.61392');

    await page.getByLabel('Instansi tujuan').focus();
    await page.keyboard.type('pemkot bandung');
    await page.getByRole('option', { name: 'Pemerintah Kota Bandung', exact: true }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await page.getByLabel('Instansi tujuan').inputValue()).toBe('Pemerintah Kota Bandung');

    const useTopic = page.getByRole('button', { name: 'Pakai topik ini' });
    await useTopic.focus();
    await page.keyboard.press('Enter');
    const topic = await page.getByLabel('Topik', { exact: false }).last().inputValue();

    await page.getByLabel('Saya setuju').focus();
    await page.keyboard.press('Space');
    await untilProven();
    await page.getByLabel('Judul').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/terima\//);
    const [report] = await listReports(text);
    expect(report).toMatchObject({
      hold: null,
      place_text: 'Gang Sawo, Kec. Coblong, Kota Bandung',
      place_lat: -6.88551,
      place_area_code: '32.73.02',
      agency_code: 'D32.73',
      topic_code: topic,
    });
    expect(topic).not.toBe('');
  });

  test('a report like another near by is shown and joined: linked with it, and routed to the same agency', async () => {
    const first = await fileReport(
      'Jalan berlubang besar di depan pasar, banyak motor jatuh waktu hujan',
      'Kec. Sukasari, Kota Bandung',
    );
    await page.goto('/lapor');
    await page.getByLabel('Kronologi').fill('ada lubang besar di jalan depan pasar, motor sering jatuh');
    await page.getByLabel('Tempat kejadian').fill('Sukasari, Kota Bandung');
    await page.getByLabel('Tempat kejadian').blur();
    const similar = page.getByRole('region', { name: 'Mungkin sudah ada yang melaporkan' });
    await similar.getByText(first).waitFor();
    expect(await similar.textContent()).not.toContain('hujan');
    await similar.getByRole('button', { name: 'Saya juga' }).click();
    expect(await page.locator('#join').getByText(first).isVisible()).toBe(true);

    await page.getByLabel('Kronologi').fill('Saya juga kena di sini kemarin');
    await page.getByLabel('Tempat kejadian').fill('');
    await page.getByLabel('Saya setuju').check();
    await untilProven();
    await send();
    await page.waitForURL(/\/terima\//);
    expect(await page.getByText(`kejadian yang sama dengan laporan ${first}`).isVisible()).toBe(true);
    const { rows } = await database.pool.query(
      `select route.agency_code, filing.duplicate_reason from reports
      join filings as filing on filing.report_id = reports.id join routes as route on route.report_id = reports.id
      where text = 'Saya juga kena di sini kemarin'`,
    );
    expect(rows).toEqual([{ agency_code: 'D32.73', duplicate_reason: expect.stringContaining('saya juga') }]);
  });

  test('what is confidential is neither shown to who writes the like nor asked about while it is written', async () => {
    const text = 'Pungutan liar di loket pengujian kendaraan, petugas minta uang lima puluh ribu';
    await page.goto('/lapor');
    await page.getByLabel('Rahasia').check();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.getByLabel('Kronologi').fill(text);
    await page.getByLabel('Tempat kejadian').fill('Kota Bandung');
    await page.getByLabel('Saya setuju').check();
    await untilProven();
    expect(asked).not.toContain('/v1/suggestions');
    await send();
    await page.waitForURL(/\/terima\//);

    const answer = await context.request.post('/v1/suggestions', {
      data: { text, place: { text: 'Kota Bandung' } },
    });
    expect(await answer.json()).toMatchObject({ topic: expect.anything(), reports: [] });
  });

  test.each([
    [360, 'dark', 'id-ID'],
    [1280, 'light', 'en-GB'],
  ] as const)(
    '%i pixels wide, %s, in %s, all help open: axe finds nothing, thumbs find everything',
    async (width, colorScheme, locale) => {
      await fileReport(
        'Sampah menumpuk di pinggir kali, bau menyengat sampai rumah',
        'Kec. Lengkong, Kota Bandung',
      );
      const dressed = await browser.newContext({
        viewport: { width, height: 740 },
        colorScheme,
        locale,
        baseURL: gateway.url,
      });
      const other = await dressed.newPage();
      await other.goto('/lapor');
      await other.locator('#text').fill('tumpukan sampah di pinggir kali menyengat baunya');
      await other.locator('#place').fill('lengkong kota bandung');
      await other.locator('#similar button').first().click();
      await other.locator('#agency').fill('kementerian');
      await other.keyboard.press('ArrowDown');
      await other.locator('#agency-options li').first().waitFor();
      await expectUsable(other, `lapor ${width} ${colorScheme} ${locale}`);
      for (const target of await other
        .locator('main button, main a, [role=option], .field input')
        .filter({ visible: true })
        .all()) {
        expect(
          (await target.boundingBox())?.height,
          await target.textContent().then(String),
        ).toBeGreaterThanOrEqual(44);
      }
      expect(await other.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      await dressed.close();
    },
  );

  test('a draft survives a reload without what tells who writes it, and is gone once sent, forgotten or secret', async () => {
    const draft = () => page.evaluate<string | null>("localStorage.getItem('lapor-draft')");
    await page.goto('/lapor');
    await page.getByLabel('Permintaan informasi').check();
    await page.getByLabel('Judul').fill('Jam buka puskesmas');
    await page.getByLabel('Kronologi').fill('Jam berapa puskesmas buka di hari Sabtu?');
    await page.getByLabel('Tempat kejadian').fill('Kota Bogor');
    await page.getByLabel('Nama', { exact: true }).fill('Wulan Sasmita');
    await page.getByLabel('Nomor telepon').fill('0812-3456-7890');
    await page.getByLabel('Saya setuju').check();
    await expect.poll(draft).toContain('puskesmas');
    expect(await draft()).not.toMatch(/Wulan|0812|consent/);

    await page.reload();
    await page.getByText('Cerita yang belum terkirim sudah kami kembalikan.').waitFor();
    expect(await page.getByLabel('Permintaan informasi').isChecked()).toBe(true);
    expect(await page.getByLabel('Kronologi').inputValue()).toBe('Jam berapa puskesmas buka di hari Sabtu?');
    expect(await page.getByLabel('Nama', { exact: true }).inputValue()).toBe('');
    expect(await page.getByLabel('Saya setuju').isChecked()).toBe(false);

    await page.getByLabel('Anonim').check();
    await expect.poll(draft).toBeNull();
    await page.getByLabel('Anonim').uncheck();
    await expect.poll(draft).toContain('puskesmas');
    await page.getByRole('button', { name: 'Hapus dan jangan simpan' }).click();
    await page.getByLabel('Judul').fill('Jam buka');
    await page.getByLabel('Judul').blur();
    expect(await draft()).toBeNull();

    await page.reload();
    expect(await page.getByLabel('Kronologi').inputValue()).toBe('');
    await page.getByLabel('Kronologi').fill('Jam berapa puskesmas buka di hari Minggu?');
    await expect.poll(draft).toContain('Minggu');
    // Not sent: consent is missing. The form that comes back keeps it as a draft again.
    await send();
    await page.getByRole('alert').waitFor();
    await expect.poll(draft).toContain('Minggu');
    await page.getByLabel('Saya setuju').check();
    await send();
    await page.waitForURL(/\/terima\//);
    expect(await draft()).toBeNull();
  });

  test('one form sent thirty times at once files one report, which is not held', async () => {
    const text = `Air PDAM mati sejak pagi ${uniqueWord()}`;
    await page.goto('/lapor');
    await page.getByLabel('Kronologi').fill(text);
    await page.getByLabel('Saya setuju').check();
    await untilProven();
    const fields = await page.evaluate<Record<string, string>>(
      "Object.fromEntries(new FormData(document.getElementById('laporan')))",
    );
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => context.request.post('/lapor', { form: fields, maxRedirects: 0 })),
    );
    expect(new Set(answers.map((answer) => answer.status()))).toEqual(new Set([303]));
    expect(new Set(answers.map((answer) => answer.headers()['location'])).size).toBe(1);
    expect(await listReports(text)).toEqual([expect.objectContaining({ hold: null })]);

    // The same proof under another form counts no more.
    await page.goto('/lapor');
    const other = await page.evaluate<Record<string, string>>(
      "Object.fromEntries(new FormData(document.getElementById('laporan')))",
    );
    await context.request.post('/lapor', {
      form: { ...other, text: `${text} lagi`, consent: '1', proof: fields['proof'] ?? '' },
      maxRedirects: 0,
    });
    expect(await listReports(`${text} lagi`)).toEqual([
      expect.objectContaining({ hold: expect.stringContaining('terlalu cepat') }),
    ]);
  });

  const toProof = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
  const parameters = { algorithm: 'SCRYPT', cost: 1e9, keySignature: 'x' };
  test.each([
    ['that is no base64', 'not base64 {'],
    ['of nothing', toProof(null)],
    ['without a signature', toProof({ challenge: { parameters }, solution: {} })],
    ['signed by somebody else', toProof({ challenge: { parameters, signature: '00' } })],
    ['of a hundred thousand letters', 'A'.repeat(100_000)],
  ])('a proof %s is none', async (_, forged) => {
    const text = `Sampah menumpuk ${uniqueWord()}`;
    await page.goto('/lapor');
    const fields = await page.evaluate<Record<string, string>>(
      "Object.fromEntries(new FormData(document.getElementById('laporan')))",
    );
    const answer = await context.request.post('/lapor', {
      form: { ...fields, text, consent: '1', proof: forged },
      maxRedirects: 0,
    });
    expect(answer.status()).toBe(303);
    expect(await listReports(text)).toEqual([
      expect.objectContaining({ hold: expect.stringContaining('tanpa bukti kerja') }),
    ]);
  });

  test('hostile words in every field are shown as words, offered and kept, and run nowhere', async () => {
    const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>'\u202e\ud83d{count}\${7*7}`;
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto('/lapor');
    for (const label of [
      'Judul',
      'Kronologi',
      'Tempat kejadian',
      'Titik lokasi',
      'Instansi tujuan',
      'Nomor telepon',
      'Alamat surel',
      'Melapor untuk orang lain',
    ]) {
      await page.getByLabel(label).fill(hostile);
    }
    await page.getByLabel('Nama', { exact: true }).fill(hostile);
    await page.reload();
    await page.getByText('sudah kami kembalikan').waitFor();
    const shown = hostile.toWellFormed();
    expect((await page.getByLabel('Kronologi').inputValue()).toWellFormed()).toBe(shown);
    await send();
    await page.getByRole('alert').waitFor();
    for (const label of ['Judul', 'Kronologi', 'Tempat kejadian', 'Instansi tujuan']) {
      expect(await page.getByLabel(label).inputValue()).toBe(shown);
    }
    expect(await page.locator('img[src=x]').count()).toBe(0);
    expect(dialogs).toEqual([]);
  });

  test('without a network the form still stands, and keeps its draft when it cannot be sent', async () => {
    await page.goto('/lapor');
    await page.getByLabel('Kronologi').fill('Jembatan gantung putus, anak sekolah memutar jauh');
    await page.getByLabel('Saya setuju').check();
    await context.setOffline(true);
    const failed = page.waitForEvent('requestfailed', (request) => request.method() === 'POST');
    await send().catch(() => undefined);
    await failed;
    await context.setOffline(false);
    await page.goto('/lapor');
    await page.getByText('sudah kami kembalikan').waitFor();
    expect(await page.getByLabel('Kronologi').inputValue()).toContain('Jembatan gantung');
  });

  test('a processor throttled to a sixth finds its proof', async () => {
    const client = await context.newCDPSession(page);
    await client.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    await page.goto('/lapor');
    await page.getByLabel('Judul').focus();
    await untilProven();
  });
});
