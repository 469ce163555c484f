import { randomInt } from 'node:crypto';
import { Registry } from 'prom-client';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Channel, Posts } from '../channels/channel.ts';
import { checkPosts } from '../src/cli/doctor/posts.ts';
import { countUnseenPosts } from '../src/db/gone-posts.ts';
import type { ReportId } from '../src/domain/report.ts';
import { AppError } from '../src/errors.ts';
import { watchUnseenPosts } from '../src/metrics.ts';
import { createGuardedFetch } from '../src/outbound/guarded-fetch.ts';
import { createDeliver } from '../workers/deliver.ts';
import { sweep } from '../workers/sweep.ts';
import { createWithdraw } from '../workers/withdraw.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { createCore, forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addPost, filePost } from './support/filed-posts.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';

const hour = 60 * 60_000;
const env = { TWITTER_BEARER_TOKEN: 'rahasia-uji', TWITTER_WITHDRAW_DAYS: '3' };

let database: TestDatabase;
let core: Awaited<ReturnType<typeof createCore>>;
let agency: ReceivingAgency;
let guarded: ReturnType<typeof createGuardedFetch>;
let gateway: TestApp;
/** By this clock all of it goes. */
let now: Date;
/** Ids of posts that are there no more. */
let deleted: Set<string>;
/** Every call: which ids were asked for. */
let asked: (readonly string[])[];
/** What the platform answers instead. */
let trouble: Error | null;

const listGone: Posts['listGone'] = async (ids) => {
  if (trouble !== null) throw trouble;
  asked.push(ids);
  return new Set(ids.filter((id) => deleted.has(id)));
};
const twitter = { name: 'twitter', providers: [], posts: { listGone } as Posts } satisfies Channel;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  core = await createCore(database.pool, env);
  core = { ...core, context: { ...core.context, channels: [twitter], clock: () => now } };
  agency = await startReceivingAgency((_, response) => response.writeHead(202).end());
  guarded = createGuardedFetch({ allow: [agency.host] });
  await addEndpoint(database.pool, 'D32.73' as never, agency.origin);
  gateway = await createTestApp(database.pool);
});
afterAll(async () => {
  await gateway?.app.close();
  await guarded?.close();
  await agency?.stop();
  await database?.drop();
});
beforeEach(async () => {
  now = new Date();
  deleted = new Set();
  asked = [];
  trouble = null;
  core.jobs.length = 0;
  await forgetReports(database.pool);
});

const postId = () => `19${String(randomInt(1e12)).padStart(17, '0')}`;

/** The time goes on, and all that is due meanwhile is done: each turn of the sweep a quarter of an hour after the other. */
async function pass(hours: number): Promise<void> {
  for (let turn = 0; turn < hours * 4; turn += 1) {
    now = new Date(now.getTime() + hour / 4);
    await sweep(core.context);
    await work();
  }
}

async function work(context = core.context): Promise<void> {
  const run: Record<string, (payload: never) => Promise<void>> = {
    withdraw: createWithdraw(context),
    deliver: createDeliver({ ...context, post: guarded.post }),
  };
  for (let job = core.jobs.shift(); job !== undefined; job = core.jobs.shift()) {
    await run[job.name]?.(job.payload as never);
    await new Promise(setImmediate);
  }
}

async function goneAt(reportId: ReportId): Promise<Date | null> {
  const { rows } = await database.pool.query<{ gone_at: Date | null }>(
    'select gone_at from posts where report_id = $1',
    [reportId],
  );
  return rows[0]?.gone_at ?? null;
}

const get = async (url: string) => (await gateway.app.inject({ url })).json();

describe('a post that is there', () => {
  test('is looked at twice a day for as long as is set, and then no more', async () => {
    const id = postId();
    const { reportId } = await filePost(core, id, { postedAt: now });
    await pass(30);
    expect(asked).toEqual([[id], [id]]);
    await pass(70);
    expect(asked.length).toBeGreaterThanOrEqual(6);
    const untilEnd = asked.length;
    await pass(24);
    expect(asked).toHaveLength(untilEnd);
    expect(await goneAt(reportId)).toBeNull();
  });

  test('is asked for with all others that are due, and a job that comes twice asks nothing', async () => {
    for (let count = 0; count < 30; count += 1) await filePost(core, postId(), { postedAt: now });
    now = new Date(now.getTime() + 12 * hour);
    await sweep(core.context);
    const jobs = core.jobs.filter(({ name }) => name === 'withdraw');
    await work();
    expect(asked.map(({ length }) => length)).toEqual([30]);
    core.jobs.push(...jobs);
    await work();
    expect(asked).toHaveLength(1);
  });
});

describe('a post that was deleted', () => {
  test.each([1, 10, 11.5, 25, 40])(
    '%d hours after it was posted is known to be within a day',
    async (after) => {
      const id = postId();
      const { reportId } = await filePost(core, id, { postedAt: now });
      await pass(after);
      deleted.add(id);
      const deletedAt = now.getTime();
      await pass(24);
      const gone = await goneAt(reportId);
      expect(gone?.getTime() ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(deletedAt + 24 * hour);
    },
  );

  test('may be a later part of a thread, or what its author added: the whole report is withdrawn', async () => {
    const [first, later, other] = [postId(), postId(), postId()];
    const { reportId } = await filePost(core, first, { postedAt: now });
    await addPost(core, later, reportId);
    const untouched = await filePost(core, other, { postedAt: now });
    deleted.add(later);
    await pass(12);
    expect(asked.map((ids) => ids.toSorted())).toEqual([[first, later, other].toSorted()]);
    expect(await goneAt(reportId)).not.toBeNull();
    expect(await goneAt(untouched.reportId)).toBeNull();
  });

  test('is so too where the platform is away for half a day, and where workers die in the middle', async () => {
    const id = postId();
    const { reportId } = await filePost(core, id, { postedAt: now });
    await pass(2);
    deleted.add(id);
    const deletedAt = now.getTime();
    await pass(8);
    trouble = new AppError('unavailable', 'X is away');
    await pass(12);
    expect(await goneAt(reportId)).toBeNull();
    trouble = null;
    // a worker that took the job with it into death: nobody does it
    now = new Date(now.getTime() + hour / 4);
    await sweep(core.context);
    core.jobs.length = 0;
    await pass(1.5);
    expect((await goneAt(reportId))?.getTime()).toBeLessThanOrEqual(deletedAt + 24 * hour);
  });

  test('takes all that is public of it with it; the report, its receipt and its files for the agency stay', async () => {
    const id = postId();
    const text = 'Lampu jalan mati di Jl. Cisitu Indah, Kec. Coblong Kota Bandung';
    const { reportId, trackingId } = await filePost(core, id, { postedAt: now, text });
    const file = await addPhoto(reportId);
    await pass(1);
    const before = await get(`/v1/track/${trackingId}`);
    expect(before.reason).toContain('Coblong');
    expect((await get(`/v1/track/${trackingId}/attachments`)).attachments).toHaveLength(1);
    expect((await gateway.app.inject({ url: file })).statusCode).toBe(200);
    expect((await suggest(text)).map((each) => each.trackingId)).toContain(trackingId);
    deleted.add(id);
    await pass(12);

    expect(await get(`/v1/track/${trackingId}`)).toEqual({
      ...before,
      status: 'delivered',
      history: expect.anything(),
      reason: null,
    });
    const page = await gateway.app.inject({
      url: `/lacak?id=${trackingId}`,
      headers: { accept: 'text/html' },
    });
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/Cisitu|Coblong|lampiran-1/);
    expect((await get(`/v1/track/${trackingId}/attachments`)).attachments).toEqual([]);
    expect((await gateway.app.inject({ url: file })).statusCode).toBe(404);
    expect(await suggest(text)).toEqual([]);

    const receipt = await receiptOf(reportId);
    const own = await get(`/v1/receipts/${receipt}`);
    expect(own).toMatchObject({ trackingId, reason: expect.stringContaining('Coblong'), additions: [] });
    const [listed] = (await get(`/v1/receipts/${receipt}/attachments`)).attachments;
    const { pathname, search } = new URL(listed.url);
    expect((await gateway.app.inject({ url: pathname + search })).statusCode).toBe(200);
    const receiptPage = await gateway.app.inject({
      url: `/terima/${receipt}`,
      headers: { accept: 'text/html' },
    });
    expect(receiptPage.statusCode).toBe(200);
    expect(receiptPage.body).not.toContain('Catatan sistem');
  });

  test('is told to the agency that has the report, once, as a note', async () => {
    const before = agency.received.length;
    const id = postId();
    const { reportId, trackingId } = await filePost(core, id, { postedAt: now });
    await pass(1);
    deleted.add(id);
    await pass(40);
    const bodies = agency.received.slice(before).map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ type }) => type)).toEqual(['report.routed', 'report.added']);
    expect(bodies[1].data).toMatchObject({ reportId, trackingId, note: 'post_gone', channel: 'twitter' });
    expect(bodies[1].data.text).toContain('sudah tidak ada lagi');
  });

  test('stays withdrawn where it is back: nobody looks again', async () => {
    const id = postId();
    const { reportId } = await filePost(core, id, { postedAt: now });
    deleted.add(id);
    await pass(12);
    const gone = await goneAt(reportId);
    expect(gone).not.toBeNull();
    const times = asked.length;
    deleted.clear();
    await pass(30);
    expect(asked).toHaveLength(times);
    expect(await goneAt(reportId)).toEqual(gone);
  });
});

test('what nobody could look at for more than a day is told by the metrics and by lapor doctor', async () => {
  await filePost(core, postId(), { postedAt: now });
  const registry = new Registry();
  watchUnseenPosts(database.pool, registry, () => now);
  const tell = async () => {
    const figures = await registry.getMetricsAsJSON();
    const findings = await checkPosts(database.pool, core.context.config, () => now);
    return {
      unseen: figures.map(({ values }) => values.map(({ value }) => value)),
      told: findings.filter(({ what }) => what.includes('could not be looked at')).map(({ what }) => what),
    };
  };
  trouble = new AppError('unavailable', 'X is away');
  await pass(23);
  expect(await tell()).toEqual({ unseen: [[0]], told: [] });
  await pass(2);
  expect(await tell()).toEqual({
    unseen: [[1]],
    told: [expect.stringMatching(/^1 posts could not be looked at for more than a day/)],
  });
  trouble = null;
  await pass(1);
  expect(await tell()).toEqual({ unseen: [[0]], told: [] });
});

test('where it is set so, or the channel is off, nobody looks', async () => {
  await filePost(core, postId(), { postedAt: now });
  const { context } = core;
  const changes = [{ withdraw: false }, { bearerToken: null }];
  for (const change of changes) {
    const config = { ...context.config, twitter: { ...context.config.twitter, ...change } };
    now = new Date(now.getTime() + 24 * hour);
    await sweep({ ...context, config });
    expect(core.jobs.filter(({ name }) => name === 'withdraw')).toEqual([]);
  }
});

/** A public photo of the report; answers its address. */
async function addPhoto(reportId: ReportId): Promise<string> {
  const photo = await sharp({ create: { width: 32, height: 20, channels: 3, background: '#654321' } })
    .jpeg()
    .toBuffer();
  const form = new FormData();
  form.append('files', new Blob([new Uint8Array(photo)]), 'lampu.jpg');
  const packed = new Response(form);
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/v1/attachments',
    headers: { 'content-type': packed.headers.get('content-type') ?? '' },
    payload: Buffer.from(await packed.arrayBuffer()),
  });
  expect(answer.statusCode, answer.body).toBe(201);
  await database.pool.query(
    `insert into attachments (id, report_id, position, type, bytes, sha256, state)
     select id, $1, 1, type, bytes, sha256, 'ready' from uploads`,
    [reportId],
  );
  const { rows } = await database.pool.query<{ id: string }>('select id from attachments');
  return `/lampiran/${rows[0]?.id}/lampiran-1.jpg`;
}

async function suggest(text: string): Promise<readonly { readonly trackingId: string }[]> {
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/v1/suggestions',
    payload: { text },
  });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().reports;
}

async function receiptOf(reportId: ReportId): Promise<string> {
  const { rows } = await database.pool.query<{ receipt: string }>(
    'select receipt from reports where id = $1',
    [reportId],
  );
  return rows[0]?.receipt ?? '';
}

test('a post that was old when it was found is one that nobody looked at only a day later', async () => {
  await filePost(core, postId(), { postedAt: new Date(now.getTime() - 72 * hour) });
  expect(await countUnseenPosts(database.pool, now)).toBe(0);
  expect(await countUnseenPosts(database.pool, new Date(now.getTime() + 25 * hour))).toBe(1);
});
