import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { spendChallenge } from '../src/db/spent-challenges.ts';
import type { NewReport } from '../src/domain/report.ts';
import { createIntake } from '../workers/intake.ts';
import { createTestAccept } from './support/accept.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;
let gateway: TestApp;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  core = await createCore(database.pool);
  gateway = await createTestApp(database.pool, { directory: core.context.directory() });
});
beforeEach(() => forgetReports(database.pool));
afterAll(async () => {
  await gateway?.app.close();
  await database?.drop();
});

type Filed = {
  readonly reportId: string;
  readonly trackingId: string;
  readonly of: string | null;
  readonly agency: string;
};

async function file(more: Partial<NewReport>): Promise<Filed> {
  const accept = await createTestAccept(core.context);
  const [accepted] = await accept([newReport(more)]);
  await createIntake(core.context)({ reportIds: [accepted?.reportId ?? ''] });
  const { rows } = await database.pool.query<Filed>(
    `select filing.report_id as "reportId", tracking_id as "trackingId", duplicate_of as of, agency_code as agency
    from filings as filing join routes as route using (report_id) where report_id = $1`,
    [accepted?.reportId],
  );
  return rows[0] as Filed;
}

const place = (text: string) => ({ text, lat: null, lon: null, areaCode: null });
const hole: Partial<NewReport> = {
  title: 'Lubang dekat rumah Bu Kartika',
  text: 'Jalan berlubang besar di depan pasar, banyak motor jatuh waktu hujan',
  place: place('Kec. Coblong, Kota Bandung'),
};
const alsoMe = 'Saya juga mengalami hal ini.';

async function suggest(payload: unknown) {
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/v1/suggestions',
    payload: payload as object,
  });
  return { status: answer.statusCode, body: answer.body, json: answer.json() };
}

const writing = {
  text: 'ada lubang besar di jalan depan pasar, motor sering jatuh',
  place: { text: 'Coblong, Kota Bandung' },
};

test('"saya juga" is linked with the first report of the event and goes where that one went, whatever it says', async () => {
  const first = await file(hole);
  const other = await file({ ...hole, place: place('Kota Bogor') });
  const joining = await file({ text: alsoMe, joins: first.trackingId });
  const further = await file({ text: alsoMe, joins: joining.trackingId });
  const elsewhere = await file({ text: alsoMe, joins: other.trackingId });
  expect([joining, further, elsewhere].map(({ of, agency }) => [of, agency])).toEqual([
    [first.reportId, 'D32.73'],
    [first.reportId, 'D32.73'],
    [other.reportId, 'D32.71'],
  ]);
});

test('nobody joins what is confidential, secretly or not at all there', async () => {
  const secret = await file({ ...hole, confidential: true });
  const open = await file(hole);
  const ofSecret = await file({ text: `${alsoMe} satu`, joins: secret.trackingId });
  const secretly = await file({ text: `${alsoMe} dua`, joins: open.trackingId, confidential: true });
  const ofNothing = await file({ text: `${alsoMe} tiga`, joins: '000000000000' });
  expect([ofSecret, secretly, ofNothing].map(({ of }) => of)).toEqual([null, null, null]);
});

test('a report like what is being written is shown with its number, and in nobody’s words', async () => {
  const first = await file(hole);
  await file({ text: alsoMe, joins: first.trackingId });
  await file({ ...hole, text: `${hole.text} juga`, confidential: true });
  const { status, body, json } = await suggest(writing);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    topic: { name: 'Jalan berlubang' },
    agency: { code: 'D32.73' },
    reports: [{ trackingId: first.trackingId, reports: 2, agency: { code: 'D32.73' } }],
  });
  expect(json.reports).toHaveLength(1);
  expect(body).not.toMatch(/Kartika|hujan/);
});

test.each([
  ['in another city', { ...writing, place: { text: 'Kota Bogor' } }],
  ['nobody knows where', { text: writing.text }],
  ['far away in the same city', { ...writing, place: { ...writing.place, lat: -6.95, lon: 107.7 } }],
  ['of another matter', { text: 'sampah menumpuk di depan pasar, bau', place: writing.place }],
])('what happens %s is another event', async (_, draft) => {
  await file({ ...hole, place: { ...place('Kec. Coblong, Kota Bandung'), lat: -6.8855, lon: 107.6139 } });
  expect((await suggest(draft)).json.reports).toEqual([]);
});

test('what is being written is neither stored nor logged', async () => {
  await suggest({ ...writing, text: `${writing.text} kata Pak Suryadharma` });
  await gateway.app.inject({ method: 'POST', url: '/v1/areas/search', payload: { q: 'rumah Suryadharma' } });
  expect(gateway.logged.join()).not.toContain('Suryadharma');
  const { rows } = await database.pool.query('select from reports');
  expect(rows).toEqual([]);
});

test.each([
  [400, '{"text":'],
  [422, '{}'],
  [422, '{"text":1}'],
  [422, '{"text":"x","place":{"lat":91}}'],
  [422, 'null'],
])('answers %i to %s', async (status, payload) => {
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/v1/suggestions',
    headers: { 'content-type': 'application/json' },
    payload,
  });
  expect(answer.statusCode).toBe(status);
});

test('places of the whole country are found by how their names begin, the larger ones first', async () => {
  const find = async (q: string) =>
    (await gateway.app.inject({ method: 'POST', url: '/v1/areas/search', payload: { q } })).json().areas;
  expect(await find('coblo')).toContainEqual({ code: '32.73.02', name: 'Kec. Coblong, Kota Bandung' });
  expect((await find('jawa'))[0]).toMatchObject({ name: expect.stringMatching(/^Provinsi Jawa/) });
  expect(await find("'; drop table areas --")).toEqual([]);
});

test('a challenge is spent by one form, however often that one comes, and forgotten once it expired', async () => {
  const now = new Date();
  const later = new Date(now.getTime() + 60_000);
  const spend = (nonce: string, formToken: string, at = now) =>
    spendChallenge(database.pool, { nonce, formToken, expiresAt: later }, at);
  expect(await Promise.all([spend('n1', 'a'), spend('n1', 'a'), spend('n1', 'a')])).toEqual([
    true,
    true,
    true,
  ]);
  expect(await spend('n1', 'b')).toBe(false);
  const raced = await Promise.all(['a', 'b', 'c', 'd'].map((form) => spend('n2', form)));
  expect(raced.filter(Boolean)).toHaveLength(1);
  await spend('n3', 'a', new Date(later.getTime() + 1));
  const { rows } = await database.pool.query('select nonce from spent_challenges');
  expect(rows.map(({ nonce }) => nonce)).toEqual(['n3']);
});
