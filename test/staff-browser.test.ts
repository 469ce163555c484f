import type { AddressInfo } from 'node:net';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMember } from '../src/cli/staff/actions.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { client, type OidcProvider, startOidcProvider } from './support/oidc-provider.ts';

const password = 'kuda lumping makan beling';
const next = 'nasi uduk bu tini enak';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let database: TestDatabase;
  let browser: Browser;
  let gateway: TestApp;
  let origin: string;
  beforeAll(async () => {
    [database, browser] = await Promise.all([createTestDatabase({ seeded: true }), launchChromium()]);
    gateway = await createTestApp(database.pool);
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    origin = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.app.close();
    await database?.drop();
  });

  const invite = (login: string) =>
    addMember(database.pool, { login, name: 'Sri Wahyuni', role: 'officer', agency: 'D32.71' });

  async function enter(page: Page, login: string, typed: string, code: string) {
    await page.getByLabel('Nama masuk').fill(login);
    await page.getByLabel('Kata sandi').fill(typed);
    await page.getByLabel('Kode dari aplikasi').fill(code);
    await page.getByRole('button', { name: 'Masuk' }).click();
  }

  test('without scripts: the account is set up, a form outlives its session, is sent again, and signs out', async () => {
    const context = await browser.newContext({ baseURL: origin, locale: 'id-ID', javaScriptEnabled: false });
    const page = await context.newPage();
    const login = 'sri@kotabogor.go.id';
    const { id, token } = await invite(login);
    await page.goto(`/petugas/undangan/${token}`);
    const key = (await page.locator('code.code').textContent()) ?? '';
    const totp = new TOTP({ secret: Secret.fromBase32(key.replaceAll(' ', '')) });
    await page.getByLabel('Kata sandi baru').fill(password);
    await page.getByLabel('Ulangi kata sandi').fill(password);
    await page.getByLabel('Kode yang ditampilkan').fill(totp.generate());
    await page.getByRole('button', { name: 'Simpan' }).click();
    const codes = await page.locator('.codes code').allTextContents();
    expect(codes).toHaveLength(10);
    await page.getByRole('link', { name: 'Ke halaman masuk' }).click();
    await enter(page, login, password, codes[0] ?? '');
    await page.getByRole('heading', { name: 'Meja kerja' }).waitFor();

    await page.goto('/petugas/sandi');
    await page.getByLabel('Kata sandi sekarang').fill(password);
    await page.getByLabel('Kata sandi baru').fill(next);
    await page.getByLabel('Ulangi kata sandi').fill(next);
    await database.pool.query(
      `update staff_sessions set last_seen_at = now() - interval '31 minutes' where staff_id = $1`,
      [id],
    );
    await page.getByRole('button', { name: 'Ganti kata sandi' }).click();
    await page.getByRole('heading', { name: 'Sesi Anda sudah berakhir' }).waitFor();
    const opening = context.waitForEvent('page');
    await page.getByRole('link', { name: 'Masuk di tab baru' }).click();
    const tab = await opening;
    await enter(tab, login, password, codes[1] ?? '');
    await tab.getByRole('heading', { name: 'Meja kerja' }).waitFor();
    await page.getByRole('button', { name: 'Kirim lagi' }).click();
    await page.getByText('Kata sandi sudah diganti').waitFor();

    await page.getByRole('button', { name: 'Keluar', exact: true }).click();
    await page.getByText('Anda sudah keluar').waitFor();
    await enter(page, login, next, codes[2] ?? '');
    await page.getByRole('heading', { name: 'Meja kerja' }).waitFor();
    await context.close();
  });

  test('somebody signs in elsewhere and comes back to the page they wanted', async () => {
    // its address has to be known before it is started
    const back = `${origin.replace(/\d+$/, '')}${await freePort()}`;
    const provider: OidcProvider = await startOidcProvider(`${back}/petugas/masuk/sso/kembali`);
    const { app } = await createTestApp(database.pool, {
      env: {
        PUBLIC_URL: back,
        STAFF_OIDC_ISSUER: provider.issuer,
        STAFF_OIDC_CLIENT_ID: client.id,
        STAFF_OIDC_CLIENT_SECRET: client.secret,
        STAFF_OIDC_NAME: 'SSO Kota Bogor',
      },
    });
    await app.listen({ port: Number(new URL(back).port), host: '127.0.0.1' });
    const login = 'rahmat@kotabogor.go.id';
    await invite(login);
    provider.accounts.set('akun-rahmat', { email: login, email_verified: true });
    const context = await browser.newContext({ baseURL: back, locale: 'id-ID' });
    const page = await context.newPage();
    await page.goto('/petugas/sesi');
    await page.getByRole('link', { name: 'Masuk dengan SSO Kota Bogor' }).click();
    await page.locator('[name=login]').fill('akun-rahmat');
    await page.locator('[name=password]').fill('apa saja');
    await page.locator('[type=submit]').click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Sesi dan kata sandi' }).waitFor();
    expect(page.url()).toBe(`${back}/petugas/sesi`);
    expect(await page.getByText('SSO', { exact: true }).count()).toBe(1);
    await context.close();
    await app.close();
    await provider.stop();
  });
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
