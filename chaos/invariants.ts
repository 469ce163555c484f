import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from '../src/db/pool.ts';
import type { Queues } from '../src/queue/bullmq.ts';
import type { Arrival } from './agency.ts';
import { type Entry, type Ledger, readMark } from './ledger.ts';
import type { SentSms } from './sms-provider.ts';

/** What a run came to: a sentence for each offence, by the promise that it breaks. */
export type Verdict = {
  readonly acked: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly undelivered: readonly string[];
  readonly leaked: readonly string[];
  readonly stuck: readonly string[];
};

export type Evidence = {
  readonly ledger: Ledger;
  readonly db: Pool;
  /** The folder that holds those of all processes. */
  readonly dataDir: string;
  readonly arrivals: readonly Arrival[];
  readonly sentSms: readonly SentSms[];
  /** Gets a page or a document of the running gateway. */
  readonly ask: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
};

type Row = {
  readonly id: string;
  readonly text: string;
  readonly received_at: Date;
  readonly tracking_id: string | null;
  /** The report it is a copy of. */
  readonly first_id: string | null;
  readonly quarantine: string | null;
  readonly held: string | null;
  readonly delivery_id: string | null;
  readonly delivery_state: string | null;
};

/** Holds the gateway to its promises, report by report, from the outside and in the database. */
export async function judgeReports(evidence: Evidence): Promise<Omit<Verdict, 'leaked' | 'stuck'>> {
  const { rows } = await evidence.db.query<Row>(`
    select report.id, report.text, report.received_at, filing.tracking_id, copy.first_id,
      quarantine.error as quarantine, held.reason as held,
      delivery.id as delivery_id, delivery.state as delivery_state
    from reports as report
    left join filings as filing on filing.report_id = report.id
    left join copies as copy on copy.report_id = report.id
    left join quarantine on quarantine.report_id = report.id
    left join held_reports as held on held.report_id = report.id and held.released_at is null
    left join deliveries as delivery on delivery.report_id = report.id and delivery.addition_id is null`);
  const rowsOf = groupBy(rows, ({ text }) => readMark(text));
  // What was added to a report comes under a webhook-id of its own.
  const routed = evidence.arrivals.filter(({ body }) => JSON.parse(body).type === 'report.routed');
  const arrivalsOf = groupBy(routed, ({ body }) => reportIdOf(body));
  const bursts = groupBy(evidence.ledger.list(), ({ message }) => message.copyOf ?? message.number);
  const lost: string[] = [];
  const doubled: string[] = findDoubledSms(evidence.sentSms);
  const undelivered: string[] = [];
  let acked = 0;

  for (const [number, burst] of bursts) {
    const acknowledged = burst.filter((entry) => entry.acknowledged);
    if (acknowledged.length === 0) continue;
    acked += acknowledged.length;
    const name = `report ${number} (${burst[0]?.message.way})`;
    const stored = rowsOf.get(number) ?? [];
    const receipts = acknowledged.flatMap((entry) => [...entry.receipts]);
    const answers = await Promise.all(receipts.map((receipt) => evidence.ask(`/v1/receipts/${receipt}`)));
    const loss = findLoss(acknowledged, stored) ?? findDeadReceipt(answers);
    if (loss !== null) lost.push(`${name} was acknowledged and ${loss}`);
    const doubling =
      findDoubling(burst, stored, arrivalsOf) ??
      findTwiceFiled(burst, stored) ??
      findDivergence(burst, stored, answers);
    if (doubling !== null) doubled.push(`${name} ${doubling}`);
    for (const row of stored) {
      const lack = findLack(row, stored, arrivalsOf.get(row.id) ?? []);
      if (lack !== null) undelivered.push(`${name} ${lack}`);
    }
  }
  return { acked, lost, doubled, undelivered };
}

/** A message and its copies are each stored, though only one of them is filed. */
type Burst = readonly Entry[];

function findLoss(acknowledged: Burst, stored: readonly Row[]): string | null {
  const count = new Set(stored.map(({ id }) => id)).size;
  if (count >= acknowledged.length) return null;
  return count === 0 ? 'is nowhere' : `of ${acknowledged.length} messages ${count} are stored`;
}

type Answers = readonly Awaited<ReturnType<Evidence['ask']>>[];

function findDeadReceipt(answers: Answers): string | null {
  const dead = answers.find(({ status }) => status !== 200);
  return dead === undefined ? null : `its receipt answers ${dead.status}`;
}

/** A message that came again while PostgreSQL was away has another receipt, which must lead to the same report. */
function findDivergence(burst: Burst, stored: readonly Row[], answers: Answers): string | null {
  if (isWithoutKey(burst)) return null;
  const trackingIds = new Set(answers.map(({ text }) => JSON.parse(text).trackingId));
  return trackingIds.size > Math.max(listFiled(stored).length, 1)
    ? `has receipts that lead to ${trackingIds.size} reports`
    : null;
}

function findDoubling(
  burst: Burst,
  stored: readonly Row[],
  arrivalsOf: ReadonlyMap<string, readonly Arrival[]>,
): string | null {
  const count = new Set(stored.map(({ id }) => id)).size;
  if (count > mostRows(burst)) return `is stored ${count} times`;
  for (const { id } of stored) {
    const came = arrivalsOf.get(id) ?? [];
    const webhookIds = new Set(came.map(({ webhookId }) => webhookId));
    if (webhookIds.size > 1) return `came under ${webhookIds.size} webhook-ids`;
    const trackingIds = new Set(came.map(({ body }) => trackingIdOf(body)));
    if (trackingIds.size > 1) return `came under ${trackingIds.size} tracking IDs`;
  }
  return null;
}

const copyWindowMs = 3_600_000;

/** The same SMS sent anew within the hour is a copy. A gateway whose clock is an hour off may rightly see no hour in it. */
function findTwiceFiled(burst: Burst, stored: readonly Row[]): string | null {
  if (isWithoutKey(burst)) return null;
  const times = listFiled(stored)
    .map(({ received_at }) => received_at.getTime())
    .toSorted((a, b) => a - b);
  const near = times.some((time, at) => at > 0 && time - (times[at - 1] ?? 0) <= copyWindowMs);
  return near ? `was filed ${times.length} times within an hour` : null;
}

const listFiled = (stored: readonly Row[]): readonly Row[] =>
  stored.filter(({ tracking_id }) => tracking_id !== null);

/**
 * Why the report has not reached its agency; one in quarantine, or held, has not, although it waits with a reason: no
 * sender here sends so much. A copy reaches it as the first does, which has to be one of the same words.
 */
function findLack(row: Row, stored: readonly Row[], came: readonly Arrival[]): string | null {
  if (row.quarantine !== null) return `is in quarantine: ${row.quarantine}`;
  if (row.held !== null) return `is held: ${row.held}`;
  if (row.first_id !== null) {
    if (row.tracking_id !== null || came.length > 0) return 'is a copy and was filed all the same';
    return listFiled(stored).some(({ id }) => id === row.first_id) ? null : 'is a copy of what is not filed';
  }
  if (row.tracking_id === null) return 'has no tracking ID';
  return came.some(({ accepted, webhookId }) => accepted && webhookId === row.delivery_id)
    ? null
    : `is with no agency: its delivery is ${row.delivery_state}`;
}

const isWithoutKey = (burst: Burst): boolean => burst.some(({ message }) => message.way === 'web');

/** Without a key every request that was not answered may have become a report. */
const mostRows = (burst: Burst): number =>
  burst.reduce((sum, { message, attempts }) => sum + (message.way === 'web' ? attempts : 1), 0);

/** The public must not see that a confidential report exists: its tracking ID answers like an unknown one. */
export async function findBetrayed({ ledger, db, ask }: Evidence): Promise<readonly string[]> {
  const { rows } = await db.query<{ text: string; tracking_id: string }>(`
    select text, tracking_id from reports join filings on filings.report_id = reports.id`);
  const betrayed: string[] = [];
  for (const { text, tracking_id } of rows) {
    const entry = ledger.find(readMark(text) ?? -1);
    const { status } = await ask(`/v1/track/${tracking_id}`);
    if (entry?.message.openness === 'confidential' && status !== 404) {
      betrayed.push(`report ${entry.message.number} is confidential and its tracking ID answers ${status}`);
    }
  }
  return betrayed;
}

/** What would wait for ever: messages never acknowledged, spools, the inbox, deliveries, jobs, words back to reporters. */
export async function listStuck(
  { ledger, db, dataDir }: Pick<Evidence, 'ledger' | 'db' | 'dataDir'>,
  queues: Pick<Queues, 'count'>,
): Promise<readonly string[]> {
  const senders = ledger
    .list()
    .filter(({ acknowledged }) => !acknowledged)
    .map(
      ({ message, refusal }) =>
        `report ${message.number} (${message.way}): ${refusal ?? 'never acknowledged'}`,
    );
  const { rows: inbox } = await db.query<{ line: string }>(`
    select 'in the inbox: ' || report_id || ', on the queue again ' || enqueue_after as line from inbox`);
  const { rows: bundles } = await db.query<{ line: string }>(`
    select 'in a bundle: ' || size || ' reports, ' || coalesce(error, 'on the queue again ' || enqueue_after) as line
    from bundles`);
  const { rows: deliveries } = await db.query<{ line: string }>(`
    select 'pending: delivery ' || id || ', due ' || next_attempt_at || ', attempt ' || attempt_count as line
    from deliveries where state = 'pending'`);
  // Parts whose others never come are filed when the wait is over, so in the end none is left.
  const { rows: messages } = await db.query<{ line: string }>(`
    select state || ': message ' || id || ' (' || form || '), due ' || due_at as line
    from messages where state <> 'done'`);
  // One that is delayed has a time when it is tried again.
  const jobs = Object.entries(await queues.count()).flatMap(([name, { waiting, active }]) =>
    waiting + active > 0 ? [`queue ${name}: ${waiting} waiting, ${active} active`] : [],
  );
  const words = await listStuckNotifications(db);
  const spooled = await listSpooled(dataDir);
  return [
    ...senders,
    ...spooled,
    ...[...inbox, ...bundles, ...messages, ...deliveries, ...words].map(({ line }) => line),
    ...jobs,
  ];
}

/** Files of reports that lie in the spool of any process, damaged and refused ones too; an emptied segment is none. */
export async function listSpooled(dataDir: string): Promise<readonly string[]> {
  const names = await readdir(dataDir, { recursive: true });
  const files = names
    .filter((name) => /(?:^|\/)spool\/(?:\d+\.spool|(?:refused|corrupt)\/.+)$/.test(name))
    .toSorted();
  const sizes = await Promise.all(files.map((name) => sizeOf(join(dataDir, name))));
  return files.flatMap((name, at) => (sizes[at] === 0 ? [] : [`in the spool: ${name}, ${sizes[at]} bytes`]));
}

/** None where the gateway removed the file meanwhile. */
async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return found?.size ?? 0;
}

/**
 * Neither settled nor parked. One that was turned away waits for its next time on the schedule, whose first steps are at
 * most half an hour long: what lies further ahead was written by a clock that was off.
 */
async function listStuckNotifications(db: Pool): Promise<readonly { readonly line: string }[]> {
  const { rows } = await db.query<{ line: string }>(`
    select 'word to a reporter is ' || state || ': ' || id || ', due ' || next_attempt_at as line
    from notifications
    where state = 'sending' or (
      state = 'pending'
      and next_attempt_at not between now() - interval '5 seconds' and now() + interval '40 minutes'
    )`);
  return rows;
}

function findDoubledSms(sent: readonly SentSms[]): string[] {
  return [...groupBy(sent, ({ to, text }) => `${to}\n${text}`).values()]
    .filter((same) => same.length > 1)
    .map((same) => `an SMS was sent ${same.length} times: ${same[0]?.text.slice(0, 60)}`);
}

const reportIdOf = (body: string): string => JSON.parse(body).data.reportId;
const trackingIdOf = (body: string): string => JSON.parse(body).data.trackingId;

function groupBy<T, K>(list: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
