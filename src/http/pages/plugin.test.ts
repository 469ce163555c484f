import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Attachments } from '../../attachments/attachments.ts';
import { type Config, parseConfig } from '../../config.ts';
import type { Pool } from '../../db/pool.ts';
import { isReport } from '../../domain/message.ts';
import type { NewReport, Receipt, ReportId } from '../../domain/report.ts';
import { buildDirectory } from '../../domain/routing/directory.ts';
import { AppError } from '../../errors.ts';
import { registerPages, renderErrorPage } from './plugin.ts';

const directory = buildDirectory({
  version: '1',
  agencies: [],
  topics: [],
  keywords: [],
  words: [],
  areas: '',
});
const receipt = '01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya' as Receipt;
const reportId = '019f0000-0000-7000-8000-000000000001' as ReportId;
const now = new Date('2026-11-22T03:15:00Z');
const formKey = Buffer.alloc(32, 1);
const text = 'Lampu jln depan SDN 2 Cikaret mati sdh 2 minggu, gelap & "rawan" <begal>';

/** Nobody sends any: test/attachments.test.ts does. */
const noFiles: Attachments = {
  receive: async () => 'type',
  list: async () => [],
  claim: async (report) => report,
  claimForAddition: async () => [],
  discard: async () => {},
  read: async () => null,
  sweep: async () => {},
  stop: async () => {},
};

/** The row a statement finds, by the receipt, tracking ID or report id it asks for. */
let rows: Record<string, Record<string, unknown>> = {};
let filed: NewReport[] = [];
let outcome: 'accepted' | 'other-content' | 'unavailable' = 'accepted';
let app: FastifyInstance;
let clock: Date;
/** How long people take to fill in the form. */
let seconds: number;

beforeEach(async () => {
  rows = { [reportId]: { report_id: reportId, tracking_id: '482109375564' } };
  filed = [];
  outcome = 'accepted';
  seconds = 60;
  clock = now;
  app = await createPages(parseConfig({}));
});
afterEach(() => app.close());

async function createPages(config: Config): Promise<FastifyInstance> {
  const pages = fastify();
  pages.setErrorHandler((error: { statusCode?: number }, request, reply) =>
    renderErrorPage(request, reply, error.statusCode === 413 ? 'too-large' : 'malformed'),
  );
  const db = {
    query: async ({ name, values: [key] }: { name?: string; values: unknown[] }) => ({
      // a worker has unpacked everything
      rows: name === 'find-bundled-report' ? [] : [rows[String(key)]].filter(Boolean),
    }),
  } as unknown as Pool;
  const log = pino({ level: 'silent' });
  await registerPages(
    pages,
    { config, db, log, attachments: noFiles, directory: () => directory, clock: () => clock, formKey },
    async (reports) => {
      if (outcome === 'unavailable') throw new AppError('unavailable', 'PostgreSQL is away');
      filed.push(...reports.filter(isReport));
      return reports.map(() => ({
        reportId,
        receipt,
        repeated: outcome === 'other-content',
        sameContent: outcome === 'accepted',
      }));
    },
    { isSolved: async (proof) => proof === 'solved' },
    async () => 'added',
  );
  return pages;
}

const hidden = (page: LightMyRequestResponse, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page.body)?.[1] ?? '';

/** Opens the form and sends it as a browser does, with the cookies it was given. */
async function sendForm(fields: Readonly<Record<string, string>>, url = '/lapor') {
  const form = await app.inject('/lapor');
  clock = new Date(clock.getTime() + seconds * 1000);
  const sent = {
    csrf: hidden(form, 'csrf'),
    token: hidden(form, 'token'),
    opened: hidden(form, 'opened'),
    trap: '',
    kind: 'complaint',
    text,
    consent: '1',
    ...fields,
  };
  const answer = await app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    cookies: Object.fromEntries(form.cookies.map(({ name, value }) => [name, value])),
    payload: new URLSearchParams(sent).toString(),
  });
  return { answer, sent };
}

const keptText = 'gelap &amp; &quot;rawan&quot; &lt;begal&gt;</textarea>';

test('a report sent leads to its receipt, and keeps the bytes that were posted but for the CSRF token', async () => {
  const { answer, sent } = await sendForm({ title: 'Lampu jalan mati' });
  expect(answer.statusCode).toBe(303);
  expect(answer.headers.location).toBe(`/terima/${receipt}`);
  expect(filed).toEqual([
    expect.objectContaining({
      channel: 'web',
      externalId: `form:${sent.token}`,
      title: 'Lampu jalan mati',
      text,
    }),
  ]);
  const { csrf: _csrf, opened: _opened, ...kept } = sent;
  expect(filed[0]?.original.body.toString()).toBe(new URLSearchParams(kept).toString());
});

test('two fillings of the form are two reports, one filling sent twice has one name', async () => {
  const first = await sendForm({});
  await sendForm({ token: first.sent.token });
  await sendForm({});
  const names = filed.map(({ externalId }) => externalId);
  expect(names[1]).toBe(names[0]);
  expect(names[2]).not.toBe(names[0]);
});

test('a form filled in by hand is filed, one filled in by a machine is held, and neither is told', async () => {
  await sendForm({});
  seconds = 1;
  const { answer } = await sendForm({});
  await sendForm({ proof: 'solved' });
  seconds = 60;
  await sendForm({ trap: 'https://contoh.id' });
  await sendForm({ opened: '' });
  const { sent } = await sendForm({});
  await sendForm({ opened: sent.opened });
  expect(answer.statusCode).toBe(303);
  expect(filed.map(({ hold }) => hold)).toEqual([
    null,
    expect.stringContaining('terlalu cepat'),
    null,
    expect.stringContaining('isian tersembunyi'),
    expect.stringContaining('tidak diketahui'),
    null,
    // another form's
    expect.stringContaining('tidak diketahui'),
  ]);
});

test('without proof an address is believed thirty times an hour', async () => {
  for (let count = 0; count < 31; count += 1) await sendForm({}).then(() => (clock = now));
  expect(filed.slice(0, 30).every(({ hold }) => hold === null)).toBe(true);
  expect(filed[30]?.hold).toContain('lebih dari 30 formulir');
  clock = new Date(now.getTime() + 3_600_000);
  await sendForm({});
  expect(filed[31]?.hold).toBeNull();
});

test('what was proven, and when it was opened, stays with a form that has to be mended', async () => {
  const { answer, sent } = await sendForm({ consent: '', proof: 'solved' });
  expect(hidden(answer, 'proof')).toBe('solved');
  expect(hidden(answer, 'opened')).toBe(sent.opened);
});

test('a report is joined by an address, and a confidential one joins nothing', async () => {
  const page = await app.inject('/lapor?gabung=4821-0937-5564');
  expect(page.body).toContain('<strong id="join-id">4821-0937-5564</strong>');
  expect(hidden(await app.inject('/lapor?gabung=4821-0937-5565'), 'joins')).toBe('');
  await sendForm({ joins: '482109375564' });
  await sendForm({ joins: '482109375564', confidential: '1' });
  await sendForm({ joins: 'x' });
  expect(filed.map(({ joins }) => joins)).toEqual(['482109375564', null, null]);
});

test('the report form runs our scripts and may ask where somebody is, a page without scripts may not', async () => {
  const form = await app.inject('/lapor');
  const home = await app.inject('/');
  expect(form.headers['content-security-policy']).toContain("script-src 'self'");
  expect(form.headers['content-security-policy']).not.toContain('unsafe');
  expect(form.headers['permissions-policy']).toContain('geolocation=(self)');
  expect(home.headers['content-security-policy']).not.toContain('script-src');
  expect(home.headers['permissions-policy']).toContain('geolocation=()');
});

test('without consent the form comes back with everything typed, and nothing is filed', async () => {
  const { answer, sent } = await sendForm({ consent: '' });
  expect(answer.statusCode).toBe(422);
  expect(answer.body).toContain('href="#consent"');
  expect(answer.body).toContain(keptText);
  expect(hidden(answer, 'token')).toBe(sent.token);
  expect(filed).toEqual([]);
});

test('a form from elsewhere is not filed but shown, everything typed kept', async () => {
  const { answer } = await sendForm({ csrf: 'forged' });
  expect(answer.statusCode).toBe(403);
  expect(answer.body).toContain('role="alert"');
  expect(answer.body).toContain(keptText);
  expect(filed).toEqual([]);
});

test('a form sent without any cookie is shown again and gets one', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: '/lapor',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ text, consent: '1' }).toString(),
  });
  expect(answer.statusCode).toBe(403);
  expect(answer.body).toContain(keptText);
  expect(answer.cookies).toEqual([
    expect.objectContaining({ name: '_csrf', httpOnly: true, sameSite: 'Lax' }),
  ]);
});

test('while reports cannot be stored the form comes back with everything typed', async () => {
  outcome = 'unavailable';
  const { answer, sent } = await sendForm({});
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('5');
  expect(answer.body).toContain(keptText);
  expect(hidden(answer, 'token')).toBe(sent.token);
});

test('a form changed after it was sent is asked about before it becomes a second report', async () => {
  outcome = 'other-content';
  const { answer, sent } = await sendForm({});
  expect(answer.statusCode).toBe(409);
  expect(answer.body).toContain(`href="/terima/${receipt}"`);
  expect(answer.body).toContain(keptText);
  expect(hidden(answer, 'token')).toMatch(/^[\w-]{21}$/);
  expect(hidden(answer, 'token')).not.toBe(sent.token);
});

test('switching the language in the middle of the form keeps what was typed and files nothing', async () => {
  const { answer } = await sendForm({ title: 'Lampu jalan mati' }, '/lapor?lang=en');
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain('<html lang="en">');
  expect(answer.body).toContain('value="Lampu jalan mati"');
  expect(answer.body).not.toContain('role="alert"');
  expect(answer.cookies).toContainEqual(expect.objectContaining({ name: 'lang', value: 'en', path: '/' }));
  expect(filed).toEqual([]);
});

test.each(['application/json', 'multipart/form-data; boundary=x', 'text/plain'])(
  'a body of type %s is no form',
  async (type) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/lapor',
      headers: { 'content-type': type },
      payload: '{"fields":1}',
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('<h1>Isi tidak terbaca</h1>');
    expect(filed).toEqual([]);
  },
);

test('a form of more than a megabyte gets a page that says so', async () => {
  const { answer } = await sendForm({ text: 'x'.repeat(1_100_000) });
  expect(answer.statusCode).toBe(413);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
});

test('cookies are for https only where the gateway is reached by https', async () => {
  const secure = await createPages(parseConfig({ PUBLIC_URL: 'https://lapor.contoh.id' }));
  const { cookies } = await secure.inject('/lapor?lang=en');
  expect(cookies.map(({ name, secure }) => [name, secure])).toEqual([
    ['lang', true],
    ['_csrf', true],
  ]);
  await secure.close();
});

const row = {
  id: reportId,
  received_at: now,
  kind: 'complaint',
  channel: 'web',
  title: 'Lampu jalan mati',
  tracking_id: '482109375564',
  filed_at: now,
  agency_code: 'D32.71',
  agency_name: 'Pemerintah Kota Bogor',
  quarantined_at: null,
  first_tracking_id: null,
  confidential: false,
  decided_at: now,
  delivered_at: null,
  anonymous: false,
  addition_count: 0,
  rating: null,
};

test('a receipt is shown in either case and never stored by anyone on the way', async () => {
  rows = { [receipt]: row };
  const answer = await app.inject(`/terima/${receipt.toUpperCase()}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.body).toContain('4821-0937-5564');
});

test('an unknown receipt gets a page of its own', async () => {
  const answer = await app.inject('/terima/apa-ini');
  expect(answer.statusCode).toBe(404);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.body).toContain('Tanda terima tidak dikenal');
});

test.each([
  ['not asked', '/lacak', 200],
  ['empty', '/lacak?id=', 422],
  ['mistyped', '/lacak?id=4821-0937-5565', 422],
  ['unknown or confidential', '/lacak?id=1038-4756-2918', 404],
  ['found', '/lacak?id=4821-0937-5564', 200],
])('tracking answers an ID that is %s', async (_, url, status) => {
  rows = { '482109375564': row };
  const answer = await app.inject(url);
  expect(answer.statusCode).toBe(status);
  expect(answer.body.includes('Pemerintah Kota Bogor')).toBe(url.endsWith('5564'));
});

test('a receipt code typed into tracking leads to the receipt', async () => {
  const answer = await app.inject(`/lacak?id=${receipt.toUpperCase()}`);
  expect(answer.statusCode).toBe(303);
  expect(answer.headers.location).toBe(`/terima/${receipt}`);
});

test('every file a page links to is there, compressed where wanted, and kept for ever', async () => {
  const { body } = await app.inject('/lapor');
  const links = [...body.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  expect(new Set(links).size).toBe(3 + 9 + 1);
  for (const url of links) {
    const plain = await app.inject(url);
    const gzipped = await app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } });
    expect(plain.statusCode).toBe(200);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(gzipped.headers['content-encoding']).toBe('gzip');
  }
});
