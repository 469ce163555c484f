import type { SenderHour } from '../domain/sender-limit.ts';
import type { Db } from './pool.ts';

/**
 * The hours that run for these senders, those given where none does yet. The rows are locked until the transaction ends;
 * sorting keeps workers from waiting in a circle. The list must not name a sender twice.
 */
export async function lockSenderHours(db: Db, hours: readonly SenderHour[]): Promise<readonly SenderHour[]> {
  const { rows } = await db.query<SenderHour>({
    name: 'lock-sender-hours',
    text: `
      insert into sender_hours as held (phone_index, began_at, report_count)
      select * from unnest($1::bytea[], $2::timestamptz[], $3::integer[])
      on conflict (phone_index) do update set report_count = held.report_count
      returning held.phone_index as "phoneIndex", held.began_at as "beganAt", held.report_count as count`,
    values: columnsOf(hours.toSorted((a, b) => a.phoneIndex.compare(b.phoneIndex))),
  });
  return rows;
}

/** Whoever calls holds the rows by `lockSenderHours`. */
export async function recordSenderHours(db: Db, hours: readonly SenderHour[]): Promise<void> {
  await db.query({
    name: 'record-sender-hours',
    text: `
      update sender_hours as held set began_at = hour.began_at, report_count = hour.report_count
      from unnest($1::bytea[], $2::timestamptz[], $3::integer[]) as hour (phone_index, began_at, report_count)
      where held.phone_index = hour.phone_index`,
    values: columnsOf(hours),
  });
}

const columnsOf = (hours: readonly SenderHour[]) => [
  hours.map(({ phoneIndex }) => phoneIndex),
  hours.map(({ beganAt }) => beganAt),
  hours.map(({ count }) => count),
];
