import type { LetterOrigin } from '../domain/letter.ts';
import type { AgencyCode, Receipt, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** Whose book the letter of this report is in; null where there is none. */
export async function findOfficeOfLetter(db: Db, reportId: string): Promise<AgencyCode | null> {
  const { rows } = await db.query<{ office_code: AgencyCode }>({
    name: 'find-office-of-letter',
    text: 'select office_code from letters where report_id = $1',
    values: [reportId],
  });
  return rows[0]?.office_code ?? null;
}

/** A letter as staff who keyed it in, or their office, see it again: where it is in the books and what became of it. */
export type LetterRecord = {
  readonly reportId: ReportId;
  readonly receipt: Receipt;
  readonly trackingId: string | null;
  readonly confidential: boolean;
  readonly office: AgencyCode;
  readonly year: number;
  readonly agendaNumber: string;
  readonly origin: LetterOrigin;
  readonly writtenOn: string | null;
  readonly receivedOn: string;
  /** Null where they are no member of staff any more. */
  readonly enteredBy: string | null;
  readonly enteredAt: Date;
  readonly files: number;
};

/** Null where there is none. Never who wrote it. */
export async function findLetter(db: Db, reportId: string): Promise<LetterRecord | null> {
  const { rows } = await db.query<LetterRecord>({
    name: 'find-letter',
    text: `
      select letter.report_id as "reportId", report.receipt, filing.tracking_id as "trackingId", report.confidential,
        letter.office_code as office, letter.year, letter.agenda_number as "agendaNumber", letter.origin,
        letter.written_on::text as "writtenOn", letter.received_on::text as "receivedOn",
        member.name as "enteredBy", letter.entered_at as "enteredAt",
        (select count(*)::int from attachments where report_id = letter.report_id) as files
      from letters as letter
      join reports as report on report.id = letter.report_id
      left join filings as filing on filing.report_id = letter.report_id
      left join staff as member on member.id = letter.entered_by
      where letter.report_id = $1`,
    values: [reportId],
  });
  return rows[0] ?? null;
}

/** The report of the letter that has this external id; null where there is none. */
export async function findLetterByExternalId(db: Db, externalId: string): Promise<ReportId | null> {
  const { rows } = await db.query<{ id: ReportId }>({
    name: 'find-letter-by-external-id',
    text: `select id from reports where channel = 'letter' and external_id = $1`,
    values: [externalId],
  });
  return rows[0]?.id ?? null;
}

export type EnteredLetter = Pick<
  LetterRecord,
  'reportId' | 'agendaNumber' | 'origin' | 'trackingId' | 'enteredAt'
>;

/** What was entered in the book of an office on the day it is there now, the latest first, and how many that are. */
export async function listLettersOfToday(
  db: Db,
  office: AgencyCode,
  { now, timeZone, limit }: { readonly now: Date; readonly timeZone: string; readonly limit: number },
): Promise<{ readonly letters: readonly EnteredLetter[]; readonly count: number }> {
  const { rows } = await db.query<EnteredLetter & { count: number }>({
    name: 'list-letters-of-today',
    text: `
      select letter.report_id as "reportId", letter.agenda_number as "agendaNumber", letter.origin,
        filing.tracking_id as "trackingId", letter.entered_at as "enteredAt", (count(*) over ())::int as count
      from letters as letter
      left join filings as filing on filing.report_id = letter.report_id
      where letter.office_code = $1
        and letter.entered_at >= date_trunc('day', $2::timestamptz at time zone $3) at time zone $3
      order by letter.entered_at desc
      limit $4`,
    values: [office, now, timeZone, limit],
  });
  const letters = rows.map(({ count: _count, ...letter }) => letter);
  return { letters, count: rows[0]?.count ?? 0 };
}
