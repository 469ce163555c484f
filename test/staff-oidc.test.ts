import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMember, disableMember } from '../src/cli/staff/actions.ts';
import { parseConfig } from '../src/config.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { client, type OidcProvider, startOidcProvider } from './support/oidc-provider.ts';
import { createVisitor, type Visitor } from './support/staff-visitor.ts';

const publicUrl = 'http://127.0.0.1:1708';
const back = '/petugas/masuk/sso/kembali';

let database: TestDatabase;
let provider: OidcProvider;
let gateway: TestApp;
let now = new Date();
const envFor = (issuer: string) => ({
  PUBLIC_URL: publicUrl,
  STAFF_OIDC_ISSUER: issuer,
  STAFF_OIDC_CLIENT_ID: client.id,
  STAFF_OIDC_CLIENT_SECRET: client.secret,
  STAFF_OIDC_NAME: 'SSO Kota Bogor',
});
beforeAll(async () => {
  [database, provider] = await Promise.all([
    createTestDatabase({ seeded: true }),
    startOidcProvider(`${publicUrl}${back}`),
  ]);
  gateway = await createTestApp(database.pool, { env: envFor(provider.issuer), clock: () => now });
});
afterAll(async () => {
  await gateway.app.close();
  await provider.stop();
  await database.drop();
});

let count = 0;
async function invite() {
  count += 1;
  const login = `rahmat${count}@kotabogor.go.id`;
  const { id } = await addMember(database.pool, {
    login,
    name: 'Rahmat Hidayat',
    role: 'officer',
    agency: 'D32.71',
  });
  return { login, id };
}

/** The way there and back, as a browser goes it. */
async function goThere(visitor: Visitor, subject: string, agrees = true) {
  const start = await visitor.get('/petugas/masuk/sso?lanjut=/petugas/sesi');
  expect(start.status).toBe(303);
  const address = await provider.visit(start.location ?? '', subject, agrees);
  return { address, answer: await visitor.get(address.slice(publicUrl.length)) };
}

const isIn = async (visitor: Visitor) => (await visitor.get('/petugas')).status === 200;

test('the sign-in page offers it, and asks for code, PKCE, state and nonce', async () => {
  const visitor = createVisitor(gateway.app);
  const page = await visitor.get('/petugas/masuk');
  expect(page.body).toContain('Masuk dengan SSO Kota Bogor');
  const { location = '' } = await visitor.get('/petugas/masuk/sso');
  const asked = new URL(location).searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    redirect_uri: `${publicUrl}${back}`,
    scope: 'openid email',
  });
  for (const name of ['code_challenge', 'state', 'nonce'])
    expect(asked.get(name)?.length).toBeGreaterThan(20);
  const cookie = visitor.cookies.get('lapor-staff-sso') ?? '';
  expect(Buffer.from(cookie, 'base64url').toString('latin1')).not.toContain(asked.get('state'));
});

test('a member is known by the verified address the first time, and by the account ever after', async () => {
  const { login, id } = await invite();
  provider.accounts.set('akun-1', { email: login.toUpperCase(), email_verified: true });
  const visitor = createVisitor(gateway.app);
  const { answer } = await goThere(visitor, 'akun-1');
  expect(answer.status).toBe(303);
  expect(answer.location).toBe('/petugas/sesi');
  expect(await isIn(visitor)).toBe(true);
  // the address moves on to somebody else over there
  provider.accounts.set('akun-1', { email: 'lain@kotabogor.go.id', email_verified: true });
  provider.accounts.set('akun-2', { email: login, email_verified: true });
  expect((await goThere(createVisitor(gateway.app), 'akun-1')).answer.status).toBe(303);
  const other = createVisitor(gateway.app);
  const refused = (await goThere(other, 'akun-2')).answer;
  expect(refused.status).toBe(403);
  expect(refused.body).toContain('bukan milik petugas yang terdaftar');
  expect(await isIn(other)).toBe(false);
  const { rows } = await database.pool.query('select action from audit_log where subject = $1 order by seq', [
    `staff:${id}`,
  ]);
  expect(rows.map(({ action }) => action)).toEqual([
    'staff_added',
    'staff_linked',
    'staff_signed_in',
    'staff_signed_in',
    'staff_sign_in_failed',
  ]);
});

describe('nobody comes in', () => {
  test.each([
    ['whose address the provider does not vouch for', { email_verified: false }],
    ['of whose address it says nothing', {}],
  ])('%s', async (_, more) => {
    const { login } = await invite();
    provider.accounts.set(login, { email: login, ...more });
    const visitor = createVisitor(gateway.app);
    expect((await goThere(visitor, login)).answer.status).toBe(403);
    expect(await isIn(visitor)).toBe(false);
  });

  test('who is no member of staff, and nobody becomes one', async () => {
    const before = (await database.pool.query('select count(*) from staff')).rows[0].count;
    provider.accounts.set('orang-lain', { email: 'orang.lain@kotabogor.go.id', email_verified: true });
    expect((await goThere(createVisitor(gateway.app), 'orang-lain')).answer.status).toBe(403);
    expect((await database.pool.query('select count(*) from staff')).rows[0].count).toBe(before);
  });

  test('who was disabled, linked or not', async () => {
    const [one, other] = [await invite(), await invite()];
    for (const { login } of [one, other])
      provider.accounts.set(login, { email: login, email_verified: true });
    expect((await goThere(createVisitor(gateway.app), one.login)).answer.status).toBe(303);
    for (const { login } of [one, other]) {
      await disableMember(database.pool, login);
      expect((await goThere(createVisitor(gateway.app), login)).answer.status).toBe(403);
    }
  });

  test('who did not agree over there', async () => {
    const { login } = await invite();
    provider.accounts.set(login, { email: login, email_verified: true });
    const { answer } = await goThere(createVisitor(gateway.app), login, false);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('Izin tidak diberikan');
  });

  test('with an answer that another browser began, that is too old, was changed, or comes twice', async () => {
    const { login } = await invite();
    provider.accounts.set(login, { email: login, email_verified: true });
    const visitor = createVisitor(gateway.app);
    const begin = async () => {
      const { location } = await visitor.get('/petugas/masuk/sso');
      return (await provider.visit(location ?? '', login)).slice(publicUrl.length);
    };
    const address = await begin();
    const victim = createVisitor(gateway.app);
    expect((await victim.get(address)).status).toBe(400);
    // begun in that browser as well: another state
    await victim.get('/petugas/masuk/sso');
    expect((await victim.get(address)).status).toBe(502);
    expect(await isIn(victim)).toBe(false);
    expect((await visitor.get(address.replace(/code=[^&]+/, 'code=x'))).status).toBe(502);
    const late = await begin();
    now = new Date(now.getTime() + 11 * 60_000);
    expect((await visitor.get(late)).status).toBe(400);
    const twice = await begin();
    const cookies = new Map(visitor.cookies);
    expect((await visitor.get(twice)).status).toBe(303);
    const replay = createVisitor(gateway.app, { cookies });
    expect((await replay.get(twice)).status).toBe(502);
    expect(await isIn(replay)).toBe(false);
  });
});

test('while the provider is away it is said, beside the fields for login and password', async () => {
  const redirect = `${publicUrl}${back}`;
  const away = await startOidcProvider(redirect);
  await away.stop();
  const alone = await createTestApp(database.pool, { env: envFor(away.issuer) });
  const answer = await createVisitor(alone.app).get('/petugas/masuk/sso');
  expect(answer.status).toBe(503);
  expect(answer.body).toContain('tidak dapat dihubungi');
  expect(answer.body).toContain('name="password"');
  await alone.app.close();
});

test.each([
  [
    { STAFF_OIDC_ISSUER: 'https://sso.contoh.go.id' },
    'STAFF_OIDC_CLIENT_ID and STAFF_OIDC_CLIENT_SECRET must be set',
  ],
  [{ ...envFor('http://sso.contoh.go.id') }, 'expected https, or http on this machine'],
  [{ STAFF_TOTP: 'never' }, 'STAFF_TOTP cannot be used: expected one of required, optional'],
])('settings %j stop the start', (env, words) => {
  expect(() => parseConfig(env)).toThrow(words);
});
