import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NewReport, ReportId } from '../src/domain/report.ts';
import { createGuardedFetch } from '../src/outbound/guarded-fetch.ts';
import { createDeliver } from '../workers/deliver.ts';
import { createIntake } from '../workers/intake.ts';
import { createTestAccept } from './support/accept.ts';
import { countRows, createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, addEndpoint } from './support/filed-reports.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';

const bandung = 'D32.73';

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;
let agency: ReceivingAgency;
let guarded: ReturnType<typeof createGuardedFetch>;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  core = await createCore(database.pool, { TWITTER_VIRAL_POSTS: '4' });
  agency = await startReceivingAgency((_, response) => response.writeHead(202).end());
  guarded = createGuardedFetch({ allow: [agency.host] });
  await addEndpoint(database.pool, bandung as never, `${agency.origin}/bandung`);
});
afterAll(async () => {
  await guarded?.close();
  await agency?.stop();
  await database?.drop();
});
beforeEach(async () => {
  core.jobs.length = 0;
  await forgetReports(database.pool);
});

const flooded = 'Banjir setinggi lutut di depan Pasar Simpang Dago, Kec. Coblong Kota Bandung';
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const post = (more: Partial<NewReport> = {}) => newReport({ channel: 'twitter', text: flooded, ...more });

async function accept(...reports: readonly NewReport[]): Promise<ReportId[]> {
  const reportIds = (await (await createTestAccept(core.context))(reports)).map(({ reportId }) => reportId);
  await database.pool.query(
    `insert into posts (report_id, message_id, posted_at)
     select id, id, received_at from reports where id = any($1::uuid[]) and channel = 'twitter'`,
    [reportIds],
  );
  return reportIds;
}

async function file(...reports: readonly NewReport[]): Promise<readonly ReportId[]> {
  const reportIds = await accept(...reports);
  await createIntake(core.context)({ reportIds });
  return reportIds;
}

async function listMarked() {
  const { rows } = await database.pool.query<{ case_id: string; since: Date; post_count: number }>(
    'select case_id, since, post_count from viral_cases',
  );
  return rows;
}

/** Delivers all that is due and answers what the agency read of it. */
async function deliver(path: string): Promise<readonly { readonly type: string; readonly data: object }[]> {
  const before = agency.received.length;
  const { rows } = await database.pool.query<{ id: string }>(
    `select id from deliveries where state = 'pending'`,
  );
  await createDeliver({ ...core.context, post: guarded.post })({ deliveryIds: rows.map(({ id }) => id) });
  return agency.received
    .slice(before)
    .filter((webhook) => webhook.path === path)
    .map(({ body }) => JSON.parse(body));
}

test('the post that makes them so many within an hour marks the case once, and those after it raise the count', async () => {
  const [first] = await file(post({ receivedAt: minutesAgo(50) }));
  const fourth = minutesAgo(20);
  await file(post({ receivedAt: minutesAgo(40) }), post({ receivedAt: minutesAgo(30) }));
  expect(await listMarked()).toEqual([]);
  await file(post({ receivedAt: fourth }));
  expect(await listMarked()).toEqual([{ case_id: first, since: fourth, post_count: 4 }]);
  await file(post(), post());
  expect(await listMarked()).toEqual([{ case_id: first, since: fourth, post_count: 6 }]);
  // an hour later there are few: it stays as it was
  await file(post({ receivedAt: new Date(Date.now() + 90 * 60_000) }));
  expect(await listMarked()).toEqual([{ case_id: first, since: fourth, post_count: 6 }]);
});

test('posts over more than an hour, posts of other cases and other channels mark nothing', async () => {
  await file(post({ receivedAt: minutesAgo(200) }), post({ receivedAt: minutesAgo(130) }));
  await file(post({ receivedAt: minutesAgo(60) }), post());
  await file(...Array.from({ length: 6 }, () => newReport({ channel: 'twitter' })));
  await file(
    ...Array.from({ length: 6 }, () =>
      newReport({ channel: 'sms', text: flooded, externalId: randomUUID() }),
    ),
  );
  expect(await listMarked()).toEqual([]);
});

test('the moment of posting counts, however late it was found', async () => {
  const reportIds = await accept(post(), post(), post(), post());
  for (const [index, id] of reportIds.entries()) {
    await database.pool.query('update posts set posted_at = $2 where report_id = $1', [
      id,
      minutesAgo(90 * index),
    ]);
  }
  await createIntake(core.context)({ reportIds });
  expect(await countRows(database.pool, 'filings')).toBe(4);
  expect(await listMarked()).toEqual([]);
});

test('workers that file about one case at the same time mark it, whoever comes last', async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    await forgetReports(database.pool);
    const [first] = await file(post({ receivedAt: minutesAgo(10) }));
    const { rows } = await database.pool.query('select tracking_id from filings');
    const joins = rows[0]?.tracking_id ?? '';
    // Posts that answer or quote the first claim no fingerprint, so nothing else makes their workers wait for each other.
    const waiting = await Promise.all(
      ['saya juga', 'di sini juga', 'sama'].map((text) => accept(post({ text, joins }))),
    );
    await Promise.all(waiting.map((reportIds) => createIntake(core.context)({ reportIds })));
    expect(await listMarked()).toEqual([{ case_id: first, since: expect.any(Date), post_count: 4 }]);
  }
});

test('the agency of the case reads of it with the report that made it viral, and with those after it', async () => {
  await file(post(), post(), post());
  for (const { data } of await deliver('/bandung')) expect(data).not.toHaveProperty('viral');
  const permalink = 'https://x.com/ratna_dago/status/1900000000000000001';
  const account = { id: '1700000000000000001', handle: 'ratna_dago', permalink };
  await file(post({ identity: { name: 'Ratna', phone: null, email: null, onBehalfOf: null, account } }));
  const [told, ...others] = await deliver('/bandung');
  expect(others).toEqual([]);
  expect(told).toMatchObject({
    type: 'report.routed',
    data: { viral: { posts: 4 }, reporter: { name: 'Ratna', account: 'ratna_dago' } },
  });
});

test('an agency that the first report was handed on to is told apart, once, and its reporter is not', async () => {
  const [first] = await file(post());
  const other = await addAgency(database.pool);
  await addEndpoint(database.pool, other, `${agency.origin}/lain`);
  await database.pool.query(
    `insert into routes (report_id, hop, agency_code, reason, confidence) values ($1, 2, $2, 'diteruskan', 1)`,
    [first, other],
  );
  await database.pool.query(
    `insert into deliveries (id, report_id, agency_code, state, next_attempt_at, enqueue_after)
     values (gen_random_uuid(), $1, $2, 'pending', now() - interval '1 second', now())`,
    [first, other],
  );
  await deliver('/lain');
  await file(post(), post(), post());
  const told = await deliver('/lain');
  expect(told).toMatchObject([
    { type: 'report.added', data: { reportId: first, note: 'case_viral', viral: { posts: 4 } } },
  ]);
  expect(JSON.stringify(told)).toContain('Catatan sistem');
  await file(post());
  expect(await deliver('/lain')).toEqual([]);
});
