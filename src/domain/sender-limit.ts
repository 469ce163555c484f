import type { ReportId } from './report.ts';

/** What a number, known by its blind index alone, sent in the hour that began with the first of it. */
export type SenderHour = {
  readonly phoneIndex: Buffer;
  readonly beganAt: Date;
  readonly count: number;
};

const hourMs = 3_600_000;

/**
 * Counts reports to their senders' hours and tells those beyond `limit`. `hours` names every sender among them; `reports`
 * come oldest first. What is beyond the limit counts as well.
 */
export function countToSenders(
  reports: readonly {
    readonly id: ReportId;
    readonly phoneIndex: Buffer;
    readonly receivedAt: Date;
  }[],
  hours: readonly SenderHour[],
  limit: number,
): { readonly hours: readonly SenderHour[]; readonly surplus: ReadonlySet<ReportId> } {
  const hourOf = new Map(hours.map((hour) => [hour.phoneIndex.toString('hex'), hour]));
  const surplus = new Set<ReportId>();
  for (const { id, phoneIndex, receivedAt } of reports) {
    const sender = phoneIndex.toString('hex');
    const known = hourOf.get(sender);
    const goesOn = known !== undefined && receivedAt.getTime() < known.beganAt.getTime() + hourMs;
    const hour = goesOn
      ? { ...known, count: known.count + 1 }
      : { phoneIndex, beganAt: receivedAt, count: 1 };
    hourOf.set(sender, hour);
    if (hour.count > limit) surplus.add(id);
  }
  return { hours: [...hourOf.values()], surplus };
}

/** Why a report is held, for staff. */
export const explainSurplus = (limit: number): string => `lebih dari ${limit} SMS sejam dari nomor yang sama`;
