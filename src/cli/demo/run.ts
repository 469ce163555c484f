import { type JourneyRow, listJourneys } from '../../db/journeys.ts';
import type { Db } from '../../db/pool.ts';
import { AppError } from '../../errors.ts';
import { isSettled, type Journey, planJourneys } from './journey.ts';
import { type Doors, type Message, type Sent, send } from './send.ts';

/** Between two messages: quick enough not to bore, slow enough to watch. */
const paceMs = 120;
const lookEveryMs = 30;
/** After the last message. Longer than the first retries of a delivery, shorter than anybody's patience. */
const patienceMs = 30_000;

/**
 * Sends the messages one after the other and follows each until nothing more happens to it, at most half a minute after
 * the last. Returns early when `signal` says so. Throws `AppError` `config` where the gateway keeps its reports in
 * another database than `db`.
 */
export async function runJourneys(
  messages: readonly Message[],
  doors: Doors,
  db: Db,
  signal: AbortSignal,
  show: (journeys: readonly Journey[]) => void,
): Promise<readonly Journey[]> {
  let journeys = planJourneys(messages);
  const change = (number: number, made: Partial<Journey>) => {
    journeys = journeys.map((journey) => (journey.number === number ? { ...journey, ...made } : journey));
  };
  const sending: Promise<void>[] = [];
  const started = performance.now();
  let lastSentAt = started;

  while (!signal.aborted) {
    const now = performance.now();
    const next = journeys.find(({ sentAt }) => sentAt === null);
    if (next !== undefined && now >= started + sending.length * paceMs) {
      lastSentAt = now;
      change(next.number, { sentAt: now });
      sending.push(deliverToGateway(next, doors, signal, change));
    }
    const rows = await listJourneys(
      db,
      receiptsOf(journeys),
      smsIdsOf(journeys),
      journeys.flatMap(({ postedAt }) => postedAt),
    );
    journeys = journeys.map((journey) => withRow(journey, rows));
    refuseOtherDatabase(journeys);
    show(journeys);
    if (journeys.every(isSettled) || now > lastSentAt + patienceMs) break;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  await Promise.all(sending);
  return journeys;
}

async function deliverToGateway(
  { number, message }: Journey,
  doors: Doors,
  signal: AbortSignal,
  change: (number: number, made: Partial<Journey>) => void,
): Promise<void> {
  const before = performance.now();
  try {
    const { receipt, trackingId, postedAt }: Sent = await send(message, doors, signal);
    // It is the gateway that comes for a post: accepted it is once its report is there.
    if (postedAt.length > 0) return change(number, { postedAt });
    const acceptedAt = performance.now();
    change(number, { acceptedAt, receipt, idAfterMs: trackingId === null ? null : acceptedAt - before });
  } catch (error) {
    const failure = error instanceof Error ? error.message : 'the gateway did not take it';
    change(number, { failure });
  }
}

const receiptsOf = (journeys: readonly Journey[]): readonly string[] =>
  journeys.flatMap(({ receipt }) => (receipt === null ? [] : [receipt]));

/** Kannel gets no receipt, so its reports are found under the name they are kept by. */
const smsIdsOf = (journeys: readonly Journey[]): readonly string[] =>
  journeys.flatMap(({ acceptedAt, receipt, message }) =>
    acceptedAt !== null && receipt === null ? (message.report.externalId ?? []) : [],
  );

function withRow(journey: Journey, rows: readonly JourneyRow[]): Journey {
  const { sentAt, idAfterMs } = journey;
  const seen = rows.find((row) => isOf(row, journey));
  if (seen === undefined) return journey;
  const now = performance.now();
  const isNew = idAfterMs === null && seen.tracking_id !== null;
  return {
    ...journey,
    seen,
    acceptedAt: journey.acceptedAt ?? now,
    idAfterMs: isNew ? now - (sentAt ?? 0) : idAfterMs,
  };
}

function isOf(row: JourneyRow, { receipt, acceptedAt, message, postedAt }: Journey): boolean {
  if (postedAt.length > 0) return postedAt.some((moment) => moment.getTime() === row.posted_at?.getTime());
  if (acceptedAt === null) return false;
  return receipt === null ? row.external_id === message.report.externalId : row.receipt === receipt;
}

/** What was accepted is committed: when it is not in this database two seconds later, it is in another. */
function refuseOtherDatabase(journeys: readonly Journey[]): void {
  const lost = journeys.some(
    ({ acceptedAt, seen }) => acceptedAt !== null && seen === null && performance.now() - acceptedAt > 2_000,
  );
  if (!lost) return;
  throw new AppError(
    'config',
    'The gateway keeps its reports in another database: run the demo with its DATABASE_URL or DATA_DIR.',
  );
}
