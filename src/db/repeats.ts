import type { NewReport } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** True where a report was accepted under the same external id before, with whatever content. */
export async function wasAccepted(
  db: Db,
  report: Pick<NewReport, 'channel' | 'externalId'>,
): Promise<boolean> {
  if (report.externalId === null) return false;
  const { rows } = await db.query<{ known: boolean }>({
    name: 'was-accepted',
    text: `
      select exists (
        select from reports where channel = $1 and external_id = $2
      ) as known`,
    values: [report.channel, report.externalId],
  });
  return rows[0]?.known === true;
}
