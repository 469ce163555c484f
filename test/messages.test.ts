import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type SmsPart, toInbound } from '../channels/sms/message.ts';
import { lookAtTables } from '../chaos/leaks.ts';
import { listAdditions } from '../src/db/additions.ts';
import { countBacklog } from '../src/db/backlog.ts';
import { reopenDeliveries } from '../src/db/deliveries.ts';
import { releaseHeldReport } from '../src/db/held-reports.ts';
import { retryMessage } from '../src/db/messages.ts';
import { findProgressByReceipt } from '../src/db/progress.ts';
import { findRating } from '../src/db/ratings.ts';
import { type Inbound, isReport } from '../src/domain/message.ts';
import type { Accepted, AgencyCode, ReportId } from '../src/domain/report.ts';
import { formatTrackingId } from '../src/domain/tracking-id.ts';
import { createGuardedFetch } from '../src/outbound/guarded-fetch.ts';
import { createProviderCall } from '../src/outbound/provider-call.ts';
import { createReveal } from '../src/prepare-keys.ts';
import { createDeliver } from '../workers/deliver.ts';
import { createIntake } from '../workers/intake.ts';
import { createMessages } from '../workers/messages.ts';
import { createNotify } from '../workers/notify.ts';
import { sweep } from '../workers/sweep.ts';
import { openDoor } from './support/accept.ts';
import { createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';
import { readSealed, sealing } from './support/sealing.ts';
import { type SmsProvider, startSmsProvider } from './support/sms-provider.ts';
import { uniqueWord } from './support/unique-word.ts';

let database: TestDatabase;
let provider: SmsProvider;
let agency: ReceivingAgency;
let secret: string;
let core: Awaited<ReturnType<typeof createCore>>;
let door: Awaited<ReturnType<typeof openDoor>>;
let providers: ReturnType<typeof createProviderCall>;
let guarded: ReturnType<typeof createGuardedFetch>;
/** How far the clock is ahead, in milliseconds. */
let ahead = 0;

const minutes = (count: number) => count * 60_000;
const siti = '081299990000';
const stranger = '085711112222';

beforeAll(async () => {
  [database, provider, agency] = await Promise.all([
    createTestDatabase({ seeded: true }),
    startSmsProvider(),
    startReceivingAgency((_, response) => response.writeHead(202).end()),
  ]);
  core = await createCore(database.pool, {
    SMS_KANNEL_SEND_URL: provider.url,
    SMS_KANNEL_SEND_USER: 'lapor',
    SMS_KANNEL_SEND_PASSWORD: 'rahasia-kirim',
  });
  core = { ...core, context: { ...core.context, clock: () => new Date(Date.now() + ahead) } };
  door = await openDoor(core.context);
  providers = createProviderCall({ connect: 400, total: 400, body: 200 });
  guarded = createGuardedFetch({ allow: [agency.host] });
  ({ secret } = await addEndpoint(database.pool, 'D32.73' as AgencyCode, `${agency.origin}/masuk`));
}, 120_000);
afterAll(async () => {
  await provider?.stop();
  await providers?.close();
  await guarded?.close();
  await agency?.stop();
  await database?.drop();
});
beforeEach(() => {
  ahead = 0;
});
afterEach(async () => {
  provider.forget();
  core.jobs.length = 0;
  await forgetReports(database.pool);
});

let sent = 0;
function sms(from: string, text: string, part: SmsPart | null = null): Inbound {
  sent += 1;
  const id = `sms-${sent}`;
  const original = { contentType: 'text/plain', body: Buffer.from(`${from}\n${text}`), messageId: id };
  return toInbound({
    provider: 'kannel',
    id,
    from,
    text,
    key: 'kunci',
    part,
    receivedAt: core.context.clock(),
    original,
  });
}

/** Each part of a message of its own, unless `reference` says otherwise. */
function parts(from: string, texts: readonly string[], reference = uniqueWord()): readonly Inbound[] {
  return texts.map((text, index) =>
    sms(from, text, { to: '1708', reference, number: index + 1, total: texts.length }),
  );
}

const handlers = () => {
  const context = { ...core.context, post: guarded.post, call: providers.call, countNotification: () => {} };
  return {
    intake: createIntake(context),
    messages: createMessages(context),
    deliver: createDeliver(context),
    notify: createNotify({
      ...context,
      revealSender: createReveal(sealing.open, database.pool, context.log),
    }),
  };
};

/** Does every job on the queue, those that jobs put there too, until there is none. */
async function work(): Promise<void> {
  const run = handlers() as unknown as Record<string, (payload: object) => Promise<void>>;
  for (let job = core.jobs.shift(); job !== undefined; job = core.jobs.shift()) {
    await run[job.name]?.(job.payload);
    // what a handler puts on the queue is there a turn later
    await new Promise(setImmediate);
  }
}

/** Takes what comes through the door, puts it on the queue as the sweeper would, and has all of it done. */
async function receive(...inbound: readonly Inbound[]): Promise<readonly Accepted[]> {
  const accepted = await door.accept(inbound);
  await core.emptyQueueOf(accepted);
  const ids = (reports: boolean) =>
    accepted.flatMap(({ reportId }, index) =>
      isReport(inbound[index] as Inbound) === reports ? [reportId] : [],
    );
  if (ids(true).length > 0) core.jobs.push({ name: 'intake', payload: { reportIds: ids(true) } });
  if (ids(false).length > 0) core.jobs.push({ name: 'messages', payload: { messageIds: ids(false) } });
  await work();
  return accepted;
}

/** A report by SMS, filed; its word back is sent and forgotten. */
async function file(from = siti, text = `Bandung lampu jalan mati di gang ${uniqueWord()}`) {
  const [accepted] = (await receive(sms(from, text))) as [Accepted];
  provider.forget();
  return { ...accepted, trackingId: await trackingIdOf(accepted.reportId) };
}

async function trackingIdOf(reportId: ReportId): Promise<string> {
  const { rows } = await database.pool.query<{ tracking_id: string }>(
    'select tracking_id from filings where report_id = $1',
    [reportId],
  );
  if (rows[0] === undefined) throw new Error('not filed');
  return rows[0].tracking_id;
}

type ReportRow = {
  id: ReportId;
  text: string;
  confidential: boolean;
  anonymous: boolean;
  tracking_id: string | null;
};

async function listReports(): Promise<readonly ReportRow[]> {
  const { rows } = await database.pool.query<ReportRow>(`
    select report.id, text, confidential, anonymous, tracking_id
    from reports as report left join filings as filing on filing.report_id = report.id
    order by accepted_at, report.id`);
  return rows;
}

async function listMessages() {
  const { rows } = await database.pool.query<{
    id: string;
    state: string;
    form: string;
    outcome: string | null;
    report_id: string | null;
  }>('select id, state, form, outcome, report_id from messages order by accepted_at, id');
  return rows;
}

async function listKinds(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ kind: string }>(
    'select kind from notifications order by kind',
  );
  return rows.map(({ kind }) => kind);
}

const heard = (type: string, trackingId: string) =>
  agency.received.filter(({ body }) => body.includes(`"${type}"`) && body.includes(trackingId));

describe('STATUS', () => {
  test('is answered to the number on file, once, however often the job comes', async () => {
    const { trackingId } = await file();
    const [accepted] = await receive(sms(siti, `status ${formatTrackingId(trackingId)}`));
    await handlers().messages({ messageIds: [accepted?.reportId ?? ''] });
    await work();
    expect(provider.sent).toEqual([
      { to: '+6281299990000', text: expect.stringContaining(formatTrackingId(trackingId)) },
    ]);
    expect(provider.sent[0]?.text).toContain('Bandung');
    expect(await listMessages()).toMatchObject([{ form: 'status', state: 'done', outcome: 'status' }]);
    expect(await listReports()).toHaveLength(1);
  });

  test('by a stranger tells the stranger nothing', async () => {
    const { trackingId } = await file();
    await receive(sms(stranger, trackingId));
    expect(provider.asked.map(({ to }) => to)).toEqual(['+6281299990000']);
  });

  test('by strangers is told the reporter once a day, and wakes nobody; the reporter is always answered', async () => {
    const { trackingId } = await file();
    const asked = await door.accept(
      Array.from({ length: 6 }, (_, index) => sms(`08571111${1000 + index}`, `STATUS ${trackingId}`)),
    );
    await Promise.all(asked.map(({ reportId }) => handlers().messages({ messageIds: [reportId] })));
    await work();
    expect(provider.asked.map(({ to }) => to)).toEqual(['+6281299990000']);
    const { rows } = await database.pool.query('select asked_at from notifications where asked_by_other');
    expect(rows).toEqual([{ asked_at: null }]);
    expect((await listMessages()).map(({ outcome }) => outcome).toSorted()).toEqual([
      'status',
      ...Array(5).fill('status, unsaid: others asked within 24 hours'),
    ]);

    await receive(sms(siti, `STATUS ${trackingId}`));
    expect(provider.asked).toHaveLength(2);
    ahead = minutes(24 * 60 + 1);
    await receive(sms(stranger, `STATUS ${trackingId}`));
    expect(provider.asked).toHaveLength(3);
  });

  test('of a confidential report is for its reporter; anybody else hears what an unknown ID hears', async () => {
    const { trackingId } = await file(siti, `RAHASIA Bandung pungli di sekolah ${uniqueWord()}`);
    await receive(sms(stranger, `STATUS ${trackingId}`), sms(stranger, 'STATUS 8699-3114-4244'));
    expect(provider.asked.map(({ to }) => to)).toEqual(['+6285711112222', '+6285711112222']);
    const [known, unknown] = provider.asked;
    expect(known).toEqual(unknown);
    expect(await listKinds()).toEqual(['not_found', 'not_found', 'tracking_id']);

    provider.forget();
    await receive(sms(siti, `STATUS ${trackingId}`));
    expect(provider.sent).toEqual([
      { to: '+6281299990000', text: expect.stringContaining(formatTrackingId(trackingId)) },
    ]);
  });

  test('of a report without a number on file tells nobody anything', async () => {
    const [{ reportId } = { reportId: '' as ReportId }] = await receive(newReport());
    await receive(sms(stranger, `STATUS ${await trackingIdOf(reportId)}`));
    expect(provider.asked).toEqual([]);
    expect(await listMessages()).toMatchObject([
      { state: 'done', outcome: 'nobody to tell: no phone number on file' },
    ]);
  });

  test('with a wrong digit is told so, by the language of the question', async () => {
    await receive(sms(stranger, 'STATUS 8699-3114-4245'), sms(stranger, 'CHECK 8699-3114-4245'));
    const { rows } = await database.pool.query('select kind, language from notifications order by language');
    expect(rows).toEqual([
      { kind: 'wrong_id', language: 'en' },
      { kind: 'wrong_id', language: 'id' },
    ]);
    expect(provider.sent.map(({ to }) => to)).toEqual(['+6285711112222', '+6285711112222']);
  });
});

describe('TAMBAH', () => {
  test('from the number on file adds to the report, and its agency gets that, signed, after the report', async () => {
    const { trackingId, reportId } = await file();
    const [accepted] = (await receive(
      sms(siti, `TAMBAH ${trackingId} lubangnya makin dalam, hubungi 0813-2222-3333`),
    )) as [Accepted];
    const masked = 'lubangnya makin dalam, hubungi [nomor]';
    expect(await listAdditions(database.pool, reportId)).toMatchObject([
      { id: accepted.reportId, text: masked, channel: 'sms' },
    ]);
    expect(provider.sent).toMatchObject([{ to: '+6281299990000' }]);
    expect(await listKinds()).toEqual(['added', 'tracking_id']);

    const [webhook, ...others] = heard('report.added', trackingId);
    expect(others).toEqual([]);
    const body = new Webhook(secret).verify(webhook?.body ?? '', webhook?.headers as Record<string, string>);
    expect(body).toEqual({
      type: 'report.added',
      timestamp: expect.stringMatching(/Z$/),
      data: {
        additionId: accepted.reportId,
        reportId,
        trackingId,
        // an open report reaches its agency as it was written
        text: 'lubangnya makin dalam, hubungi 0813-2222-3333',
        channel: 'sms',
        receivedAt: expect.stringMatching(/Z$/),
        agency: 'D32.73',
      },
    });
    const [routed] = heard('report.routed', trackingId);
    expect(webhook?.headers['webhook-id']).not.toBe(routed?.headers['webhook-id']);
    expect((await findProgressByReceipt(database.pool, (await receiptOf(reportId)) ?? ''))?.trackingId).toBe(
      trackingId,
    );
  });

  test('to an anonymous report reaches the agency masked', async () => {
    const { trackingId } = await file(siti, `ANONIM Bandung pungli di pasar ${uniqueWord()}`);
    await receive(sms(siti, `TAMBAH ${trackingId} tanya saja ke 0813-2222-3333`));
    const [webhook] = heard('report.added', trackingId);
    expect(JSON.parse(webhook?.body ?? '').data.text).toBe('tanya saja ke [nomor]');
  });

  test('waits until the agency has the report itself', async () => {
    const { trackingId, reportId } = await file();
    await database.pool.query(
      `update deliveries set state = 'pending', finished_at = null, next_attempt_at = now() + interval '1 hour'`,
    );
    await receive(sms(siti, `TAMBAH ${trackingId} makin gelap`));
    expect(heard('report.added', trackingId)).toEqual([]);
    await database.pool.query(
      `update deliveries set next_attempt_at = now() - interval '1 second', enqueue_after = now()`,
    );
    const { rows } = await database.pool.query<{ id: string }>(
      'select id from deliveries where report_id = $1 order by addition_id nulls first',
      [reportId],
    );
    for (const { id } of rows) await handlers().deliver({ deliveryIds: [id] });
    expect(heard('report.added', trackingId)).toHaveLength(1);
  });

  test('is cut where a report would be, for the reporter and for the agency', async () => {
    const { trackingId, reportId } = await file();
    await receive(sms(siti, `TAMBAH ${trackingId} hubungi 0813-2222-3333 ${'gelap sekali '.repeat(2_000)}`));
    const [addition] = await listAdditions(database.pool, reportId);
    expect(addition?.text.length).toBeLessThanOrEqual(20_000);
    const [webhook] = heard('report.added', trackingId);
    expect(JSON.parse(webhook?.body ?? '').data.text).toHaveLength(20_000);
  });

  test('to a report that the agency refused is counted with it, and not queued before the report is', async () => {
    const { trackingId } = await file();
    await database.pool.query("update deliveries set state = 'refused'");
    await receive(sms(siti, `TAMBAH ${trackingId} makin gelap`));
    ahead = minutes(2);
    await sweep(core.context);
    expect(core.jobs).toEqual([]);
    expect(await countBacklog(database.pool)).toMatchObject({ deliveries_pending: 0, deliveries_refused: 2 });

    await reopenDeliveries(database.pool, 'D32.73' as AgencyCode, core.context.clock());
    await sweep(core.context);
    await work();
    await sweep(core.context);
    await work();
    expect(heard('report.added', trackingId)).toHaveLength(1);
    expect(await countBacklog(database.pool)).toMatchObject({ deliveries_pending: 0, deliveries_refused: 0 });
  });

  test('from another number, or to an ID nobody has, is a confidential report of its own, alike for both', async () => {
    const { trackingId, reportId } = await file();
    await receive(sms(stranger, `TAMBAH ${trackingId} itu rumah Pak RT`));
    await receive(sms(stranger, 'TAMBAH 8699-3114-4244 itu rumah Pak RT'));
    expect(await listAdditions(database.pool, reportId)).toEqual([]);
    const [, known, unknown] = await listReports();
    expect(known).toMatchObject({
      text: `Tambahan untuk laporan ${formatTrackingId(trackingId)}: itu rumah Pak RT`,
      confidential: true,
      tracking_id: expect.any(String),
    });
    expect(unknown).toMatchObject({ confidential: true, tracking_id: expect.any(String) });
    expect(provider.sent.map(({ to }) => to)).toEqual(['+6285711112222', '+6285711112222']);
    const sealed = await readSealed(database.pool, known?.id as ReportId, 'nobody');
    expect(sealed?.identity?.phone).toBe('+6285711112222');
  });

  test('in confidence to an open report is a report of its own', async () => {
    const { trackingId, reportId } = await file();
    await receive(sms(siti, `TAMBAH ${trackingId} RAHASIA pelakunya lurah`));
    expect(await listAdditions(database.pool, reportId)).toEqual([]);
    expect((await listReports())[1]).toMatchObject({
      confidential: true,
      text: expect.stringContaining('pelakunya lurah'),
    });
  });
});

describe('NILAI', () => {
  test('from the number on file is recorded, and the last word counts', async () => {
    const { trackingId, reportId } = await file();
    await receive(sms(siti, `NILAI ${trackingId} 2`));
    await receive(sms(siti, `nilai ${trackingId} 5`));
    expect(await findRating(database.pool, reportId)).toMatchObject({ rating: 5 });
    expect(provider.sent.map(({ to }) => to)).toEqual(['+6281299990000', '+6281299990000']);
  });

  test('from another number is not, and hears what an unknown ID hears', async () => {
    const { trackingId, reportId } = await file();
    await receive(sms(stranger, `NILAI ${trackingId} 1`), sms(stranger, 'NILAI 8699-3114-4244 1'));
    expect(await findRating(database.pool, reportId)).toBeNull();
    expect(new Set(provider.sent.map(({ text }) => text)).size).toBe(1);
    expect(provider.sent.map(({ to }) => to)).toEqual(['+6285711112222', '+6285711112222']);
  });

  test('that is no number from 1 to 5 is told so', async () => {
    const { trackingId, reportId } = await file();
    await receive(sms(siti, `NILAI ${trackingId} 6`), sms(siti, `NILAI ${trackingId} 0`));
    expect(await findRating(database.pool, reportId)).toBeNull();
    expect(await listKinds()).toEqual(['rating_range', 'rating_range', 'tracking_id']);
  });
});

test('BANTUAN is answered to whoever asks', async () => {
  await receive(sms(stranger, 'Bantuan'));
  expect(provider.sent).toEqual([{ to: '+6285711112222', text: expect.stringContaining('STATUS') }]);
});

describe('a message of several parts', () => {
  const text =
    'Bandung, jembatan di Kelurahan Cihapit retak dan goyang, anak-anak tetap lewat 🙏 tolong segera';
  const half = text.indexOf('🙏') + 1;
  const pieces = () => [text.slice(0, 30), text.slice(30, half), text.slice(half)];

  test('is one report once the last is there, in whatever order, and each receipt leads to it', async () => {
    const [one, two, three] = parts(siti, pieces()) as [Inbound, Inbound, Inbound];
    // through the middle of the emoji
    expect(pieces()[1]).toMatch(/[\ud800-\udbff]$/);
    const accepted = [...(await receive(three)), ...(await receive(one, one))];
    expect(await listReports()).toEqual([]);
    expect(provider.asked).toEqual([]);
    accepted.push(...(await receive(two)));

    const reports = await listReports();
    expect(reports).toMatchObject([{ text, tracking_id: expect.any(String), confidential: false }]);
    expect(provider.sent).toMatchObject([{ to: '+6281299990000' }]);
    for (const { receipt } of accepted) {
      expect(await findProgressByReceipt(database.pool, receipt)).toMatchObject({
        trackingId: reports[0]?.tracking_id,
      });
    }
    const sealed = await readSealed(database.pool, reports[0]?.id as ReportId, 'agency');
    expect(sealed?.identity?.phone).toBe('+6281299990000');
    const { parts: originals } = JSON.parse(sealed?.original.body.toString() ?? '');
    expect(originals).toHaveLength(3);
    expect((await listMessages()).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  });

  test('may be a command', async () => {
    const { trackingId, reportId } = await file();
    const added = `lubangnya makin dalam, telepon 0813-2222-3333 kapan saja ${uniqueWord()}`;
    const whole = `TAMBAH ${trackingId} ${added}`;
    await receive(...parts(siti, [whole.slice(0, 12), whole.slice(12, 50), whole.slice(50)]));
    expect(await listAdditions(database.pool, reportId)).toMatchObject([
      { text: added.replace('0813-2222-3333', '[nomor]') },
    ]);
    const [webhook] = heard('report.added', trackingId);
    expect(JSON.parse(webhook?.body ?? '').data.text).toBe(added);
    expect(await listReports()).toHaveLength(1);
  });

  test('and RAHASIA, cut in half, keeps its secret', async () => {
    await receive(...parts(siti, ['RAHA', 'SIA kepala sekolah minta uang']));
    expect(await listReports()).toMatchObject([{ text: 'kepala sekolah minta uang', confidential: true }]);
  });

  test('is filed once by two workers that race over the last parts, whoever wins', async () => {
    for (let round = 0; round < 8; round += 1) {
      const accepted = await door.accept(parts(siti, pieces()));
      const ids = accepted.map(({ reportId }) => reportId as string);
      await Promise.all(
        [ids, ids.toReversed(), ids.slice(1)].map((messageIds) => handlers().messages({ messageIds })),
      );
    }
    core.jobs.length = 0;
    expect((await listReports()).map((report) => report.text)).toEqual(Array(8).fill(text));
  });

  test('whose rest does not come is filed in part when its time is over, and completed by what comes late', async () => {
    const [one, two, three] = parts(siti, [
      'Bandung, hubungi 0813 2222 ',
      '3333 bila perlu. ',
      'Jalan ambles',
    ]) as [Inbound, Inbound, Inbound];
    const [first] = (await receive(one, three)) as [Accepted];
    ahead = minutes(9.5);
    await sweep(core.context);
    await work();
    expect(await listReports()).toEqual([]);
    ahead = minutes(10.1);
    await sweep(core.context);
    await work();
    // half a phone number does not lie in the clear
    expect(await listReports()).toMatchObject([
      {
        text: 'Bandung, hubungi [nomor] […] Jalan ambles',
        confidential: false,
        tracking_id: expect.any(String),
      },
    ]);
    const [report] = await listReports();
    expect((await readSealed(database.pool, report?.id as ReportId, 'agency'))?.unmasked?.text).toContain(
      '0813 2222',
    );

    ahead = minutes(60);
    const [late] = (await receive(two)) as [Accepted];
    expect(await listAdditions(database.pool, report?.id as ReportId)).toMatchObject([
      { text: '[bagian 2 dari 3, menyusul] […] [nomor] bila perlu. […]' },
    ]);
    for (const { receipt } of [first, late]) {
      expect(await findProgressByReceipt(database.pool, receipt)).toMatchObject({
        trackingId: report?.tracking_id,
      });
    }
    const [webhook] = heard('report.added', report?.tracking_id ?? '');
    expect(JSON.parse(webhook?.body ?? '').data.text).toContain('3333 bila perlu.');
    expect(await listReports()).toHaveLength(1);
  });

  test('whose beginning is missing is confidential: nobody knows whether it was to be', async () => {
    const [, two] = parts(siti, ['RAHASIA ', 'lurah minta uang']);
    await receive(two as Inbound);
    ahead = minutes(10.1);
    await sweep(core.context);
    await work();
    expect(await listReports()).toMatchObject([{ text: '[…] lurah minta uang', confidential: true }]);
  });

  test('asked for a status in two: what comes late of it is nothing of the report asked about', async () => {
    const { trackingId, reportId } = await file();
    const [one, two, three] = parts(stranger, ['STATUS ', `${trackingId} `, 'ya pak']) as [
      Inbound,
      Inbound,
      Inbound,
    ];
    await receive(one, two);
    ahead = minutes(10.1);
    await sweep(core.context);
    await work();
    await receive(three);
    expect(await listAdditions(database.pool, reportId)).toEqual([]);
  });

  test('is another one where the phone uses the reference again, or other words come under the same number', async () => {
    await receive(...parts(siti, ['Jalan Merdeka ', 'rusak berat'], '17'));
    await receive(...parts(siti, ['Lampu taman ', 'mati semua'], '17'));
    expect((await listReports()).map((report) => report.text)).toEqual([
      'Jalan Merdeka rusak berat',
      'Lampu taman mati semua',
    ]);
    // and what was said before is a repeat
    await receive(parts(siti, ['Jalan Merdeka ', 'x'], '17')[0] as Inbound);
    expect(await listReports()).toHaveLength(2);
    expect((await listMessages()).at(-1)).toMatchObject({ state: 'done', outcome: 'repeat of another part' });
  });

  test('with a part whose seal does not open is filed without it, and that one is set aside until it can be', async () => {
    const [one, two] = parts(siti, ['Bandung, jembatan retak, ', 'tolong segera']) as [Inbound, Inbound];
    const [broken] = (await door.accept([two])) as [Accepted];
    const tamper = () =>
      database.pool.query(
        'update report_identities set sealed = set_byte(sealed, 60, get_byte(sealed, 60) # 1) where report_id = $1',
        [broken.reportId],
      );
    await tamper();
    await receive(one);
    expect(await listMessages()).toContainEqual(
      expect.objectContaining({ id: broken.reportId, state: 'set_aside', outcome: 'the seal does not open' }),
    );
    ahead = minutes(10.1);
    await sweep(core.context);
    await work();
    expect(await listReports()).toMatchObject([{ text: 'Bandung, jembatan retak, […]' }]);

    await tamper();
    expect(await retryMessage(database.pool, broken.reportId, core.context.clock())).toBe(true);
    await sweep(core.context);
    await work();
    const [report] = await listReports();
    expect(await listAdditions(database.pool, report?.id as ReportId)).toMatchObject([
      { text: '[bagian 2 dari 2, menyusul] […] tolong segera' },
    ]);
  });
});

describe('a part that comes late, while its report has no agency yet,', () => {
  /** Two of three parts, put together because their time is over, and the third; nobody has worked on either. */
  async function leaveBehind() {
    const [one, two, three] = parts(siti, [
      'Bandung, lampu jalan mati ',
      `di gang ${uniqueWord()} `,
      'sejak Senin',
    ]) as [Inbound, Inbound, Inbound];
    const messageIds = (await door.accept([one, two])).map(({ reportId }) => reportId);
    ahead = minutes(10.1);
    await handlers().messages({ messageIds });
    core.jobs.length = 0;
    const [report] = await listReports();
    const [late] = (await door.accept([three])) as [Accepted];
    return { reportId: report?.id as ReportId, late: late.reportId };
  }

  /** The sweeper's turns, each with all that follows. */
  async function sweepOften() {
    await work();
    for (let turn = 0; turn < 3; turn += 1) {
      await sweep(core.context);
      await work();
      ahead += minutes(1);
    }
  }

  /** Whoever writes to the table in `work` waits until `work` is done; it is told when somebody does. */
  async function whileLocked(
    table: string,
    during: (untilSomebodyWaits: () => Promise<void>) => Promise<void>,
  ) {
    const client = await database.pool.connect();
    try {
      await client.query(`begin; lock table ${table} in share mode`);
      await during(() =>
        vi.waitFor(async () => {
          const { rowCount } = await database.pool.query(
            'select from pg_locks where not granted and relation = $1::regclass',
            [table],
          );
          if (rowCount === 0) throw new Error(`nobody waits for ${table}`);
        }, 10_000),
      );
    } finally {
      await client.query('commit');
      client.release();
    }
  }

  const expectHeardOnce = async (reportId: ReportId) => {
    expect(heard('report.added', await trackingIdOf(reportId))).toHaveLength(1);
    const { rows } = await database.pool.query('select awaits_route from additions');
    expect(rows).toEqual([{ awaits_route: false }]);
  };

  test('reaches the agency once it has the report', async () => {
    const { reportId, late } = await leaveBehind();
    await handlers().messages({ messageIds: [late] });
    await handlers().intake({ reportIds: [reportId] });
    await sweepOften();
    await expectHeardOnce(reportId);
  });

  test('reaches it also where staff looked at the report first', async () => {
    const { reportId, late } = await leaveBehind();
    await database.pool.query("update reports set hold = 'dikirim mesin?'");
    await handlers().intake({ reportIds: [reportId] });
    await handlers().messages({ messageIds: [late] });
    await sweepOften();
    expect(await listReports()).toMatchObject([{ tracking_id: null }]);
    await releaseHeldReport(database.pool, reportId, core.context.clock());
    await handlers().intake({ reportIds: [reportId] });
    await sweepOften();
    await expectHeardOnce(reportId);
  });

  test('reaches it where the report is filed at the same moment, and is done first', async () => {
    const { reportId, late } = await leaveBehind();
    let adding = Promise.resolve();
    await whileLocked('messages', async (untilSomebodyWaits) => {
      adding = handlers().messages({ messageIds: [late] });
      await untilSomebodyWaits();
      await handlers().intake({ reportIds: [reportId] });
    });
    await adding;
    await sweepOften();
    await expectHeardOnce(reportId);
  });

  test('reaches it where the report is filed at the same moment, and is done last', async () => {
    const { reportId, late } = await leaveBehind();
    let filing = Promise.resolve();
    await whileLocked('notifications', async (untilSomebodyWaits) => {
      filing = handlers().intake({ reportIds: [reportId] });
      await untilSomebodyWaits();
      await handlers().messages({ messageIds: [late] });
    });
    await filing;
    await sweepOften();
    await expectHeardOnce(reportId);
  });

  test('goes with the first where its report turns out to be a copy', async () => {
    const text = `Bandung lampu jalan mati di gang ${uniqueWord()}`;
    const [first] = (await door.accept([sms(siti, text)])) as [Accepted];
    // of two that came in the same millisecond nobody can say which was first
    ahead += 1;
    const [copy] = (await door.accept([sms(siti, text)])) as [Accepted];
    await database.pool.query(
      `insert into additions (id, report_id, channel, text, received_at, awaits_route)
       values (gen_random_uuid(), $1, 'sms', 'sejak Senin', now(), true)`,
      [copy.reportId],
    );
    await handlers().intake({ reportIds: [first.reportId, copy.reportId] });
    await sweepOften();
    await expectHeardOnce(first.reportId);
  });
});

describe('what parts cost:', () => {
  function countingOpens() {
    let opened = 0;
    const open: typeof core.context.open = (...given) => {
      opened += 1;
      return core.context.open(...given);
    };
    return { messages: createMessages({ ...core.context, open }), count: () => opened };
  }

  const acceptOne = async (inbound: Inbound) => (await door.accept([inbound]))[0]?.reportId ?? '';

  test('each is opened once, when all are there', async () => {
    const { messages, count } = countingOpens();
    const texts = Array.from({ length: 40 }, (_, index) => `${index} jalan rusak. `);
    for (const part of parts(siti, texts)) await messages({ messageIds: [await acceptOne(part)] });
    expect(count()).toBe(40);
    expect(await listReports()).toMatchObject([{ text: texts.join('').trim() }]);
  });

  test('what is sent under one reference without end waits for staff, and has nothing opened', async () => {
    const { messages, count } = countingOpens();
    const again = () => parts(siti, ['Bandung, tanah longsor di ', 'belakang SD'], '17')[0] as Inbound;
    const messageIds = (await door.accept(Array.from({ length: 130 }, again))).map(
      ({ reportId }) => reportId,
    );
    ahead = minutes(10.1);
    await messages({ messageIds });
    expect(count()).toBe(100);
    await messages({ messageIds: [await acceptOne(again())] });
    expect(count()).toBe(100);

    expect(await listReports()).toHaveLength(1);
    const outcomes = (await listMessages()).map(({ state, outcome }) => `${state}: ${outcome}`);
    expect(outcomes.filter((line) => line === 'set_aside: too many parts under one reference')).toHaveLength(
      31,
    );
    expect(outcomes.filter((line) => line.startsWith('done: '))).toHaveLength(100);
  });
});

describe('the same long SMS', () => {
  const said = () => [`Bandung, banjir sepinggang di gang ${uniqueWord()}, pom`, 'pa mati sejak kemarin.'];

  const countCopies = async () => {
    const { rows } = await database.pool.query<{ copies: number; filed: number }>(
      'select (select count(*)::int from copies) as copies, (select count(*)::int from filings) as filed',
    );
    return rows[0];
  };

  test('24 times from one person is one filed report with 23 copies, and every receipt shows it', async () => {
    const texts = said();
    const accepted = await receive(...Array.from({ length: 24 }, () => parts(siti, texts)).flat());
    expect(await countCopies()).toEqual({ copies: 23, filed: 1 });
    expect(provider.sent).toHaveLength(1);
    const shown = await Promise.all(
      accepted.map(async ({ receipt }) => (await findProgressByReceipt(database.pool, receipt))?.trackingId),
    );
    expect(new Set(shown).size).toBe(1);
    expect(shown[0]).toMatch(/^\d{12}$/);
  });

  test('from another person, without a name, or with other words, is another report', async () => {
    const [head = '', tail = ''] = said();
    await receive(
      ...parts(siti, [head, tail]),
      ...parts(siti, [`  ${head.toUpperCase()}`, tail]),
      ...parts(stranger, [head, tail]),
      ...parts(siti, [`ANONIM ${head}`, tail]),
      ...parts(siti, [`RAHASIA ${head}`, tail]),
      ...parts(siti, [head, `${tail} Kini surut.`]),
    );
    expect(await countCopies()).toEqual({ copies: 1, filed: 5 });
  });

  test('with a part missing is no copy: nobody knows what it says', async () => {
    const [head = '', tail = ''] = said();
    const [one] = parts(siti, [head, tail]) as [Inbound];
    await receive(...parts(siti, [head, tail]), one);
    ahead = minutes(10.1);
    await sweep(core.context);
    await work();
    expect(await countCopies()).toEqual({ copies: 0, filed: 2 });
  });
});

test('a message that PostgreSQL refuses is set aside, and its neighbours are done', async () => {
  const { trackingId, reportId } = await file();
  await database.pool.query(`
    create function no_rating_of_one() returns trigger language plpgsql as $$
    begin if new.rating = 1 then raise exception 'no'; end if; return new; end $$;
    create trigger no_rating_of_one before insert or update on ratings for each row execute function no_rating_of_one()`);
  try {
    await receive(sms(siti, `NILAI ${trackingId} 1`), sms(siti, `NILAI ${trackingId} 4`));
  } finally {
    await database.pool.query('drop function no_rating_of_one cascade');
  }
  expect(await findRating(database.pool, reportId)).toMatchObject({ rating: 4 });
  expect((await listMessages()).map(({ state }) => state).toSorted()).toEqual(['done', 'set_aside']);
});

test('a worker without the key sets nothing aside: another one does it', async () => {
  const [accepted] = (await door.accept([sms(stranger, 'BANTUAN')])) as [Accepted];
  const { createOpen } = await import('../src/sealing/open.ts');
  const keyless = createMessages({ ...core.context, open: createOpen(() => []) });
  await expect(keyless({ messageIds: [accepted.reportId] })).rejects.toMatchObject({ code: 'config' });
  expect(await listMessages()).toMatchObject([{ state: 'pending' }]);
});

test('what PostgreSQL was away for is spooled, and replayed any number of times it is done once', async () => {
  const inbound = [
    ...parts(siti, ['Bandung, tanah longsor di ', 'belakang SD kami']),
    sms(stranger, 'BANTUAN'),
  ];
  const stored = await door.accept(inbound);
  // as if the door had not been told that PostgreSQL took them: they come again under other ids
  const away = {
    query: async () => Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' })),
  };
  const spooling = await openDoor({ ...core.context, db: away as never });
  const again = await spooling.accept(inbound);
  expect(again.map(({ receipt }) => receipt)).not.toEqual(stored.map(({ receipt }) => receipt));
  expect(spooling.spool.facts().records).toBe(3);
  const records: string[] = [];
  await spooling.spool.drain(async (list) => void records.push(...list));
  // nothing that anybody said lies in it
  expect(records.join('')).not.toMatch(/longsor|6281299990000|BANTUAN/);
  const { replayRecords } = await import('../src/inbox/replay.ts');
  const nobody = { reports: () => {}, bundles: () => {}, messages: () => {} };
  const replay = () => replayRecords({ ...core.context, spool: spooling.spool, feeds: nobody }, records);
  await replay();
  await replay();
  expect(await listMessages()).toHaveLength(3);
  ahead = minutes(0.6);
  await sweep(core.context);
  await work();
  await replay();
  expect(await listReports()).toMatchObject([{ text: 'Bandung, tanah longsor di belakang SD kami' }]);
  expect(provider.sent.map(({ to }) => to).toSorted()).toEqual(['+6281299990000', '+6285711112222']);
  const [report] = await listReports();
  for (const { receipt } of [...stored.slice(0, 2), ...again.slice(0, 2)]) {
    expect(await findProgressByReceipt(database.pool, receipt)).toMatchObject({
      trackingId: report?.tracking_id,
    });
  }
  for (const { receipt } of [...stored.slice(2), ...again.slice(2)]) {
    expect(await findProgressByReceipt(database.pool, receipt)).toBeNull();
  }
});

test('what people type where an ID should be, and what they say in parts, is in no table in the clear', async () => {
  await receive(
    sms(siti, 'STATUS 081299990000'),
    sms(siti, 'TAMBAH 869931144245 nomor saya 081299990000'),
    ...parts(siti, ['Nomor saya 0812', '99990000 ya']).slice(0, 1),
  );
  const seen: string[] = [];
  await lookAtTables({ look: (where, content) => void seen.push(`${where}\n${content}`) }, database.pool);
  expect(seen.join('\n')).not.toMatch(/99990000|Nomor saya|nomor saya/);
});

async function receiptOf(reportId: ReportId): Promise<string | undefined> {
  const { rows } = await database.pool.query<{ receipt: string }>(
    'select receipt from reports where id = $1',
    [reportId],
  );
  return rows[0]?.receipt;
}
