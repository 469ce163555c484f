import type { Context } from '../src/context.ts';
import { claimFirstSendings, recordCopies, replaceFirstSendings } from '../src/db/copies.ts';
import { holdReports } from '../src/db/held-reports.ts';
import type { UnfiledReport } from '../src/db/inbox.ts';
import type { Db } from '../src/db/pool.ts';
import { lockSenderHours, recordSenderHours } from '../src/db/sender-hours.ts';
import { findCopies } from '../src/domain/duplicates/copies.ts';
import type { ReportId } from '../src/domain/report.ts';
import { countToSenders, explainSurplus } from '../src/domain/sender-limit.ts';

/**
 * Takes out of a batch what is not to be filed: copies, which share all that becomes of the first, and what staff should
 * look at before, which is held. Returns the rest, as old as before. What staff released was looked at, and goes through.
 */
export async function setAside(
  { config }: Pick<Context, 'config'>,
  db: Db,
  reports: readonly UnfiledReport[],
): Promise<readonly UnfiledReport[]> {
  const fresh = reports.filter(({ released }) => !released);
  const copies = await copiesAmong(db, fresh, config.smsCopyMinutes * 60_000);
  if (copies.size > 0) await recordCopies(db, copies);

  const firsts = fresh.filter(({ id }) => !copies.has(id));
  const surplus = await surplusAmong(db, firsts, config.smsHoldPerSender);
  const held = firsts.flatMap(({ id, hold }) => {
    const reason = hold ?? (surplus.has(id) ? explainSurplus(config.smsHoldPerSender) : null);
    return reason === null ? [] : [{ reportId: id, reason }];
  });
  if (held.length > 0) await holdReports(db, held);

  const gone = new Set([...copies.keys(), ...held.map(({ reportId }) => reportId)]);
  return gone.size === 0 ? reports : reports.filter(({ id }) => !gone.has(id));
}

async function copiesAmong(
  db: Db,
  reports: readonly UnfiledReport[],
  windowMs: number,
): Promise<ReadonlyMap<ReportId, ReportId>> {
  const marked = reports.flatMap(({ id, copyIndex, receivedAt }) =>
    copyIndex === null ? [] : [{ id, copyIndex, receivedAt }],
  );
  if (marked.length === 0 || windowMs === 0) return new Map();
  const oldest = oldestOfEach(marked, ({ copyIndex }) => copyIndex);
  const firsts = await claimFirstSendings(
    db,
    oldest.map(({ id, ...sending }) => ({ reportId: id, ...sending })),
  );
  const { copies, begun } = findCopies(marked, firsts, windowMs);
  if (begun.length > 0) await replaceFirstSendings(db, begun);
  return copies;
}

async function surplusAmong(
  db: Db,
  reports: readonly UnfiledReport[],
  limit: number,
): Promise<ReadonlySet<ReportId>> {
  const counted = reports.flatMap(({ id, channel, phoneIndex, receivedAt }) =>
    channel !== 'sms' || phoneIndex === null ? [] : [{ id, phoneIndex, receivedAt }],
  );
  if (counted.length === 0 || limit === 0) return new Set();
  const oldest = oldestOfEach(counted, ({ phoneIndex }) => phoneIndex);
  const before = await lockSenderHours(
    db,
    oldest.map(({ phoneIndex, receivedAt }) => ({ phoneIndex, beganAt: receivedAt, count: 0 })),
  );
  const { hours, surplus } = countToSenders(counted, before, limit);
  await recordSenderHours(db, hours);
  return surplus;
}

/** Of reports that come oldest first. */
function oldestOfEach<T>(reports: readonly T[], indexOf: (report: T) => Buffer): readonly T[] {
  const oldest = new Map<string, T>();
  for (const report of reports) {
    const index = indexOf(report).toString('hex');
    if (!oldest.has(index)) oldest.set(index, report);
  }
  return [...oldest.values()];
}
