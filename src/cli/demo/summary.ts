import { findSame, type Journey, stageOf } from './journey.ts';
import type { Way } from './stories.ts';

/** What came of it, channel by channel, and the median time until there was a tracking ID; as wide as a terminal of 80 columns. */
export function describeSummary(journeys: readonly Journey[]): string {
  const ways = [...new Set(journeys.map(({ message }) => message.way))].toSorted(byWay);
  const rows = ways.map((way) =>
    summarise(
      way,
      journeys.filter(({ message }) => message.way === way),
      journeys,
    ),
  );
  const all = summarise('all', journeys, journeys);
  const heads = ['channel', 'sent', 'accepted', 'duplicates', 'routed', 'delivered', 'ID after'];
  const rule = heads.map((head) => '-'.repeat(head.length));
  rule[0] = '-'.repeat(firstWidth);
  return [heads, rule, ...rows, ...(rows.length > 1 ? [all] : [])]
    .map((cells) =>
      cells
        .map((cell, at) => (at === 0 ? cell.padEnd(firstWidth) : cell.padStart(heads[at]?.length ?? 0)))
        .join('  '),
    )
    .join('\n');
}

const firstWidth = 'twitter (simulated)'.length;
const order: readonly Way[] = ['web', 'sms/generic', 'sms/kannel', 'twitter (simulated)'];
const byWay = (one: Way, other: Way): number => order.indexOf(one) - order.indexOf(other);

function summarise(name: string, some: readonly Journey[], all: readonly Journey[]): readonly string[] {
  const count = (is: (journey: Journey) => boolean) => String(some.filter(is).length);
  const waits = some.flatMap(({ idAfterMs, repeats }) =>
    idAfterMs === null || repeats !== null ? [] : [idAfterMs],
  );
  return [
    name,
    count(({ sentAt }) => sentAt !== null),
    count(({ acceptedAt }) => acceptedAt !== null),
    count((journey) => journey.acceptedAt !== null && isSame(journey, all)),
    count(({ seen }) => seen?.agency_code != null),
    count((journey) => stageOf(journey) === 'delivered'),
    waits.length === 0 ? '-' : `${Math.round(median(waits))} ms`,
  ];
}

/** Somebody reported it before, or it is the same message again. */
const isSame = (journey: Journey, all: readonly Journey[]): boolean =>
  journey.seen?.duplicate_of != null || findSame(journey, all) !== null;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}
