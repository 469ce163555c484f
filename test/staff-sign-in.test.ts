import { hash, parseOptions, verify } from '@node-rs/argon2';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { addMember } from '../src/cli/staff/actions.ts';
import { createPasswordHashing } from '../src/password-hash.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { createVisitor, type Visitor } from './support/staff-visitor.ts';

// As it is, but its calls can be counted.
vi.mock('@node-rs/argon2', { spy: true });

let database: TestDatabase;
let gateway: TestApp;
let now = new Date();
beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  gateway = await createTestApp(database.pool, {
    clock: () => now,
    env: { STAFF_TOTP: 'optional', TRUST_PROXY: '' },
  });
});
afterAll(async () => {
  await gateway.app.close();
  await database.drop();
});
beforeEach(async () => {
  now = new Date();
  await database.pool.query('delete from staff_attempts');
});

const password = 'kuda lumping makan beling';
let count = 0;

/** Somebody who was added and has the link. */
async function invite(
  role: string,
): Promise<{ readonly login: string; readonly link: string; readonly id: string }> {
  count += 1;
  const login = `dewi${count}@kotabogor.go.id`;
  const { token, id } = await addMember(database.pool, {
    login,
    name: 'Dewi Anggraini',
    role,
    agency: 'D32.71',
  });
  return { login, link: `/petugas/undangan/${token}`, id };
}

const totpOf = (body: string) =>
  new TOTP({
    secret: Secret.fromBase32((/class="code">([A-Z2-7 ]+)</.exec(body)?.[1] ?? '').replaceAll(' ', '')),
  });
const codeOf = (totp: TOTP, seconds = 0) => totp.generate({ timestamp: now.getTime() + seconds * 1000 });

/** Somebody who has set up everything, and the code that is good next. */
async function setUp(role = 'officer', visitor: Visitor = createVisitor(gateway.app)) {
  const { login, link, id } = await invite(role);
  const totp = totpOf((await visitor.get(link)).body);
  const answer = await visitor.post(link, { password, repeat: password, code: codeOf(totp) });
  expect(answer.status).toBe(200);
  const codes = [...answer.body.matchAll(/<code>([^<]+)<\/code>/g)].map(([, code]) => code ?? '');
  now = new Date(now.getTime() + 30_000);
  return { login, id, totp, codes, visitor, link };
}

async function signIn(visitor: Visitor, fields: Readonly<Record<string, string>>, lanjut = '/petugas') {
  await visitor.get(`/petugas/masuk?${new URLSearchParams({ lanjut })}`);
  return visitor.post('/petugas/masuk', { lanjut, code: '', ...fields });
}

const audited = async (id: string) =>
  (
    await database.pool.query(
      'select action, actor, details from audit_log where subject = $1 order by seq',
      [`staff:${id}`],
    )
  ).rows;

test('who was added sets up password and app by the link, once, and signs in', async () => {
  const { login, id, totp, codes, visitor, link } = await setUp();
  expect(codes).toHaveLength(10);
  expect((await visitor.get(link)).status).toBe(404);
  const answer = await signIn(
    visitor,
    { login: ` ${login.toUpperCase()} `, password, code: codeOf(totp) },
    '/petugas/sesi',
  );
  expect(answer.status).toBe(303);
  expect(answer.location).toBe('/petugas/sesi');
  expect((await visitor.get('/petugas')).body).toContain('Pemerintah Kota Bogor');
  expect((await audited(id)).map(({ action }) => action)).toEqual([
    'staff_added',
    'staff_set_up',
    'staff_signed_in',
  ]);
});

test('the link offers one and the same key however often it is looked at, and needs a code of it', async () => {
  const visitor = createVisitor(gateway.app);
  const { link } = await invite('officer');
  const [first, second] = [await visitor.get(link), await visitor.get(link)];
  expect(totpOf(second.body).secret.base32).toBe(totpOf(first.body).secret.base32);
  for (const code of ['', '000000', 'abcdef']) {
    const answer = await visitor.post(link, { password, repeat: password, code });
    expect(answer.status).toBe(422);
    expect(answer.body).toContain(code === '' ? 'Kode diperlukan' : 'Kode tidak cocok');
  }
});

test.each([
  ['pendek', 'pendek', 'terlalu pendek'],
  ['Indonesia2026!', 'Indonesia2026!', 'mudah ditebak'],
  ['dewi anggraini 1990', 'dewi anggraini 1990', 'mudah ditebak'],
  [password, `${password}!`, 'tidak sama'],
])('the password %s with %s is refused in words', async (typed, repeat, words) => {
  const visitor = createVisitor(gateway.app);
  const { link } = await invite('officer');
  const totp = totpOf((await visitor.get(link)).body);
  const answer = await visitor.post(link, { password: typed, repeat, code: codeOf(totp) });
  expect(answer.status).toBe(422);
  expect(answer.body).toContain(words);
  expect(answer.body).not.toContain(`value="${typed}"`);
});

test('a link is good for a day, and until there is a newer one', async () => {
  const { link, id } = await invite('officer');
  const visitor = createVisitor(gateway.app);
  expect((await visitor.get(link)).status).toBe(200);
  await database.pool.query(`update staff_invitations set expires_at = now() where staff_id = $1`, [id]);
  const answer = await visitor.get(link);
  expect(answer.status).toBe(404);
  expect(answer.body).toContain('tidak berlaku lagi');
});

test('who only keys in may do without an app where the setting says so, nobody else', async () => {
  const visitor = createVisitor(gateway.app);
  const { login, link } = await invite('intake');
  await visitor.get(link);
  expect((await visitor.post(link, { password, repeat: password, code: '' })).location).toBe(
    '/petugas/masuk?siap',
  );
  expect((await signIn(visitor, { login, password })).status).toBe(303);
  const strict = await createTestApp(database.pool, { clock: () => now });
  const there = createVisitor(strict.app);
  const answer = await signIn(there, { login, password });
  expect(answer.location).toMatch(/^\/petugas\/undangan\//);
  expect((await there.get('/petugas')).status).toBe(303);
  const totp = totpOf((await there.get(answer.location ?? '')).body);
  expect((await there.post(answer.location ?? '', { code: codeOf(totp) })).body).toContain('kode pemulihan');
  expect((await signIn(there, { login, password })).status).toBe(401);
  expect((await signIn(there, { login, password, code: codeOf(totp, 30) })).status).toBe(303);
  await strict.app.close();
});

test('no code is taken twice, nor one from before the last', async () => {
  const { login, totp } = await setUp();
  const attempt = (code: string) => signIn(createVisitor(gateway.app), { login, password, code });
  const code = codeOf(totp);
  expect((await attempt(code)).status).toBe(303);
  expect((await attempt(code)).status).toBe(401);
  expect((await attempt(codeOf(totp, -30))).status).toBe(401);
  expect((await attempt(codeOf(totp, 30))).status).toBe(303);
});

test('two requests at a time with one code are one sign-in', async () => {
  const { login, totp } = await setUp();
  const code = codeOf(totp);
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => signIn(createVisitor(gateway.app), { login, password, code })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 401, 401, 401]);
});

test('many who sign in from one address at a time never wait for each other for ever', async () => {
  const members = [await setUp(), await setUp(), await setUp()];
  for (let round = 0; round < 5; round += 1) {
    now = new Date(now.getTime() + 60_000);
    const answers = await Promise.all(
      members.flatMap(({ login, totp }) =>
        [codeOf(totp), '000000', '000000'].map((code) =>
          signIn(createVisitor(gateway.app), { login, password, code }),
        ),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 303),
      ...Array.from({ length: 6 }, () => 401),
    ]);
    await database.pool.query('delete from staff_attempts');
  }
});

test('a recovery code stands in for the app, once', async () => {
  const { login, codes } = await setUp();
  const attempt = () =>
    signIn(createVisitor(gateway.app), { login, password, code: codes[3]?.toUpperCase() ?? '' });
  expect((await attempt()).status).toBe(303);
  expect((await attempt()).status).toBe(401);
});

test('whatever is wrong, the answer is the same, and the log does not have what was typed', async () => {
  const { login, id, totp } = await setUp();
  const disabled = await setUp();
  await database.pool.query('update staff set active = false where id = $1', [disabled.id]);
  const { login: invited } = await invite('officer');
  const attempts = [
    { login, password: 'bukan kata sandi saya', code: codeOf(totp) },
    { login, password, code: '000000' },
    { login, password, code: '' },
    { login: 'tidak.ada@kotabogor.go.id', password, code: '000000' },
    { login: disabled.login, password, code: codeOf(disabled.totp) },
    { login: invited, password: '', code: '' },
    { login: "' or 1=1 --", password: '\u0000', code: '\u0000' },
  ];
  const bodies = new Set<string>();
  for (const [index, fields] of attempts.entries()) {
    const answer = await signIn(createVisitor(gateway.app, { address: `10.1.0.${index + 1}` }), fields);
    expect(answer.status).toBe(401);
    bodies.add(
      answer.body
        .replace(/name="csrf" value="[^"]*"/, '')
        .replace(/id="login"[^>]*/, '')
        .replace(/value="[^"]*"/g, ''),
    );
  }
  expect(bodies.size).toBe(1);
  const failed = (await audited(id)).filter(({ action }) => action === 'staff_sign_in_failed');
  expect(failed.map(({ actor, details }) => [actor, details])).toEqual([
    ['nobody', { at: 'password' }],
    ['nobody', { at: 'code' }],
    ['nobody', { at: 'code' }],
  ]);
  const { rows } = await database.pool.query('select string_agg(audit_log::text, $1) as log from audit_log', [
    '',
  ]);
  for (const secret of ['bukan kata sandi', 'kuda lumping', 'tidak.ada@']) {
    expect(rows[0].log).not.toContain(secret);
    expect(gateway.logged.join('')).not.toContain(secret);
  }
});

test('a login that does not exist costs as much work as one that does', async () => {
  const { login } = await setUp();
  const { login: invited } = await invite('officer');
  const { login: disabled, id } = await setUp();
  await database.pool.query('update staff set active = false where id = $1', [id]);
  await signIn(createVisitor(gateway.app), { login, password: 'salah sama sekali' });
  const [asked] = vi.mocked(verify).mock.lastCall ?? [];
  const work = parseOptions(String(asked));
  for (const typed of [login, invited, disabled, 'tidak.ada@kotabogor.go.id', 'bukan login', '']) {
    await database.pool.query('delete from staff_attempts');
    vi.mocked(verify).mockClear();
    vi.mocked(hash).mockClear();
    await signIn(createVisitor(gateway.app), { login: typed, password: 'salah sama sekali' });
    // one password is compared, with a hash that takes as long; the first time one to compare with may have to be made
    expect([typed, vi.mocked(verify).mock.calls.length]).toEqual([typed, 1]);
    expect(parseOptions(String(vi.mocked(verify).mock.lastCall?.[0]))).toEqual(work);
    vi.mocked(hash).mockClear();
    await signIn(createVisitor(gateway.app), { login: typed, password: 'salah sama sekali' });
    expect(vi.mocked(hash).mock.calls).toHaveLength(0);
  }
});

test('who guesses waits ever longer, by PostgreSQL, so that another gateway knows too; waiting helps', async () => {
  const { login, totp } = await setUp();
  const other = await createTestApp(database.pool, { clock: () => now });
  const attempt = (app = gateway.app, right = false) =>
    signIn(createVisitor(app, { address: '10.2.0.1' }), {
      login,
      password: right ? password : 'salah sama sekali',
      code: right ? codeOf(totp) : '',
    });
  for (let index = 0; index < 5; index += 1) expect((await attempt()).status).toBe(401);
  for (const app of [gateway.app, other.app]) {
    const answer = await attempt(app, true);
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body).toContain('Tunggu 1 detik');
    expect(answer.body).toContain(`value="${login}"`);
  }
  now = new Date(now.getTime() + 1_000);
  expect((await attempt(other.app)).status).toBe(401);
  expect((await attempt()).headers['retry-after']).toBe('2');
  now = new Date(now.getTime() + 2_000);
  expect((await attempt(gateway.app, true)).status).toBe(303);
  expect((await attempt()).status).toBe(401);
  await other.app.close();
});

test('many attempts at one moment are counted before any is looked at', async () => {
  const { login } = await setUp();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () =>
      signIn(createVisitor(gateway.app, { address: '10.3.0.1' }), { login, password: 'salah sama sekali' }),
    ),
  );
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
});

test('strangers everywhere can hold up nobody in a browser that they signed in with before', async () => {
  const { login, totp, visitor } = await setUp();
  expect((await signIn(visitor, { login, password, code: codeOf(totp) })).status).toBe(303);
  await visitor.get('/petugas');
  await visitor.post('/petugas/keluar');
  for (let index = 0; index < 24; index += 1) {
    await signIn(createVisitor(gateway.app, { address: `10.4.0.${index + 1}` }), {
      login,
      password: 'salah saja',
    });
  }
  const stranger = createVisitor(gateway.app, { address: '10.4.1.1' });
  expect((await signIn(stranger, { login, password: 'salah saja' })).status).toBe(429);
  expect((await signIn(visitor, { login, password, code: codeOf(totp, 30) })).status).toBe(303);
});

test('who has the password has few tries at the code, from wherever, and is not told that it is right', async () => {
  const { login, totp } = await setUp();
  const attempt = (index: number, code: string) =>
    signIn(createVisitor(gateway.app, { address: `10.5.0.${index}` }), { login, password, code });
  for (let index = 1; index <= 6; index += 1) {
    expect((await attempt(index, '000000')).body).toContain('tidak cocok');
  }
  // now even the right one
  expect((await attempt(7, codeOf(totp))).body).toContain('tidak cocok');
});

test('nothing leads elsewhere after signing in', async () => {
  const { login, totp } = await setUp();
  const answer = await signIn(
    createVisitor(gateway.app),
    { login, password, code: codeOf(totp) },
    'https://jahat.example/petugas',
  );
  expect(answer.location).toBe('/petugas');
});

test('a password hashed with parameters of old is hashed anew once it is at hand', async () => {
  const { login, id, totp } = await setUp();
  const { hash } = await import('@node-rs/argon2');
  const old = await hash(password, { memoryCost: 8_192, timeCost: 1 });
  await database.pool.query('update staff set password_hash = $2 where id = $1', [id, old]);
  expect(await createPasswordHashing().isOutdated(old)).toBe(true);
  expect((await signIn(createVisitor(gateway.app), { login, password, code: codeOf(totp) })).status).toBe(
    303,
  );
  const { rows } = await database.pool.query('select password_hash from staff where id = $1', [id]);
  expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('the secret of the app and the codes are not in the database in the clear', async () => {
  const { id, totp, codes } = await setUp();
  const { rows } = await database.pool.query(
    `select encode(totp_secret, 'hex') as secret,
       (select string_agg(encode(code_hash, 'hex'), ' ') from staff_recovery_codes where staff_id = $1) as codes
     from staff where id = $1`,
    [id],
  );
  expect(rows[0].secret).not.toContain(totp.secret.hex.toLowerCase());
  expect(Buffer.from(rows[0].codes.replaceAll(' ', ''), 'hex').toString('latin1')).not.toContain(codes[0]);
});

test('a flood of attempts waits in turn, and beyond a bound is told to come again', async () => {
  const passwords = createPasswordHashing();
  const hashed = await passwords.hash(password);
  const results = await Promise.allSettled(
    Array.from({ length: 130 }, () => passwords.verify(hashed, 'salah sama sekali')),
  );
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(28);
  expect(await passwords.verify(hashed, password)).toBe(true);
});

test('a page of old that signs in is shown anew', async () => {
  const visitor = createVisitor(gateway.app);
  const answer = await visitor.post('/petugas/masuk', { csrf: 'x', login: 'dewi', password });
  expect(answer.status).toBe(303);
  expect(answer.location).toBe('/petugas/masuk');
  await eventually(() => expect(gateway.logged.join('')).not.toContain(password));
});
