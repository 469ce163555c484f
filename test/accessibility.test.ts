import { randomInt, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Secret, TOTP } from 'otpauth';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMember } from '../src/cli/staff/actions.ts';
import { holdReports } from '../src/db/held-reports.ts';
import { recordRating } from '../src/db/ratings.ts';
import { endSessionsOf } from '../src/db/staff-sessions.ts';
import { recordSurges } from '../src/db/viral-cases.ts';
import type { ReportId } from '../src/domain/report.ts';
import { mintTrackingId } from '../src/domain/tracking-id.ts';
import { createTestApp } from './support/app.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, fileReport } from './support/filed-reports.ts';
import { csvOf, letterRow, lettersOf } from './support/imports.ts';
import { expectNoSidewaysScroll, expectUsable, looks } from './support/looks.ts';
import { signIn } from './support/staff.ts';
import { makeSubject } from './support/staff-subjects.ts';

/** A PNG of one pixel. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const clerk = { role: 'intake', agency: 'D32.73', name: 'Rahmat Hidayat' } as const;
const desk = { role: 'admin', agency: 'nasional', name: 'Sri Wahyuni' } as const;

/** Whatever people see must be usable by all of them: WCAG 2.2 AA, on a phone, with bad light and a bad network. */
describe.skipIf(!hasChromium)('every page', () => {
  let database: TestDatabase;
  let browser: Browser;
  let app: FastifyInstance;
  /** Refuses every request but a few: for the page that says so. */
  let strict: FastifyInstance;
  let origin: string;
  /** Receipts of reports that have come so far. */
  let receipts: Readonly<Record<'accepted' | 'inReview' | 'forwarded' | 'delivered', string>>;
  let trackingId: string;

  beforeAll(async () => {
    [database, browser] = await Promise.all([createTestDatabase({ seeded: true }), launchChromium()]);
    ({ app } = await createTestApp(database.pool));
    ({ app: strict } = await createTestApp(database.pool, {
      env: { RATE_LIMIT_PER_ADDRESS: '1', TRUST_PROXY: '127.0.0.1' },
    }));
    await Promise.all([app, strict].map((one) => one.listen({ port: 0, host: '127.0.0.1' })));
    origin = originOf(app);
    await addReports();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([app?.close(), strict?.close()]);
    await database?.drop();
  });

  const originOf = (one: FastifyInstance) => `http://127.0.0.1:${(one.server.address() as AddressInfo).port}`;

  async function addReports(): Promise<void> {
    const { pool } = database;
    const agency = await addAgency(pool);
    const first = await fileReport(pool, agency, new Date());
    const delivered = await fileReport(pool, agency, new Date(), { duplicateOf: first.reportId });
    const [accepted, inReview] = [await file(), await file()];
    async function file() {
      const filed = await fileReport(pool, agency, new Date());
      for (const table of ['filings', 'routes', 'deliveries']) {
        await pool.query(`delete from ${table} where report_id = $1`, [filed.reportId]);
      }
      return filed;
    }
    await pool.query(`insert into quarantine (report_id, error) values ($1, 'tidak terbaca')`, [
      inReview.reportId,
    ]);
    await pool.query(`update deliveries set state = 'delivered', finished_at = now() where id = $1`, [
      delivered.deliveryId,
    ]);
    await pool.query(
      `insert into additions (id, report_id, channel, text, received_at)
       values (gen_random_uuid(), $1, 'web', $2, now())`,
      [delivered.reportId, `Tiangnya miring ${'sekali'.repeat(30)}`],
    );
    await pool.query(
      `insert into attachments (id, report_id, addition_id, position, type, bytes, sha256, state)
       select gen_random_uuid(), $1, case when position > 2 then addition.id end, position, 'image/jpeg', 812345,
         '\\x00', case when position = 2 then 'unscanned' else 'ready' end
       from generate_series(1, 4) as position, additions as addition
       where addition.report_id = $1`,
      [delivered.reportId],
    );
    await holdReports(pool, [
      { reportId: (await file()).reportId, reason: 'lebih dari 60 laporan sejam dari satu nomor' },
    ]);
    const rated = { reportId: delivered.reportId, rating: 4, channel: 'sms', ratedAt: new Date() } as const;
    await recordRating(pool, rated);
    trackingId = mintTrackingId(randomInt);
    await pool.query('update filings set tracking_id = $2 where report_id = $1', [
      delivered.reportId,
      trackingId,
    ]);
    receipts = {
      accepted: await receiptOf(accepted.reportId),
      inReview: await receiptOf(inReview.reportId),
      forwarded: await receiptOf(first.reportId),
      delivered: await receiptOf(delivered.reportId),
    };
  }

  async function receiptOf(id: ReportId): Promise<string> {
    const { rows } = await database.pool.query<{ receipt: string }>(
      'select receipt from reports where id = $1',
      [id],
    );
    return rows[0]?.receipt ?? '';
  }

  async function inviteStaff(): Promise<string> {
    const login = `dewi.${randomInt(1e9)}@kotabogor.go.id`;
    const given = { login, name: 'Dewi Anggraini', role: 'officer', agency: 'D32.71' };
    return `/petugas/undangan/${(await addMember(database.pool, given)).token}`;
  }

  async function asStaff(page: Page, path: string, who: Parameters<typeof signIn>[1] = desk) {
    const { id, session } = await signIn(database.pool, who);
    await database.pool.query('update staff set password_hash = $2 where id = $1', [id, 'tidak dipakai']);
    await page.context().addCookies([{ ...session, url: origin }]);
    await page.goto(path);
    return id;
  }

  async function asLetter(page: Page, address: (id: string) => string) {
    const { id } = await makeSubject.letter(database.pool, 'D32.71');
    await asStaff(page, address(id), { ...clerk, agency: 'D32.71' });
  }

  /** With something in each part of the page. */
  async function asPosts(page: Page) {
    const { pool } = database;
    const { reportId } = await fileReport(pool, await addAgency(pool), new Date());
    await recordSurges(pool, new Map([[reportId, { since: new Date(), posts: 1_250 }]]));
    await pool.query(
      `insert into posts (report_id, message_id, posted_at, gone_at, look_at) values ($1, $1, now(), now(), null)`,
      [reportId],
    );
    await asStaff(page, '/petugas/unggahan');
  }

  async function uploadTable(page: Page, buffer: Buffer) {
    await page.locator('#table').setInputFiles({ name: 'surat.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: /^(Unggah|Upload)/ }).click();
  }

  /** Each of an office of its own: one import runs at a time in each. */
  async function toColumns(page: Page) {
    const { rows: free } = await database.pool.query<{ code: string }>(
      `select code from agencies where code like 'D3_.__' and active
         and not exists (select from imports where office_code = code) limit 1`,
    );
    await asStaff(page, '/petugas/impor', { ...clerk, agency: free[0]?.code ?? '' });
    const book = `A${randomInt(1e6)}`;
    const odd = { 'Tanggal diterima': '31/02/2026', Telepon: '8,12E+10', Lampiran: 'surat.pdf' };
    const rows = [
      ...lettersOf(12, book),
      { ...letterRow(13, book), ...odd },
      { ...letterRow(14, book), Isi: '' },
    ];
    await uploadTable(page, Buffer.from(csvOf(rows)));
    await page.locator('#kolom-0').waitFor();
  }

  async function toChecked(page: Page) {
    await toColumns(page);
    await page.getByRole('main').locator('button[type=submit]').click();
    await page.locator('.counts').waitFor();
  }

  const send = (name: RegExp) => async (page: Page) => {
    await page.getByRole('main').getByRole('button', { name }).click();
    await page.locator('[aria-invalid]').first().waitFor();
  };
  /** The table that a statement needs is gone for a moment, which is told as PostgreSQL being away. */
  async function whileBroken(table: string, work: () => Promise<unknown>): Promise<void> {
    await database.pool.query(`alter table ${table} rename to ${table}_away`);
    await work().finally(() => database.pool.query(`alter table ${table}_away rename to ${table}`));
  }

  /** How each page is come by, and the status it is answered with. */
  const pages: readonly (readonly [string, number, (page: Page) => Promise<unknown>])[] = [
    ['home', 200, (page) => page.goto('/')],
    ['report form', 200, (page) => page.goto('/lapor')],
    [
      'report form with problems',
      422,
      async (page) => {
        await page.goto('/lapor');
        await page.getByLabel(/^(Nomor telepon|Phone number)/).fill('12');
        await page.getByLabel(/^(Instansi tujuan|Agency)/).fill('bogor');
        await send(/Kirim laporan|Send the report/)(page);
      },
    ],
    ['receipt of a report just sent', 200, (page) => page.goto(`/terima/${receipts.accepted}`)],
    ['receipt of a report in review', 200, (page) => page.goto(`/terima/${receipts.inReview}`)],
    ['receipt of a report passed on', 200, (page) => page.goto(`/terima/${receipts.forwarded}`)],
    [
      'receipt of a report that arrived',
      200,
      async (page) => {
        await page.goto(`/terima/${receipts.delivered}?tersimpan=nilai`);
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
        for (const button of await page.locator('[data-copy]').all()) {
          await button.click();
          await button
            .locator('+ .copied')
            .getByText(/Tersalin|Copied/)
            .waitFor();
        }
      },
    ],
    [
      'addition that is empty',
      422,
      async (page) => {
        await page.goto(`/terima/${receipts.forwarded}`);
        await send(/Kirim tambahan|Send the addition/)(page);
      },
    ],
    [
      'addition with a file that is none, and one that is kept',
      422,
      async (page) => {
        await page.goto(`/terima/${receipts.forwarded}`);
        await page.locator('#files').setInputFiles([
          { name: 'catatan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('ini bukan PDF') },
          { name: 'tiang.png', mimeType: 'image/png', buffer: dot },
        ]);
        await send(/Kirim tambahan|Send the addition/)(page);
        expect(await page.getByLabel(/^lampiran-1\.png/).isChecked()).toBe(true);
      },
    ],
    [
      'addition that cannot be stored',
      503,
      async (page) => {
        await page.goto(`/terima/${receipts.forwarded}`);
        await page.locator('textarea').fill('Tiangnya miring');
        await whileBroken('additions', async () => {
          await page.getByRole('button', { name: /Kirim tambahan|Send the addition/ }).click();
          await page.getByRole('alert').waitFor();
        });
        expect(await page.locator('textarea').inputValue()).toBe('Tiangnya miring');
      },
    ],
    [
      'rating that was not chosen',
      422,
      async (page) => {
        await page.goto(`/terima/${receipts.delivered}`);
        await page.evaluate(
          'for (const radio of document.querySelectorAll("[name=rating]")) radio.checked = false',
        );
        await send(/Kirim nilai|Send the rating/)(page);
      },
    ],
    ['unknown receipt', 404, (page) => page.goto('/terima/apa-ini')],
    ['track', 200, (page) => page.goto('/lacak')],
    ['track with an ID that is found', 200, (page) => page.goto(`/lacak?id=${trackingId}`)],
    ['track with a mistyped ID', 422, (page) => page.goto('/lacak?id=4821-0937-5565')],
    ['track with an unknown ID', 404, (page) => page.goto('/lacak?id=1038-4756-2918')],
    ['address that does not exist', 404, (page) => page.goto('/tidak-ada')],
    [
      'too many requests',
      429,
      async (page) => {
        await page.setExtraHTTPHeaders({ 'x-forwarded-for': '203.0.113.7' });
        await page.goto(`${originOf(strict)}/`);
        await page.goto(`${originOf(strict)}/`);
      },
    ],
    ['staff sign-in', 200, (page) => page.goto('/petugas/masuk')],
    [
      'staff sign-in that failed',
      401,
      async (page) => {
        await page.goto('/petugas/masuk');
        await page.getByLabel(/^(Nama masuk|Login)/).fill('tidak.ada');
        await page.getByLabel(/^(Kata sandi|Password)/).fill('bukan kata sandi saya');
        await page.getByRole('button', { name: /^(Masuk|Sign in)$/ }).click();
        await page.getByRole('alert').waitFor();
        // as often as there are looks: nobody is to wait
        await database.pool.query('delete from staff_attempts');
      },
    ],
    ['staff link that is good no more', 404, (page) => page.goto('/petugas/undangan/apa-ini')],
    [
      'staff invitation with problems',
      422,
      async (page) => {
        await page.goto(await inviteStaff());
        await page.locator('#password').fill('pendek');
        await page.locator('#repeat').fill('pendek');
        await page.locator('#code').fill('000000');
        await page.getByRole('main').getByRole('button').click();
        await page.getByRole('alert').waitFor();
      },
    ],
    [
      'staff invitation done',
      200,
      async (page) => {
        await page.goto(await inviteStaff());
        const key = (await page.locator('code.code').textContent()) ?? '';
        const totp = new TOTP({ secret: Secret.fromBase32(key.replaceAll(' ', '')) });
        await page.locator('#password').fill('kuda lumping makan beling');
        await page.locator('#repeat').fill('kuda lumping makan beling');
        await page.locator('#code').fill(totp.generate());
        await page.getByRole('main').getByRole('button').click();
        await page.locator('.codes').waitFor();
      },
    ],
    ['staff home', 200, (page) => asStaff(page, '/petugas')],
    ['staff sessions', 200, (page) => asStaff(page, '/petugas/sesi')],
    ['staff password', 200, (page) => asStaff(page, '/petugas/sandi')],
    ['staff list', 200, (page) => asStaff(page, '/petugas/staf')],
    ['held reports', 200, (page) => asStaff(page, '/petugas/tertahan')],
    [
      'staff page for another role',
      403,
      (page) => asStaff(page, '/petugas/staf', { role: 'intake', agency: 'D32.71' }),
    ],
    [
      'staff form whose session ended',
      401,
      async (page) => {
        const id = await asStaff(page, '/petugas/sandi');
        for (const field of await page.locator('input[type=password]').all())
          await field.fill('isi apa saja');
        await endSessionsOf(database.pool, id, null);
        await page.getByRole('main').getByRole('button').click();
        await page.getByRole('link', { name: /tab baru|new tab/ }).waitFor();
      },
    ],
    [
      'letter desk',
      200,
      async (page) => {
        await asStaff(page, '/petugas/surat');
        await page.locator('#keys').waitFor({ state: 'attached' });
      },
    ],
    [
      'letter desk with problems',
      422,
      async (page) => {
        await asStaff(page, '/petugas/surat');
        await page.locator('#phone').fill('12');
        await page.getByRole('button', { name: /^(Simpan dan berikutnya|Save and next)/ }).click();
        await page.locator('[aria-invalid]').first().waitFor();
      },
    ],
    ['letter that was just saved', 200, (page) => asLetter(page, (id) => `/petugas/surat?setelah=${id}`)],
    ['letter', 200, (page) => asLetter(page, (id) => `/petugas/surat/${id}`)],
    ['receipt of a letter', 200, (page) => asLetter(page, (id) => `/petugas/surat/${id}/tanda-terima`)],
    ['imports', 200, (page) => asStaff(page, '/petugas/impor', clerk)],
    [
      'import of what is no table',
      422,
      async (page) => {
        await asStaff(page, '/petugas/impor', clerk);
        await uploadTable(page, Buffer.from('%PDF-1.7'));
        await page.getByRole('alert').waitFor();
      },
    ],
    ['columns of an import', 200, (page) => toColumns(page)],
    [
      'columns of an import that lacks one',
      422,
      async (page) => {
        await toColumns(page);
        await page.locator('#kolom-4').selectOption('');
        await page.getByRole('main').locator('button[type=submit]').click();
        await page.getByRole('alert').waitFor();
      },
    ],
    ['import that was checked', 200, (page) => toChecked(page)],
    [
      'import that runs',
      200,
      async (page) => {
        await toChecked(page);
        const holding = await database.pool.connect();
        await holding.query('begin');
        await holding.query('lock table import_rows in share row exclusive mode');
        await page.getByRole('button', { name: /^(Masukkan|Enter) / }).click();
        await page.getByRole('progressbar').waitFor();
        page.once('close', async () => {
          await holding.query('rollback');
          holding.release();
        });
      },
    ],
    [
      'import that is done',
      200,
      async (page) => {
        await toChecked(page);
        await page.getByRole('button', { name: /^(Masukkan|Enter) / }).click();
        await page.getByRole('link', { name: /CSV/ }).waitFor({ timeout: 20_000 });
      },
    ],
    [
      'e-mails that are no reports',
      200,
      async (page) => {
        await makeSubject.message(database.pool, 'D32.71');
        await asStaff(page, '/petugas/email');
      },
    ],
    [
      'e-mail that becomes a report',
      200,
      async (page) => {
        const { id } = await makeSubject.message(database.pool, 'D32.71');
        await asStaff(page, '/petugas/email');
        await page.locator(`form[action*="${id}"] button`).click();
        await page.getByRole('status').waitFor();
      },
    ],
    ['posts on X', 200, (page) => asPosts(page)],
    [
      'post that cannot be filed',
      422,
      async (page) => {
        await asPosts(page);
        await page.locator('#alamat').fill('https://x.com/nama/status/1234567890123456789');
        await page.locator('form.card button').click();
        await page.getByRole('alert').waitFor();
      },
    ],
    ['staff address that does not exist', 404, (page) => asStaff(page, '/petugas/apa-ini')],
    ['letter that is not theirs', 404, (page) => asStaff(page, `/petugas/surat/${randomUUID()}`)],
    ['unavailable', 503, (page) => whileBroken('reports', () => page.goto(`/terima/${receipts.delivered}`))],
  ];

  async function withPage(
    options: BrowserContextOptions,
    work: (page: Page) => Promise<void>,
  ): Promise<void> {
    // axe is put into the page by the test; what the page itself may run is tested with the pages
    // Without motion: colours are judged as they are, not on their way from one to another.
    const context = await browser.newContext({
      baseURL: origin,
      bypassCSP: true,
      reducedMotion: 'reduce',
      ...options,
    });
    try {
      await work(await context.newPage());
    } finally {
      await context.close();
    }
  }

  async function open(page: Page, visit: (page: Page) => Promise<unknown>): Promise<number> {
    let status = 0;
    page.on('response', (response) => {
      if (response.request().isNavigationRequest()) status = response.status();
    });
    await visit(page);
    return status;
  }

  describe.each(looks)('%s', (title, look) => {
    test.each(pages)(
      '%s: axe finds nothing, everything is big enough, and nothing is wider than the screen, nor at 320 pixels',
      (...given) =>
        withPage(look, async (page) => {
          const [, status, visit] = given;
          expect(await open(page, visit)).toBe(status);
          await expectUsable(page, `${given[0]} ${title}`);
          await expectReflow(page);
        }),
    );
  });

  /** At 320 pixels, which is what a screen of 1280 has at 400 %, and with the spacing that people set for themselves: WCAG 1.4.10 and 1.4.12. */
  async function expectReflow(page: Page): Promise<void> {
    await page.setViewportSize({ width: 320, height: 640 });
    await expectNoSidewaysScroll(page);
    await page.addStyleTag({
      content:
        '* { line-height: 1.5; letter-spacing: 0.12em; word-spacing: 0.16em } p { margin-bottom: 2em }',
    });
    await expectNoSidewaysScroll(page);
  }
});
