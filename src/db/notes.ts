import type { AdditionNote } from '../domain/audiences/agency.ts';
import type { ChannelName, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** What we tell agencies of ourselves about reports: additions that no reporter said, and no reporter is shown. */

export type Note = {
  readonly id: string;
  readonly reportId: ReportId;
  readonly channel: ChannelName;
  readonly note: AdditionNote;
  readonly text: string;
  readonly at: Date;
};

/** False where it is stored already. */
export async function insertNote(db: Db, { id, reportId, channel, note, text, at }: Note): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'insert-note',
    text: `
      insert into additions (id, report_id, channel, note, text, received_at)
      values ($1, $2, $3, $4, $5, $6)
      on conflict do nothing`,
    values: [id, reportId, channel, note, text, at],
  });
  return rowCount === 1;
}
