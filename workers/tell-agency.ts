import { insertAdditionDelivery } from '../src/db/deliveries.ts';
import { insertNote } from '../src/db/notes.ts';
import type { Db } from '../src/db/pool.ts';
import { noteWords } from '../src/domain/addition-note.ts';
import type { AdditionNote } from '../src/domain/audiences/agency.ts';
import type { DeliveryId, ReportId } from '../src/domain/report.ts';
import { nameId, newId } from '../src/ids.ts';

/**
 * Tells the agency that has the report, or will have it, something that its reporter did not say; once for each note. Returns the
 * delivery where it is pending.
 */
export async function tellAgency(
  db: Db,
  reportId: ReportId,
  note: AdditionNote,
  now: Date,
): Promise<readonly DeliveryId[]> {
  const additionId = nameId(note, reportId);
  const said = {
    id: additionId,
    reportId,
    channel: 'twitter',
    note,
    text: noteWords[note],
    at: now,
  } as const;
  if (!(await insertNote(db, said))) return [];
  const pending = await insertAdditionDelivery(db, { id: newId<DeliveryId>(), reportId, additionId }, now);
  return pending === null ? [] : [pending];
}
