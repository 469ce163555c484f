import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMember } from '../src/cli/staff/actions.ts';
import { nationalDesk } from '../src/domain/routing/directory.ts';
import { type Role, roles, type StaffId } from '../src/domain/staff.ts';
import type { StaffRoute } from '../src/http/staff/area.ts';
import { subjectKinds } from '../src/http/staff/subjects.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { signIn } from './support/staff.ts';
import { makeSubject } from './support/staff-subjects.ts';
import { createVisitor, type Visitor } from './support/staff-visitor.ts';

/**
 * Every route of the staff's part, as the running app names them, tried by everybody who may not; and by somebody who may, so that
 * this cannot pass because everything fails. A new route is tried without a line here; a new kind of subject needs an entry in
 * test/support/staff-subjects.ts.
 */

const [own, foreign] = ['D32.71', 'D32.73'];

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

/** Somebody who has just signed in and has seen a page with a form. */
async function visitAs(role: Role, agency: string): Promise<Visitor & { readonly id: StaffId }> {
  const { id, session } = await signIn(database.pool, { role, agency });
  const visitor = createVisitor(gateway.app, { cookies: new Map([[session.name, session.value]]) });
  expect((await visitor.get('/petugas')).status).toBe(200);
  return { ...visitor, id };
}

/** What the route is about, made anew, and whose that is. */
async function prepare(route: StaffRoute): Promise<{ readonly url: string; readonly owner: string }> {
  const fallback = route.onlyNationalDesk ? nationalDesk : own;
  if (route.subject === undefined) return { url: route.url, owner: fallback };
  const { id, owner } = await makeSubject[route.subject](database.pool, own);
  return { url: route.url.replace(':id', id), owner };
}

const send = (visitor: Visitor, { method }: StaffRoute, url: string, fields = {}) =>
  method === 'GET' ? visitor.get(url) : visitor.post(url, fields);

const nameOf = ({ method, url }: StaffRoute) => `${method} ${url}`;

/** All that the log says was done. */
const countAudited = async () =>
  Number((await database.pool.query('select count(*) from audit_log')).rows[0].count);

/** What the log says that was done since, and by whom. */
const auditedAfter = async (count: number) =>
  (await database.pool.query('select action, actor from audit_log order by seq offset $1', [count])).rows;

async function expectRefusal(
  answer: Promise<{ readonly status: number; readonly location: string | undefined }>,
  status: number,
): Promise<void> {
  const before = await countAudited();
  expect((await answer).status).toBe(status);
  expect(await countAudited()).toBe(before);
}

test('the app says which routes there are, and of each subject a thing can be made', () => {
  expect(gateway.app.staffRoutes.length).toBeGreaterThan(8);
  expect(gateway.app.staffRoutes.map(nameOf)).toContain('POST /petugas/staf/:id/nonaktif');
  expect(subjectKinds.filter((kind) => !(kind in makeSubject))).toEqual([]);
});

test('no route of the staff stands outside the area but those that lead into it', () => {
  // each line is what follows the line above that is indented by four less
  const path: string[] = [];
  const addresses = gateway.app
    .printRoutes()
    .split('\n')
    .map((line) => /^(.*?)[├└]── (\S*)( \()?/.exec(line))
    .flatMap((found) => {
      if (found === null) return [];
      const [, indent = '', part = '', methods] = found;
      path.splice(indent.length / 4, Infinity, part);
      return methods === undefined ? [] : [path.join('')];
    })
    .filter((url) => url.startsWith('/petugas'));
  const known = new Set(gateway.app.staffRoutes.map(({ url }) => url));
  expect(addresses).toContain('/petugas/staf/:id/nonaktif');
  const outside = addresses.filter((url) => !known.has(url as StaffRoute['url']));
  expect(new Set(outside)).toEqual(new Set(['/petugas/masuk', '/petugas/undangan/:token']));
});

describe('nobody but who may', () => {
  test('passes any route: not who is not signed in', async () => {
    for (const route of gateway.app.staffRoutes) {
      const { url } = await prepare(route);
      const answer = await send(createVisitor(gateway.app), route, url, { csrf: 'x' });
      expect([nameOf(route), answer.status]).toEqual([nameOf(route), route.method === 'GET' ? 303 : 401]);
      if (route.method === 'GET') expect(answer.location).toContain('/petugas/masuk?lanjut=');
    }
  });

  test('passes any route: not another role', async () => {
    for (const route of gateway.app.staffRoutes) {
      const { url, owner } = await prepare(route);
      for (const role of roles.filter((role) => !route.roles.includes(role))) {
        await expectRefusal(send(await visitAs(role, owner), route, url), 403);
      }
    }
  });

  test('passes any route about something: not a listed role of an agency beside', async () => {
    for (const route of gateway.app.staffRoutes) {
      if (route.subject === undefined && !route.onlyNationalDesk) continue;
      for (const role of route.roles) {
        const { url } = await prepare(route);
        await expectRefusal(send(await visitAs(role, foreign), route, url), route.subject ? 404 : 403);
      }
    }
  });

  test('passes any route about something: not with an id that is none, or of nothing', async () => {
    for (const route of gateway.app.staffRoutes) {
      if (route.subject === undefined) continue;
      const visitor = await visitAs(route.roles[0] as Role, nationalDesk);
      for (const id of ['x', '00000000-0000-7000-8000-000000000000', "'; drop table staff --"]) {
        const url = route.url.replace(':id', encodeURIComponent(id));
        await expectRefusal(send(visitor, route, url), 404);
      }
    }
  });

  test('sends any form: not without a token, with a wrong one, or with that of another session', async () => {
    for (const route of gateway.app.staffRoutes) {
      if (route.method === 'GET') continue;
      const { url, owner } = await prepare(route);
      const role = route.roles[0] as Role;
      const visitor = await visitAs(role, owner);
      const another = await visitAs(role, owner);
      const theirs = /name="csrf" value="([^"]*)"/.exec((await another.get('/petugas')).body)?.[1] ?? '';
      expect(theirs).not.toBe('');
      const secret = another.cookies.get('lapor-staff-csrf') ?? '';
      for (const csrf of ['', 'x', theirs]) await expectRefusal(visitor.post(url, { csrf }), 403);
      // even where the other's cookie came along with it, as from another host of the same site
      visitor.cookies.set('lapor-staff-csrf', secret);
      await expectRefusal(visitor.post(url, { csrf: theirs }), 403);
      visitor.cookies.delete('lapor-staff-csrf');
      await expectRefusal(visitor.post(url, { csrf: theirs }), 403);
    }
  });
});

test('who may, does: in their agency, and from the one above', async () => {
  for (const route of gateway.app.staffRoutes) {
    for (const role of route.roles) {
      for (const place of ['own', 'above'] as const) {
        const { url, owner } = await prepare(route);
        const before = await countAudited();
        const visitor = await visitAs(role, place === 'own' ? owner : nationalDesk);
        const answer = await send(visitor, route, url);
        const said = [
          nameOf(route),
          role,
          answer.status,
          answer.location?.startsWith('/petugas/masuk?lanjut'),
        ];
        expect([401, 403, 404], said.join(' ')).not.toContain(answer.status);
        expect(answer.status, `${said.join(' ')} ${gateway.logged.at(-1)}`).toBeLessThan(500);
        expect(answer.location ?? '', said.join(' ')).not.toContain('?lanjut=');
        if (route.action === undefined) continue;
        const done = { action: route.action, actor: `staff:${visitor.id}` };
        expect(await auditedAfter(before), said.join(' ')).toContainEqual(done);
      }
    }
  }
});

test('a form without a body, or with files where none belong, is answered in words', async () => {
  for (const route of gateway.app.staffRoutes) {
    if (route.method === 'GET') continue;
    for (const type of [undefined, 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded']) {
      const { url, owner } = await prepare(route);
      const { cookies, get } = await visitAs(route.roles[0] as Role, owner);
      const csrf = /name="csrf" value="([^"]*)"/.exec((await get('/petugas')).body)?.[1] ?? '';
      const answer = await gateway.app.inject({
        method: 'POST',
        url,
        headers: {
          accept: 'text/html',
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          'x-csrf-token': csrf,
          ...(type !== undefined && { 'content-type': type }),
        },
        ...(type?.startsWith('multipart') && {
          payload: '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
        }),
      });
      const said = `${nameOf(route)} ${type} ${gateway.logged.at(-1)}`;
      expect(answer.statusCode, said).toBeLessThan(500);
      expect([401, 403, 404], said).not.toContain(answer.statusCode);
    }
  }
});

test('so it is at the door, where nobody is signed in yet', async () => {
  const { token } = await addMember(database.pool, {
    login: 'dewi.anggraini@kotabogor.go.id',
    name: 'Dewi Anggraini',
    role: 'officer',
    agency: own,
  });
  for (const url of ['/petugas/masuk', `/petugas/undangan/${token}`]) {
    for (const type of [undefined, 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded']) {
      const { cookies, get } = createVisitor(gateway.app);
      const csrf = /name="csrf" value="([^"]*)"/.exec((await get(url)).body)?.[1] ?? '';
      expect(csrf).not.toBe('');
      const answer = await gateway.app.inject({
        method: 'POST',
        url,
        headers: {
          accept: 'text/html',
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          'x-csrf-token': csrf,
          ...(type !== undefined && { 'content-type': type }),
        },
      });
      expect([401, 422], `${url} ${type} ${gateway.logged.at(-1)}`).toContain(answer.statusCode);
    }
  }
  for (const query of ['lanjut=/petugas&lanjut=//jahat.example', 'keluar&keluar', 'lanjut[]=x'])
    expect((await createVisitor(gateway.app).get(`/petugas/masuk?${query}`)).status).toBe(200);
});

test('no page of staff is kept by a browser, shown in a frame, or may use camera and microphone', async () => {
  const frames = /frame-ancestors 'none'/;
  for (const route of gateway.app.staffRoutes) {
    if (route.method === 'POST') continue;
    const { url, owner } = await prepare(route);
    const { headers } = await (await visitAs(route.roles[0] as Role, owner)).get(url);
    expect([nameOf(route), headers['cache-control']]).toEqual([nameOf(route), 'no-store']);
    if (!String(headers['content-type']).startsWith('text/html')) continue;
    expect(headers['content-security-policy'], nameOf(route)).toMatch(frames);
    expect(headers['content-security-policy'], nameOf(route)).not.toMatch(/unsafe|\*/);
    expect(headers['x-frame-options'], nameOf(route)).toBe('DENY');
    expect(headers['permissions-policy'], nameOf(route)).toBe('camera=(), geolocation=(), microphone=()');
    expect(headers['referrer-policy'], nameOf(route)).toBe('no-referrer');
  }
  const { headers } = await createVisitor(gateway.app).get('/petugas/masuk');
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
});
