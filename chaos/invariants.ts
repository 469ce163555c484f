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
  readonly arrivals: readonly Arrival[];
  readonly sentSms: readonly SentSms[];
  /** Of the running gateway; null where it does not know the receipt or tracking ID. */
  readonly ask: (
    path: string,
  ) => Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
};

type Row = {
  readonly id: string;
  readonly receipt: string;
  readonly text: string;
  readonly tracking_id: string | null;
  readonly quarantine: string | null;
  readonly delivery_id: string | null;
  readonly delivery_state: string | null;
};

/** Holds the gateway to its promises: `lost`, `doubled` and `undelivered`, from the outside and in the database. */
export async function judgeReports(evidence: Evidence): Promise<Omit<Verdict, 'leaked' | 'stuck'>> {
  const { ledger, db, arrivals, ask } = evidence;
  const { rows } = await db.query<Row>(`
    select report.id, report.receipt, report.text, filing.tracking_id, quarantine.error as quarantine,
      delivery.id as delivery_id, delivery.state as delivery_state
    from reports as report
    left join filings as filing on filing.report_id = report.id
    left join quarantine on quarantine.report_id = report.id
    left join deliveries as delivery on delivery.report_id = report.id`);
  const rowsOf = groupBy(rows, ({ text }) => readMark(text));
  const arrivalsOf = groupBy(arrivals, ({ body }) => reportIdOf(body));
  const acknowledged = ledger.list().filter((entry) => entry.acknowledged);
  const lost: string[] = [];
  const doubled: string[] = findDoubledSms(evidence.sentSms);
  const undelivered: string[] = [];

  for (const entry of acknowledged) {
    const { message, receipts } = entry;
    const name = `report ${message.number} (${message.way})`;
    const stored = rowsOf.get(message.number) ?? [];
    if (stored.length === 0) lost.push(`${name} was acknowledged and is nowhere`);
    for (const receipt of receipts) {
      const { status, body } = await ask(`/v1/receipts/${receipt}`);
      if (status !== 200) lost.push(`${name}: its receipt answers ${status}`);
      else if (body['trackingId'] === null) undelivered.push(`${name} has no tracking ID`);
    }
    if (new Set(stored.map(({ id }) => id)).size > mostRows(entry))
      doubled.push(`${name} is stored ${stored.length} times`);
    if (message.way !== 'web' && receipts.size > 1) doubled.push(`${name} has ${receipts.size} receipts`);
    for (const row of stored) {
      const came = arrivalsOf.get(row.id) ?? [];
      if (row.quarantine !== null) undelivered.push(`${name} is in quarantine: ${row.quarantine}`);
      else if (row.tracking_id === null) undelivered.push(`${name} is not filed`);
      else if (!came.some(({ accepted, webhookId }) => accepted && webhookId === row.delivery_id)) {
        undelivered.push(`${name}: its delivery is ${row.delivery_state}, and no agency has it`);
      }
      const ids = new Set(came.map(({ webhookId }) => webhookId));
      if (ids.size > 1) doubled.push(`${name} came under ${ids.size} webhook-ids`);
      const trackingIds = new Set(came.map(({ body }) => trackingIdOf(body)));
      if (trackingIds.size > 1) doubled.push(`${name} came under ${trackingIds.size} tracking IDs`);
    }
  }
  return { acked: acknowledged.length, lost, doubled, undelivered };
}

/** Without a key every request that was not answered may have become a report. */
const mostRows = ({ message, attempts }: Entry): number => (message.way === 'web' ? attempts : 1);

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

/** What would wait for ever: messages never acknowledged, the inbox, deliveries, jobs, words back to reporters. */
export async function listStuck(
  { ledger, db }: Pick<Evidence, 'ledger' | 'db'>,
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
  const { rows: deliveries } = await db.query<{ line: string }>(`
    select 'pending: delivery ' || id || ', due ' || next_attempt_at || ', attempt ' || attempt_count as line
    from deliveries where state = 'pending'`);
  // One that is delayed has a time when it is tried again.
  const jobs = Object.entries(await queues.count()).flatMap(([name, { waiting, active }]) =>
    waiting + active > 0 ? [`queue ${name}: ${waiting} waiting, ${active} active`] : [],
  );
  const words = await listStuckNotifications(db);
  return [...senders, ...[...inbox, ...deliveries, ...words].map(({ line }) => line), ...jobs];
}

/** Neither sent nor refused nor parked for staff. */
async function listStuckNotifications(db: Pool): Promise<readonly { readonly line: string }[]> {
  const { rows: tables } = await db.query(
    `select from pg_class where relname = 'notifications' and relkind = 'r'`,
  );
  if (tables.length === 0) return [];
  const { rows } = await db.query<{ line: string }>(`
    select 'word to a reporter is ' || state || ': ' || id as line
    from notifications where state not in ('sent', 'refused', 'parked')`);
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
