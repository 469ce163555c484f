import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPasswordHashing } from '../src/password-hash.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { signIn } from './support/staff.ts';
import { createVisitor, type Visitor } from './support/staff-visitor.ts';

let database: TestDatabase;
let gateway: TestApp;
beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  gateway = await createTestApp(database.pool, { env: { STAFF_TOTP: 'optional' } });
});
afterAll(async () => {
  await gateway.app.close();
  await database.drop();
});
beforeEach(() => database.pool.query('delete from staff_attempts'));

const password = 'kuda lumping makan beling';
const hashed = createPasswordHashing().hash(password);

/** Somebody signed in, with a password. */
async function enter(role: 'intake' | 'officer' | 'admin' = 'intake', agency = 'D32.71') {
  const { id, session } = await signIn(database.pool, { role, agency });
  await database.pool.query('update staff set password_hash = $2 where id = $1', [id, await hashed]);
  const visitor = createVisitor(gateway.app, { cookies: new Map([[session.name, session.value]]) });
  await visitor.get('/petugas');
  return { id, visitor, login: `${id}@contoh.go.id` };
}

const isIn = async (visitor: Visitor) => (await visitor.get('/petugas')).status === 200;
const copy = (visitor: Visitor) => createVisitor(gateway.app, { cookies: new Map(visitor.cookies) });
const age = (id: string, column: string, interval: string) =>
  database.pool.query(
    `update staff_sessions set ${column} = now() - interval '${interval}' where staff_id = $1`,
    [id],
  );

describe('the token of a session', () => {
  test('changes every quarter of an hour, and the one before is good until the new one was used for a minute', async () => {
    const { id, visitor } = await enter();
    const before = copy(visitor);
    await age(id, 'rotated_at', '16 minutes');
    expect(await isIn(visitor)).toBe(true);
    expect(visitor.cookies.get('lapor-staff')).not.toBe(before.cookies.get('lapor-staff'));
    // a request that crossed, or whose answer was lost
    expect(await isIn(copy(before))).toBe(true);
    await age(id, 'rotated_at', '2 minutes');
    expect(await isIn(copy(before))).toBe(true);
    expect(await isIn(visitor)).toBe(true);
    expect(await isIn(copy(before))).toBe(false);
    expect(await isIn(visitor)).toBe(true);
  });

  test('changes once where many requests come at a time, and all of them are answered', async () => {
    const { id, visitor } = await enter();
    await age(id, 'rotated_at', '16 minutes');
    const copies = Array.from({ length: 8 }, () => copy(visitor));
    expect(await Promise.all(copies.map(isIn))).toEqual(copies.map(() => true));
    const given = new Set(copies.map(({ cookies }) => cookies.get('lapor-staff')));
    expect(given.size).toBe(2);
    expect(await Promise.all(copies.map(isIn))).toEqual(copies.map(() => true));
  });

  test('that was lost on the way does not shut anybody out', async () => {
    const { id, visitor } = await enter();
    await age(id, 'rotated_at', '16 minutes');
    expect(await isIn(copy(visitor))).toBe(true);
    await age(id, 'rotated_at', '20 minutes');
    expect(await isIn(visitor)).toBe(true);
    expect(await isIn(visitor)).toBe(true);
  });

  test('is a cookie that scripts and other hosts cannot have', async () => {
    const secure = await createTestApp(database.pool, {
      env: { STAFF_TOTP: 'optional', PUBLIC_URL: 'https://lapor.contoh.go.id' },
    });
    const { login } = await enter();
    const visitor = createVisitor(secure.app);
    await visitor.get('/petugas/masuk');
    const answer = await visitor.post('/petugas/masuk', { login, password, code: '' });
    expect(answer.status).toBe(303);
    const cookie = [answer.headers['set-cookie']]
      .flat()
      .find((one) => String(one).startsWith('__Host-lapor-staff='));
    expect(cookie).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    await secure.app.close();
  });
});

test.each([
  ['last_seen_at', '31 minutes'],
  ['expires_at', '1 second'],
])('a session ends by its %s, and says where to sign in', async (column, interval) => {
  const { id, visitor } = await enter();
  await age(id, column, interval);
  expect((await visitor.get('/petugas/sesi')).location).toBe('/petugas/masuk?lanjut=%2Fpetugas%2Fsesi');
});

test('who signs in gets a session of their own, whatever token came along', async () => {
  const { login, visitor } = await enter();
  const before = visitor.cookies.get('lapor-staff');
  const fresh = createVisitor(gateway.app);
  fresh.cookies.set('lapor-staff', 'dipilih-orang-lain');
  await fresh.get('/petugas/masuk');
  await fresh.post('/petugas/masuk', { login, password, code: '' });
  expect(fresh.cookies.get('lapor-staff')).not.toBe('dipilih-orang-lain');
  expect(fresh.cookies.get('lapor-staff')).not.toBe(before);
  expect(await isIn(visitor)).toBe(true);
});

test('who signs out is out, with that token, for good', async () => {
  const { visitor } = await enter();
  const stolen = copy(visitor);
  const answer = await visitor.post('/petugas/keluar');
  expect(answer.location).toBe('/petugas/masuk?keluar');
  expect(visitor.cookies.has('lapor-staff')).toBe(false);
  expect(await isIn(stolen)).toBe(false);
});

describe('a form whose session has ended', () => {
  const letter = 'Ibu Sumiati menulis: "jalan <rusak> & gelap"\n\nsudah tiga bulan';

  test('is handed back whole, and goes through once its sender has signed in again', async () => {
    const { id, visitor, login } = await enter();
    const { csrf } = {
      csrf: /name="csrf" value="([^"]*)"/.exec((await visitor.get('/petugas')).body)?.[1] ?? '',
    };
    await age(id, 'last_seen_at', '31 minutes');
    const answer = await visitor.post('/petugas/sesi/akhiri', { csrf, session: 'x', text: letter });
    expect(answer.status).toBe(401);
    expect(answer.body).toContain('Sesi Anda sudah berakhir');
    expect(answer.body).toContain('&lt;rusak&gt; &amp; gelap&quot;\n\nsudah tiga bulan');
    expect(answer.body).toContain('action="/petugas/sesi/akhiri"');
    expect(answer.body).toContain(csrf);
    const tab = visitor;
    await tab.get('/petugas/masuk');
    expect((await tab.post('/petugas/masuk', { login, password, code: '' })).status).toBe(303);
    const again = await tab.post('/petugas/sesi/akhiri', { csrf, session: 'x', text: letter });
    expect(again.location).toBe('/petugas/sesi?kabar=diakhiri');
  });

  test('does not go through for another person who signs in at the same machine', async () => {
    const { id, visitor } = await enter();
    const csrf = /name="csrf" value="([^"]*)"/.exec((await visitor.get('/petugas')).body)?.[1] ?? '';
    await age(id, 'last_seen_at', '31 minutes');
    const { login } = await enter();
    await visitor.get('/petugas/masuk');
    await visitor.post('/petugas/masuk', { login, password, code: '' });
    const answer = await visitor.post('/petugas/sesi/akhiri', { csrf, session: 'x', text: letter });
    expect(answer.status).toBe(403);
    // not sent, but not lost
    expect(answer.body).toContain('sudah tiga bulan');
  });

  test('is not handed back where another site had the browser send it', async () => {
    const { visitor } = await enter();
    for (const cookie of ['lapor-staff', 'none']) {
      visitor.cookies.delete(cookie);
      const fields = { csrf: 'x', text: letter };
      const answer = await visitor.post('/petugas/sesi/akhiri', fields, { 'sec-fetch-site': 'cross-site' });
      expect(answer.status).toBe(401);
      expect(answer.body).not.toContain('tiga bulan');
    }
  });

  const withFile = (fields: Readonly<Record<string, string>>) =>
    [
      `name="files"; filename="surat.png"\r\ncontent-type: image/png\r\n\r\n${'PNG'.repeat(700_000)}`,
      // behind the file, as in the form
      ...Object.entries(fields).map(([name, value]) => `name="${name}"\r\n\r\n${value}`),
    ]
      .map((part) => `--x\r\ncontent-disposition: form-data; ${part}\r\n`)
      .join('')
      .concat('--x--\r\n');
  const sendFile = (payload: string, headers: Readonly<Record<string, string>> = {}) =>
    gateway.app.inject({
      method: 'POST',
      url: '/petugas/surat',
      headers: { accept: 'text/html', 'content-type': 'multipart/form-data; boundary=x', ...headers },
      payload,
    });

  test('with files keeps what was typed, and sent again shows the form to choose the files anew', async () => {
    const { visitor } = await enter();
    const csrf = /name="csrf" value="([^"]*)"/.exec((await visitor.get('/petugas/surat')).body)?.[1] ?? '';
    const fields = { csrf, agendaNumber: '77/ADU', text: letter };
    const lost = await sendFile(withFile(fields));
    expect(lost.statusCode).toBe(401);
    expect(lost.body).toContain('&lt;rusak&gt; &amp; gelap&quot;');
    expect(lost.body).toContain('Berkas yang Anda pilih tidak ikut');
    expect(lost.body).toContain('name="unggah"');
    const again = await visitor.post('/petugas/surat', { ...fields, unggah: '1' });
    expect(again.status).toBe(200);
    expect(again.body).toContain('value="77/ADU"');
    expect(again.body).toContain('&lt;rusak&gt; &amp; gelap');
    expect((await database.pool.query('select from letters')).rowCount).toBe(0);
  });

  test('with files and the token of another session is not lost either', async () => {
    const { visitor } = await enter();
    const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await sendFile(withFile({ csrf: 'x', text: letter }), { cookie });
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('sudah tiga bulan');
  });

  test('with files is not handed back where it came from elsewhere, is torn, or is too long', async () => {
    const whole = withFile({ csrf: 'x', text: letter });
    for (const [payload, headers] of [
      [whole, { 'sec-fetch-site': 'cross-site' }],
      [whole.slice(0, -20), {}],
      [withFile({ text: letter.padEnd(300_000, '.') }), {}],
      [withFile({ text: letter, more: '.'.repeat(200_000), most: '.'.repeat(200_000) }), {}],
    ] as const) {
      const answer = await sendFile(payload, headers);
      expect(answer.statusCode).toBe(401);
      expect(answer.body).not.toContain('tiga bulan');
    }
  });
});

test('somebody sees where they are signed in, ends one, and ends all', async () => {
  const { visitor, login, id } = await enter();
  const phone = createVisitor(gateway.app);
  await phone.get('/petugas/masuk');
  await phone.post(
    '/petugas/masuk',
    { login, password, code: '' },
    { 'user-agent': 'Mozilla/5.0 (Linux; Android 14) Chrome/130.0' },
  );
  const page = (await visitor.get('/petugas/sesi')).body;
  expect(page).toContain('Chrome, Android');
  const ids = [...page.matchAll(/name="session" value="([^"]+)"/g)].map(([, one]) => one ?? '');
  expect(ids).toHaveLength(2);
  const { rows } = await database.pool.query(
    `select id from staff_sessions where staff_id = $1 and way = 'password'`,
    [id],
  );
  await visitor.post('/petugas/sesi/akhiri', { session: rows[0].id });
  expect(await isIn(phone)).toBe(false);
  expect(await isIn(visitor)).toBe(true);
  const other = await enter();
  await visitor.post('/petugas/sesi/akhiri', { session: 'tidak-ada' });
  const theirs = await database.pool.query('select id from staff_sessions where staff_id = $1', [other.id]);
  await visitor.post('/petugas/sesi/akhiri', { session: theirs.rows[0].id });
  expect(await isIn(other.visitor)).toBe(true);
  expect((await visitor.post('/petugas/sesi/akhiri-semua')).location).toBe('/petugas/masuk?keluar=semua');
  expect(await isIn(visitor)).toBe(false);
});

test('a new password needs the present one, ends all other sessions, and gives this one another token', async () => {
  const { visitor, login } = await enter();
  const elsewhere = createVisitor(gateway.app);
  await elsewhere.get('/petugas/masuk');
  await elsewhere.post('/petugas/masuk', { login, password, code: '' });
  const stolen = copy(visitor);
  const next = 'nasi uduk bu tini enak';
  await visitor.get('/petugas/sandi');
  const wrong = await visitor.post('/petugas/sandi', { current: 'bukan ini', password: next, repeat: next });
  expect(wrong.status).toBe(422);
  expect(wrong.body).toContain('Kata sandi sekarang tidak cocok');
  const weak = await visitor.post('/petugas/sandi', {
    current: password,
    password: 'pendek',
    repeat: 'pendek',
  });
  expect(weak.body).toContain('terlalu pendek');
  expect(await isIn(elsewhere)).toBe(true);
  expect(
    (await visitor.post('/petugas/sandi', { current: password, password: next, repeat: next })).location,
  ).toBe('/petugas/sesi?kabar=sandi');
  expect([await isIn(visitor), await isIn(elsewhere), await isIn(stolen)]).toEqual([true, false, false]);
  const later = createVisitor(gateway.app);
  await later.get('/petugas/masuk');
  expect((await later.post('/petugas/masuk', { login, password, code: '' })).status).toBe(401);
  expect((await later.post('/petugas/masuk', { login, password: next, code: '' })).status).toBe(303);
});

test('an admin sees and ends the staff of their agency and below, and nobody else', async () => {
  const admin = await enter('admin', 'D32.71');
  const [colleague, stranger] = [await enter('officer', 'D32.71'), await enter('officer', 'D32.73')];
  const page = (await admin.visitor.get('/petugas/staf')).body;
  expect(page).toContain(colleague.id);
  expect(page).not.toContain(stranger.id);
  expect((await admin.visitor.post(`/petugas/staf/${colleague.id}/nonaktif`)).status).toBe(303);
  expect(await isIn(colleague.visitor)).toBe(false);
  expect((await admin.visitor.post(`/petugas/staf/${stranger.id}/nonaktif`)).status).toBe(404);
  expect(await isIn(stranger.visitor)).toBe(true);
  expect((await admin.visitor.post(`/petugas/staf/${admin.id}/nonaktif`)).status).toBe(409);
  const { rows } = await database.pool.query(
    `select actor from audit_log where action = 'staff_disabled' and subject = $1`,
    [`staff:${colleague.id}`],
  );
  expect(rows).toEqual([{ actor: `staff:${admin.id}` }]);
});

test('what is not theirs is said in words, with the way back', async () => {
  const { visitor } = await enter();
  const answer = await visitor.get('/petugas/staf');
  expect(answer.status).toBe(403);
  expect(answer.body).toContain('Bukan bagian Anda');
  expect(answer.body).toContain('href="/petugas"');
});
