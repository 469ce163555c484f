import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { countBacklog } from '../src/db/backlog.ts';
import { formatTrackingId, mintTrackingId, parseTrackingId } from '../src/domain/tracking-id.ts';
import { type InProcess, startInProcess } from './support/app.ts';
import { countAccepted } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { expectOpenApi } from './support/openapi.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { openTcpRelay, type TcpRelay } from './support/tcp-relay.ts';
import { letWaitingTimePass } from './support/waiting-time.ts';

const publicUrl = 'https://lapor.example.go.id';
const name = 'Yohana Tampubolon';
const phone = '0813-7654-3210';
const complaint = {
  kind: 'complaint',
  title: 'PJU mati',
  text: 'Lampu jln di dpn ps Horas mati smua sdh 2 mgg, rawan jambret. Pematangsiantar',
  reporter: { name, phone },
  consent: true,
};

let database: TestDatabase;
let postgres: TcpRelay;
let redis: TcpRelay;
let gateway: InProcess;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  postgres = await openTcpRelay(database.url);
  redis = await openTcpRelay(testRedisUrl());
  gateway = await startInProcess(
    { databaseUrl: postgres.url, redisUrl: redis.url },
    { serve: true, work: true, sweep: true },
    { PUBLIC_URL: publicUrl, QUEUE_NAMESPACE: testQueueNamespace() },
  );
});
afterAll(async () => {
  // Whatever still waits for an answer of PostgreSQL gets an end instead.
  await postgres?.close();
  await gateway?.stop();
  await redis?.close();
  await database?.drop();
});

type Receipted = { receipt: string; trackingId: string | null; links: Record<string, string | null> };
type Progress = { trackingId: string | null; status: string; history: { what: string }[] };

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, { headers, signal: AbortSignal.timeout(20_000) });

function submit(changes: object = {}, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...complaint, ...changes }),
    signal: AbortSignal.timeout(20_000),
  });
}

const bodyOf = async <T>(answer: Response | Promise<Response>) => (await (await answer).json()) as T;
/** A report that is filed when it is answered. */
const file = (changes: object = {}) => bodyOf<Receipted>(submit(changes, { prefer: 'wait=15' }));

const countReports = () => countAccepted(database.pool);

describe('a report', () => {
  test('is answered 202 with its receipt and links, and lies in the database then', async () => {
    const answer = await submit();
    expect(answer.status).toBe(202);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { receipt, trackingId, links } = await bodyOf<Receipted>(answer);
    const { rowCount } = await database.pool.query(
      `select from reports where receipt = $1
       union all select from bundles where reports::text like '%"receipt":"' || $1 || '"%'`,
      [receipt],
    );
    expect(rowCount).toBe(1);
    expect(receipt).toMatch(/^[0-9a-hjkmnp-tv-z]{33}$/);
    expect(trackingId).toBeNull();
    expect(links).toEqual({
      receipt: `${publicUrl}/v1/receipts/${receipt}`,
      page: `${publicUrl}/terima/${receipt}`,
      track: null,
    });
  });

  test('is not answered before it is committed', async () => {
    const blocker = await database.pool.connect();
    await blocker.query('begin; lock table bundles in access exclusive mode');
    let answered = false;
    const answer = submit().finally(() => {
      answered = true;
    });
    await vi.waitFor(async () => {
      const { rowCount } = await blocker.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(rowCount).toBeGreaterThan(0);
    }, 10_000);
    expect(answered).toBe(false);
    await blocker.query('rollback');
    blocker.release();
    expect((await answer).status).toBe(202);
  });

  test('with the Idempotency-Key of one before is that one, however often and fast it is sent', async () => {
    const before = await countReports();
    const key = { 'idempotency-key': randomUUID() };
    const burst = await Promise.all(Array.from({ length: 20 }, () => submit({}, key)));
    const answers = await Promise.all([...burst, submit({}, key)].map(bodyOf<Receipted>));
    expect(new Set(answers.map(({ receipt }) => receipt)).size).toBe(1);
    expect(await countReports()).toBe(before + 1);
  });

  test('with the Idempotency-Key of another is refused, one after the other or at once', async () => {
    const before = await countReports();
    const key = { 'idempotency-key': randomUUID() };
    const first = await bodyOf<Receipted>(submit({}, key));
    const other = await submit({ text: 'Jembatan gantung putus' }, key);
    expect(other.status).toBe(422);
    expect(await bodyOf(other)).toMatchObject({
      type: `${publicUrl}/problems/idempotency-conflict`,
      detail: 'Kunci ini sudah dipakai untuk laporan lain. Gunakan kunci baru untuk laporan baru.',
    });
    expect(await countReports()).toBe(before + 1);
    expect((await bodyOf<Receipted>(submit({}, key))).receipt).toBe(first.receipt);

    const newKey = { 'idempotency-key': randomUUID() };
    const race = [submit({ text: 'Banjir' }, newKey), submit({ text: 'Longsor' }, newKey)];
    const statuses = (await Promise.all(race)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([202, 422]);
    expect(await countReports()).toBe(before + 2);
  });

  test.each(['wait=15', 'respond-async, wait=15', 'WAIT=15'])(
    'sent with "Prefer: %s" is answered with its tracking ID',
    async (prefer) => {
      const answer = await submit({}, { prefer });
      expect(answer.headers.get('preference-applied')).toBe('wait=15');
      const { trackingId, links } = await bodyOf<Receipted>(answer);
      expect(parseTrackingId(trackingId ?? '')).toEqual({ trackingId });
      expect(links['track']).toBe(`${publicUrl}/v1/track/${trackingId}`);
    },
  );

  test.each(['', 'wait', 'wait=sebentar', 'wait=-1', 'await=9'])(
    'sent with "Prefer: %s" waits for nothing',
    async (prefer) => {
      const answer = await submit({}, { prefer });
      expect(answer.headers.get('preference-applied')).toBeNull();
      expect((await bodyOf<Receipted>(answer)).trackingId).toBeNull();
    },
  );

  test('that is filed already tells its tracking ID to a repeat that does not wait', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const filed = await bodyOf<Receipted>(submit({}, { ...key, prefer: 'wait=15' }));
    expect(await bodyOf(submit({}, key))).toEqual(filed);
  });

  test('may name its agency by an alias', async () => {
    const { receipt } = await file({ agency: 'Desk Nasional' });
    const { rows } = await database.pool.query('select agency_code from reports where receipt = $1', [
      receipt,
    ]);
    expect(rows).toEqual([{ agency_code: 'nasional' }]);
  });
});

describe('the progress of a report', () => {
  test('is shown to the holder of the receipt and to the public, without its words and its reporter', async () => {
    const { receipt, trackingId } = await file({ text: `${complaint.text} ${randomUUID()}` });
    const own = await get(`/v1/receipts/${receipt?.toUpperCase()}`);
    expect(own.status).toBe(200);
    expect(own.headers.get('cache-control')).toBe('no-store');
    const progress = await bodyOf<Progress>(own);
    expect(progress).toMatchObject({
      trackingId,
      status: 'forwarded',
      kind: 'complaint',
      channel: 'web',
      agency: { code: expect.any(String), name: expect.stringContaining('Pematangsiantar') },
      reason: expect.stringMatching(/\w+/),
    });
    expect(progress.history.map(({ what }) => what)).toEqual(['received', 'filed', 'routed']);
    const shown = JSON.stringify(progress);
    for (const hidden of [name, phone, '7654', complaint.title, 'jambret', receipt]) {
      expect(shown).not.toContain(hidden);
    }
    // the public sees the same, and nothing of what the reporter has to say of it
    expect(await bodyOf(get(`/v1/track/${trackingId}`))).toEqual(
      Object.fromEntries(Object.entries(progress).filter(([name]) => !/^(additions|rating)$/.test(name))),
    );
    expect(progress).toMatchObject({ additions: [], rating: null });
  });

  test('is found by a tracking ID however it is typed', async () => {
    const { trackingId } = await file();
    const formatted = formatTrackingId(trackingId ?? '');
    const plain = await bodyOf<Progress>(get(`/v1/track/${trackingId}`));
    expect(plain.trackingId).toBe(trackingId);
    for (const typed of [
      formatted,
      formatted.replaceAll('-', ' '),
      formatted.replaceAll('-', '.'),
      ` ${formatted} `,
    ]) {
      expect(await bodyOf(get(`/v1/track/${encodeURIComponent(typed)}`))).toEqual(plain);
    }
  });

  test('tells a mistyped tracking ID from an unknown one', async () => {
    const { trackingId } = await file();
    const mistyped = String((Number(trackingId) + 1) % 1e12).padStart(12, '0');
    expect(await bodyOf(get(`/v1/track/${mistyped}`))).toMatchObject({
      status: 400,
      type: `${publicUrl}/problems/tracking-id-mistyped`,
    });
    const unknown = mintTrackingId(() => 1708);
    expect(await bodyOf(get(`/v1/track/${unknown}`))).toMatchObject({
      status: 404,
      type: `${publicUrl}/problems/not-found`,
    });
  });

  test.each(['id', 'en'])(
    'of a confidential report is that of an unknown one, byte for byte (%s)',
    async (language) => {
      const { receipt, trackingId } = await file({ confidential: true });
      expect((await get(`/v1/receipts/${receipt}`)).status).toBe(200);
      const wire = async (id: string) => {
        const answer = await get(`/v1/track/${id}`, { 'accept-language': language });
        const headers = [...answer.headers].filter(([header]) => header !== 'date');
        return { status: answer.status, headers, body: await answer.text() };
      };
      const confidential = await wire(trackingId ?? '');
      expect(confidential.status).toBe(404);
      expect(confidential).toEqual(await wire(mintTrackingId(() => 62_000_000_001)));
    },
  );
});

describe('what machines ask', () => {
  test('/health and /ready answer that all is well', async () => {
    expect(await bodyOf(get('/health'))).toEqual({ status: 'ok' });
    const ready = await get('/ready');
    expect(ready.status).toBe(200);
    expect(await bodyOf(ready)).toEqual({
      status: 'ready',
      parts: { database: { state: 'ok' }, queue: { state: 'ok' }, spool: { state: 'ok' } },
    });
  });

  test('/metrics counts what was accepted and what waits', async () => {
    const accepted = async () => {
      const text = await (await get('/metrics')).text();
      expect(text).toMatch(/^lapor_backlog\{what="inbox"\} \d+$/m);
      expect(text).toMatch(/^lapor_queue_jobs\{queue="intake",state="waiting"\} \d+$/m);
      return Number(
        /^lapor_reports_accepted_total\{channel="web",repeated="false"\} (\d+)$/m.exec(text)?.[1],
      );
    };
    await submit();
    const before = await accepted();
    await submit();
    expect(await accepted()).toBe(before + 1);
  });

  test('/docs/json is OpenAPI 3.1 and describes every address and the webhook', async () => {
    const document = await bodyOf<Record<string, Record<string, unknown>>>(get('/docs/json'));
    expectOpenApi(document);
    expect(Object.keys(document['paths'] ?? {}).toSorted()).toEqual([
      '/channels/{channel}/{provider}',
      '/channels/{channel}/{provider}/{secret}',
      '/health',
      '/metrics',
      '/problems/{code}',
      '/ready',
      '/v1/agencies',
      '/v1/areas/search',
      '/v1/attachments',
      '/v1/challenge',
      '/v1/receipts/{receipt}',
      '/v1/receipts/{receipt}/attachments',
      '/v1/receipts/{receipt}/events',
      '/v1/reports',
      '/v1/suggestions',
      '/v1/topics',
      '/v1/track/{trackingId}',
      '/v1/track/{trackingId}/attachments',
    ]);
    expect(Object.keys(document['webhooks'] ?? {}).sort()).toEqual(['report.added', 'report.routed']);
    expect((await get('/docs')).status).toBe(200);
  });

  test('/v1/agencies and /v1/topics give the codes a report may name', async () => {
    const { agencies } = await bodyOf<{ agencies: { code: string; name: string }[] }>(
      get('/v1/agencies?q=kota%20bandung&limit=5'),
    );
    expect(agencies[0]?.name).toMatch(/Kota Bandung$/);
    expect(agencies.length).toBeLessThanOrEqual(5);
    const { topics } = await bodyOf<{ topics: { code: string }[] }>(get('/v1/topics'));
    const wished = { agency: agencies[0]?.code, topic: topics.at(-1)?.code };
    expect((await submit(wished)).status).toBe(202);
  });
});

describe('while Redis is away', () => {
  test('reports are accepted, and filed when it is back', async () => {
    await redis.cut();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => submit({ text: `Pipa PDAM bocor ${randomUUID()}` })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const ready = await get('/ready');
    expect(ready.status).toBe(200);
    expect(await bodyOf(ready)).toMatchObject({
      status: 'degraded',
      parts: { database: { state: 'ok' }, queue: { state: 'down' } },
    });

    await redis.mend();
    await vi.waitFor(
      async () => {
        // as if the sweeper had waited long enough for every job that may be lost
        await letWaitingTimePass(database.pool);
        const { inbox } = await countBacklog(database.pool);
        expect(inbox).toBe(0);
      },
      { timeout: 20_000, interval: 1_000 },
    );
    const { receipt } = await bodyOf<Receipted>(answers[29]!);
    expect(await bodyOf(get(`/v1/receipts/${receipt}`))).toMatchObject({ status: 'forwarded' });
    await vi.waitFor(
      async () => expect(await bodyOf(get('/ready'))).toMatchObject({ status: 'ready' }),
      10_000,
    );
  });
});

describe('while PostgreSQL is away', () => {
  const key = { 'idempotency-key': randomUUID() };
  beforeEach(async () => {
    await postgres.mend();
    await vi.waitFor(async () => expect((await get('/ready')).status).toBe(200), 10_000);
  });

  test.each([
    ['refuses connections', async () => postgres.cut()],
    [
      'takes connections and never answers',
      async () => {
        await postgres.cut();
        await postgres.mend();
        postgres.swallow();
      },
    ],
    [
      'falls silent on connections that stood',
      async () => {
        // at once, so that each has a connection of its own
        await Promise.all(
          Array.from({ length: 16 }, () => get('/v1/receipts/01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya')),
        );
        postgres.swallow();
      },
    ],
  ])(
    'and %s, a report is taken within 7 s, the rest answers 503, and all is well when it is back',
    async (_, goAway) => {
      const before = await countReports();
      await goAway();
      const began = performance.now();
      const [taken, ready, progress, track, health] = await Promise.all([
        submit({}, key),
        get('/ready'),
        get('/v1/receipts/01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya'),
        get(`/v1/track/${mintTrackingId(() => 1)}`),
        get('/health'),
      ]);
      expect(performance.now() - began).toBeLessThan(7_000);
      expect(taken.status).toBe(202);
      const { receipt } = await bodyOf<Receipted>(taken);
      for (const answer of [progress, track]) {
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toBe('5');
        const problem = await answer.text();
        expect(JSON.parse(problem)).toMatchObject({ type: `${publicUrl}/problems/unavailable`, status: 503 });
        expect(problem).not.toMatch(/127\.0\.0\.1|ECONN|timeout|postgres/i);
      }
      expect(ready.status).toBe(200);
      expect(await bodyOf(ready)).toMatchObject({
        status: 'degraded',
        parts: { database: { state: 'down' }, spool: { state: 'ok' } },
      });
      expect(health.status).toBe(200);
      expect(await countReports()).toBe(before);

      await postgres.mend();
      await vi.waitFor(async () => expect((await get(`/v1/receipts/${receipt}`)).status).toBe(200), 20_000);
      expect((await submit({}, key)).status).toBe(202);
      expect(await countReports()).toBe(before + 1);
      await database.pool.query(
        "update reports set external_id = 'done:' || id where external_id like 'key:%'",
      );
    },
  );
});

test('no line of the log holds who reported or what', () => {
  expect(gateway.logged.length).toBeGreaterThan(0);
  expect(gateway.logged.filter((line) => /Tampubolon|7654|jambret|PJU mati/.test(line))).toEqual([]);
});
