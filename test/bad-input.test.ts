import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mintTrackingId } from '../src/domain/tracking-id.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { forgetReports, unpackAll } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { talk } from './support/raw-http.ts';
import { readSealed } from './support/sealing.ts';
import { signSms, smsSecret } from './support/signed-sms.ts';

const kannelSecret = 'rahasia-kannel-uji';
const publicUrl = 'https://lapor.example.go.id';

/** In nearly every request below, and to be found in no answer and in no line of the log. */
const reporter = { name: 'Kartika Sulistyowati', phone: '081298765432', email: 'kartika@surel.example' };
const personal = /12\W?9876\W?5432|Kartika|surel\./i;
const internals = /select |insert |update |delete from|pg_|at .*\.[jt]s|node_modules/i;

/** The sentence a person reads, by default and in English. */
const sentences = {
  malformed: ['Isi permintaan tidak dapat dibaca', 'The body of the request cannot be read'],
  invalid: ['Ada isian yang kurang atau keliru', 'Some fields are missing or wrong'],
  'consent-missing': ['bila Anda menyetujui pemrosesan data', 'only if you agree that your data is used'],
  'text-empty': ['Ceritakan apa yang terjadi', 'Say what happened'],
  'too-large': ['lebih besar daripada yang dapat diterima', 'more than can be taken at once'],
  'agency-unknown': ['Tidak ada instansi aktif dengan kode itu', 'no active agency with that code'],
  'topic-unknown': ['Tidak ada topik dengan kode itu', 'no topic with that code'],
  unauthenticated: ['tidak ada atau tidak cocok. Tidak ada yang disimpan', 'Nothing was stored'],
  stale: ['ditandatangani terlalu lama yang lalu', 'signed too long ago'],
  'tracking-id-mistyped': ['ada angka yang salah atau kurang', 'a digit is wrong or missing'],
  'not-found': ['Tidak ada yang dapat ditampilkan', 'There is nothing to show'],
} as const;
type Code = keyof typeof sentences;

let database: TestDatabase;
let gateway: TestApp;
const answers: LightMyRequestResponse[] = [];

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  gateway = await createTestApp(database.pool, {
    env: { PUBLIC_URL: publicUrl, SMS_GENERIC_SECRET: smsSecret, SMS_KANNEL_SECRET: kannelSecret },
  });
  await gateway.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await gateway?.app.close();
  await database?.drop();
});
beforeEach(() => forgetReports(database.pool));

async function send(request: InjectOptions, app = gateway.app): Promise<LightMyRequestResponse> {
  const answer = await app.inject(request);
  answers.push(answer);
  return answer;
}

/** Three rows for each report. */
async function expectStored(reports: number): Promise<void> {
  await unpackAll(database.pool);
  const { rows } = await database.pool.query(
    `select (select count(*)::int from reports) as reports,
       (select count(*)::int from report_identities) as identities,
       (select count(*)::int from inbox) as inbox`,
  );
  expect(rows).toEqual([{ reports, identities: reports, inbox: reports }]);
}

type Refusal = readonly [what: string, request: InjectOptions, ...fields: string[]];

/** Request by request: each is refused in both languages, naming the fields, and leaves nothing behind. */
function describeRefusals(status: number, code: Code, refusals: readonly Refusal[]): void {
  describe(`${status} ${code}:`, () => {
    test.each(refusals.map((refusal) => ({ what: refusal[0], refusal })))('$what', async ({ refusal }) => {
      const [, request, ...fields] = refusal;
      expectProblem(await send(request), status, code, 'id', fields);
      const inEnglish = withHeaders(request, { 'accept-language': 'en-GB,en;q=0.9,id;q=0.1' });
      expectProblem(await send(inEnglish), status, code, 'en', fields);
      await expectStored(0);
    });
  });
}

function expectProblem(
  answer: LightMyRequestResponse,
  status: number,
  code: Code,
  language: 'id' | 'en',
  fields: readonly string[] = [],
): void {
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = answer.json();
  expect(problem).toMatchObject({ type: `${publicUrl}/problems/${code}`, status });
  expect(problem.detail).toContain(sentences[code][language === 'id' ? 0 : 1]);
  expect((problem.fields ?? []).map(({ path }: { path: string }) => path)).toEqual(fields);
}

const complaint = {
  kind: 'complaint',
  text: 'Tlg pak, jln dpn SMPN 4 Cibinong bolong2 bsr, td pagi ada yg jatuh',
  reporter,
  consent: true,
};
const post = (payload: string | Buffer, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'POST',
  url: '/v1/reports',
  payload,
  headers: { 'content-type': 'application/json', ...headers },
});
const report = (changes: object, headers?: Record<string, string>): InjectOptions =>
  post(JSON.stringify({ ...complaint, ...changes }), headers);
const reportWithout = (field: keyof typeof complaint) => report({ [field]: undefined });
/** With this JSON, which no `JSON.stringify` writes, in place of the text. */
const reportWithText = (json: string) => post(JSON.stringify({ ...complaint, text: 0 }).replace('0', json));
const withHeaders = (
  { headers, ...rest }: InjectOptions,
  changed: Record<string, string>,
): InjectOptions => ({
  ...rest,
  headers: { ...headers, ...changed },
});
const get = (url: string): InjectOptions => ({ method: 'GET', url });

const megabyte = 'Banjir lagi di Rw 07, airnya udh masuk rumah. '.repeat(21_740).slice(0, 1_000_000);
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const inLatin1 = Buffer.from(JSON.stringify({ ...complaint, text: 'Air k\xe9ruh' }), 'latin1');
const halfPair = Buffer.from('7b2274657874223a22eda080227d', 'hex');

describeRefusals(400, 'malformed', [
  ['half a document', post(`{"reporter":{"name":"${reporter.name}"`)],
  ['no body', post('')],
  ['a form', post(`text=Jalan+rusak&phone=${reporter.phone}`)],
  ['bytes of an image', post(Buffer.from('89504e470d0a1a0a00ff', 'hex'))],
  ['JSON in windows-1252', post(inLatin1)],
  ['half a surrogate pair in raw bytes', post(halfPair)],
  ['JSON in gzip', post(gzipSync(JSON.stringify(complaint)), { 'content-encoding': 'gzip' })],
  ['a content type that is none', report({}, { 'content-type': 'json' })],
  ['brackets that never close', post('['.repeat(900_000))],
]);

describeRefusals(422, 'invalid', [
  ['null for a report', post('null'), ''],
  ['an array of reports', post(JSON.stringify([complaint])), ''],
  ['an array 400,000 deep', post(nested(400_000)), ''],
  ['a text 400,000 arrays deep', reportWithText(nested(400_000)), '/text'],
  ['no kind', reportWithout('kind'), '/kind'],
  ['a kind in Indonesian', report({ kind: 'pengaduan' }), '/kind'],
  ['no text', reportWithout('text'), '/text'],
  ['a number for a text', report({ text: 1708 }), '/text'],
  ['a title of 201 characters', report({ title: 'j'.repeat(201) }), '/title'],
  ['the thirtieth of February', report({ occurredOn: '2026-02-30' }), '/occurredOn'],
  ['yesterday in words', report({ occurredOn: 'kemarin' }), '/occurredOn'],
  ['a place in words', report({ place: 'Cibinong' }), '/place'],
  ['a latitude as text', report({ place: { lat: '-6.48', lon: 106.85 } }), '/place/lat'],
  ['a latitude past the pole', report({ place: { lat: -96.48, lon: 106.85 } }), '/place/lat'],
  ['a number without end', reportWithText('"Jalan rusak","place":{"lat":1,"lon":1e400}'), '/place/lon'],
  ['an area code without dots', report({ place: { areaCode: '3201' } }), '/place/areaCode'],
  ['a reporter in words', report({ reporter: reporter.name }), '/reporter'],
  ['a number for a phone number', report({ reporter: { phone: 81298765432 } }), '/reporter/phone'],
  ['an address without @', report({ reporter: { email: reporter.name } }), '/reporter/email'],
  ['a word for anonymous', report({ anonymous: 'ya' }), '/anonymous'],
  ['several at once', report({ kind: 7, text: null, consent: false }), '/kind', '/text', '/consent'],
  ['an Idempotency-Key of 256 characters', report({}, { 'idempotency-key': 'k'.repeat(256) })],
  ['a limit in words', get('/v1/agencies?q=bogor&limit=banyak'), '/limit'],
]);

describeRefusals(422, 'text-empty', [
  ['no character', report({ text: '' }), '/text'],
  ['spaces and line ends', report({ text: ' \n\t\u00a0\u2003 ' }), '/text'],
  ['nothing but NUL', report({ text: '\0\0' }), '/text'],
]);

describeRefusals(413, 'too-large', [
  ['a text of 20,001 characters', report({ text: 'j'.repeat(20_001) }), '/text'],
  ['a text of 1 MB', report({ text: megabyte }), '/text'],
  ['a body of more than 1 MiB', report({ text: megabyte + megabyte })],
]);

const disguised = JSON.stringify(complaint).replace('"consent"', '"__proto__":{"consent":true},"konsen"');
describeRefusals(422, 'consent-missing', [
  ['no consent', reportWithout('consent'), '/consent'],
  ['consent refused', report({ consent: false }), '/consent'],
  ['the word "true"', report({ consent: 'true' }), '/consent'],
  ['the number 1', report({ consent: 1 }), '/consent'],
  ['null', report({ consent: null }), '/consent'],
  ['consent by way of __proto__', post(disguised), '/consent'],
]);

describeRefusals(422, 'agency-unknown', [
  ['a code nobody has', report({ agency: 'D99.99' }), '/agency'],
  ['SQL', report({ agency: "'; drop table agencies; --" }), '/agency'],
  ['__proto__', report({ agency: '__proto__' }), '/agency'],
]);
describeRefusals(422, 'topic-unknown', [
  ['a code nobody has', report({ topic: 'jalan-ke-bulan' }), '/topic'],
  ['constructor', report({ topic: 'constructor' }), '/topic'],
]);

describeRefusals(400, 'tracking-id-mistyped', [
  ['a wrong digit', get('/v1/track/1234-5678-9019')],
  ['a digit too few', get('/v1/track/12345678901')],
  ['NUL', get('/v1/track/%00')],
]);
describeRefusals(404, 'not-found', [
  ['a tracking ID nobody has', get(`/v1/track/${mintTrackingId(() => 7)}`)],
  ['a receipt nobody has', get('/v1/receipts/01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya')],
  ['NUL for a receipt', get('/v1/receipts/%00')],
  ['SQL for a receipt', get("/v1/receipts/x'%20or%20'1'='1")],
  ['a receipt of 4,000 characters', get(`/v1/receipts/${'7'.repeat(4000)}`)],
  ['a path that is not UTF-8', get('/v1/receipts/%ff%fe')],
  ['a path that climbs', get('/v1/..%2f..%2fetc/passwd')],
  ['an unknown path', get('/v1/laporan')],
  ['a method that reports do not have', { ...report({}), method: 'PUT' }],
  ['reading all reports', get('/v1/reports')],
  ['a channel that does not exist', get('/channels/telepati/kannel?text=Banjir')],
  ['a provider that does not exist', get('/channels/sms/constructor?text=Banjir')],
]);

const sms = { id: 'op-1', from: reporter.phone, to: '1708', text: 'BOGOR jln mayor oking ambles, hati2' };
const manySms = (size: number) =>
  Array.from({ length: size }, (_, at) => ({ ...sms, id: `op-${at}`, text: `${sms.text} rt ${at}` }));

const signJson = (value: unknown, how?: Parameters<typeof signSms>[1]) =>
  signSms(Buffer.from(JSON.stringify(value)), how);
const otherSecret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const now = String(Math.floor(Date.now() / 1000));
const kannel = (query: string) => get(`/channels/sms/kannel?id=k-1&from=${reporter.phone}&${query}`);

describeRefusals(401, 'unauthenticated', [
  ['no signature', { ...signJson(sms), headers: {} }],
  ['a signature that is none', withHeaders(signJson(sms), { 'webhook-signature': 'v1,xxxx' })],
  ['a signature by another secret', signJson(sms, { secret: otherSecret })],
  ['a signature for another text', { ...signJson(sms), payload: JSON.stringify({ ...sms, text: 'palsu' }) }],
  [
    'a stale signature under a fresh timestamp',
    withHeaders(signJson(sms, { secondsAgo: 360 }), { 'webhook-timestamp': now }),
  ],
  ['Kannel without its secret', kannel('text=Banjir')],
  ['Kannel with a wrong secret', kannel('text=Banjir&secret=tebakan')],
]);
describeRefusals(401, 'stale', [
  ['a signature 6 minutes old', signJson(sms, { secondsAgo: 360 })],
  ['a signature from 6 minutes ahead', signJson(sms, { secondsAgo: -360 })],
]);
describeRefusals(400, 'malformed', [
  ['an SMS that is signed, and no JSON', signSms(Buffer.from('{"id":"op-1"'))],
]);
describeRefusals(422, 'invalid', [
  ['an array of no SMS', signJson([]), ''],
  ['an SMS without id and sender among others', signJson([sms, { text: 'air keruh' }]), '/1/id', '/1/from'],
  ['a get-url of Kannel that forgets the text', kannel(`secret=${kannelSecret}`), '/text'],
]);
describeRefusals(413, 'too-large', [
  ['an SMS of 1 MB among others', signJson([sms, { ...sms, text: megabyte }]), '/1/text'],
  ['10,001 SMS', signJson(manySms(10_001)), ''],
  ['SMS of more than 16 MiB', signSms(Buffer.alloc(16 * 1024 * 1024 + 1, ' '))],
]);

test.each(['generic', 'kannel'])(
  'sms/%s without its secret is off, and says what is missing',
  async (name) => {
    const off = await createTestApp(database.pool, { env: { PUBLIC_URL: publicUrl } });
    const answer = await send({ ...signJson(sms), url: `/channels/sms/${name}` }, off.app);
    expectProblem(answer, 404, 'not-found', 'id');
    expect(answer.json().reason).toBe(`this channel is off: SMS_${name.toUpperCase()}_SECRET is not set`);
    await expectStored(0);
    await off.app.close();
  },
);

test('NUL for the receipt in the address of its page leads to a page that says so', async () => {
  const answer = await send({ url: '/terima/%00', headers: { accept: 'text/html' } });
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
});

describe('what looks bad is a report all the same:', () => {
  test('10,000 SMS at once, each with a receipt of its own, and with the same one again', async () => {
    const request = signJson(manySms(10_000));
    const first = await send(request);
    expect(first.statusCode).toBe(202);
    const receipts: { id: string; receipt: string; repeated: boolean }[] = first.json().receipts;
    expect(receipts.map(({ id }) => id)).toEqual(manySms(10_000).map(({ id }) => id));
    expect(new Set(receipts.map(({ receipt }) => receipt)).size).toBe(10_000);
    await expectStored(10_000);

    const again = await send(request);
    expect(again.json().receipts).toEqual(receipts.map((one) => ({ ...one, repeated: true })));
    await expectStored(10_000);
  });

  test('a replayed SMS, with the signature it had or a new one, is the report it was', async () => {
    const request = signJson(sms);
    const [{ receipt }] = (await send(request)).json().receipts;
    for (const replay of [request, signJson(sms, { secondsAgo: 100 })]) {
      const answer = await send(replay);
      expect(answer.statusCode).toBe(202);
      expect(answer.json()).toEqual({ receipts: [{ id: sms.id, receipt, repeated: true }] });
    }
    await expectStored(1);
  });

  test('an SMS twice in one request is one report', async () => {
    const [first, second] = (await send(signJson([sms, sms]))).json().receipts;
    expect(second.receipt).toBe(first.receipt);
    await expectStored(1);
  });

  test.each([
    ['UTF-16BE, in truth UTF-8', 'UTF-16BE', 'air%20pam%20mati!'],
    ['UTF-8, in truth windows-1252', 'UTF-8', 'air%20k%E9ruh'],
    ['unknown', 'KLINGON-7', 'air%20pam%20mati'],
    ['missing, of a binary SMS', '', 'air%00%01%FF%FE'],
  ])('an SMS by Kannel whose charset is %s', async (_, charset, text) => {
    const request = kannel(`secret=${kannelSecret}&text=${text}&charset=${charset}`);
    for (const answer of [await send(request), await send(request)]) {
      expect([answer.statusCode, answer.body]).toEqual([200, '']);
    }
    await expectStored(1);
    const { text: stored, original } = await readOnly();
    expect(stored).toMatch(/^air/);
    expect(original.toString('latin1')).toContain(`text=${text}`);
    expect(original.toString('latin1')).not.toContain(kannelSecret);
  });

  test('binary in a text is taken out of it, and kept in the original', async () => {
    const request = reportWithText('"PJU\\u0000 mati \\ud800 \\udc00\\u001b di gg\\u0000"');
    expect((await send(request)).statusCode).toBe(202);
    const { text, original } = await readOnly();
    expect(text).toBe('PJU mati \ufffd \ufffd\u001b di gg');
    expect(original.toString()).toBe(request.payload);
  });

  test('SQL in every field', async () => {
    const sql = "'); drop table reports; select pg_sleep(9) -- $1 %s \\";
    const email = 'a@b;drop-table-reports';
    const fields = { title: sql, text: sql, place: { text: sql }, onBehalfOf: sql, [sql]: sql };
    const headers = { 'idempotency-key': sql, prefer: sql, 'accept-language': sql, cookie: sql };
    const request = report({ ...fields, reporter: { name: sql, phone: sql, email } }, headers);
    expect((await send(request)).statusCode).toBe(202);
    expect(await readOnly()).toMatchObject({
      title: sql,
      text: sql,
      place_text: sql,
      identity: { name: sql, phone: sql, email, onBehalfOf: sql },
    });
  });

  test('__proto__ among the fields changes nothing', async () => {
    const request = reportWithText('"Got mampet","__proto__":{"anonymous":true,"title":"x"}');
    expect((await send(request)).statusCode).toBe(202);
    expect(await readOnly()).toMatchObject({ title: null, anonymous: false });
    expect({}).not.toHaveProperty('anonymous');
  });

  test.each(['text/plain', 'application/xml', undefined])(
    'JSON that calls itself %s',
    async (contentType) => {
      const headers = contentType === undefined ? {} : { 'content-type': contentType };
      expect((await send({ ...report({}), headers })).statusCode).toBe(202);
      await expectStored(1);
    },
  );

  /** The one report there is. */
  async function readOnly() {
    await unpackAll(database.pool);
    const { rows } = await database.pool.query('select id, title, text, place_text, anonymous from reports');
    expect(rows).toHaveLength(1);
    const sealed = await readSealed(database.pool, rows[0].id, 'agency');
    return { ...rows[0], identity: sealed?.identity, original: sealed?.original.body };
  }
});

describe('what is no HTTP request is answered, hung up on and not repeated:', () => {
  const submit = 'POST /v1/reports HTTP/1.1';
  test.each([
    ['headers of 200 kB', 431, ['GET /health HTTP/1.1', `x-nama: ${reporter.name.repeat(10_000)}`]],
    ['a method nobody knows', 400, ['LAPOR /v1/reports HTTP/1.1']],
    ['a report and nothing else', 400, [JSON.stringify(complaint)]],
    ['a body of two lengths', 400, [submit, 'content-length: 1', 'content-length: 9']],
    ['a body of a length, in chunks', 400, [submit, 'content-length: 1', 'transfer-encoding: chunked']],
  ])('%s', async (_, status, lines) => {
    const { port } = gateway.app.server.address() as AddressInfo;
    const answer = await talk(port, [...lines, 'host: lapor', '', ''].join('\r\n'));
    expect(answer.split(' ')[1]).toBe(String(status));
    expect(answer).not.toMatch(personal);
    expect(answer).not.toMatch(internals);
    await expectStored(0);
  });
});

test('no answer held SQL, a stack or personal data, and no line of the log personal data', () => {
  expect(answers.length).toBeGreaterThan(150);
  const leaking = answers.filter(({ body }) => internals.test(body) || personal.test(body));
  expect(leaking.map(({ body }) => body.slice(0, 500))).toEqual([]);
  expect(gateway.logged.filter((line) => personal.test(line))).toEqual([]);
});
