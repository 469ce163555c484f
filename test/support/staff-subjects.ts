import { randomInt, randomUUID } from 'node:crypto';
import { holdReports } from '../../src/db/held-reports.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { ReportId } from '../../src/domain/report.ts';
import type { SubjectKind } from '../../src/http/staff/subjects.ts';
import { addAgency, fileReport } from './filed-reports.ts';
import { signIn } from './staff.ts';

/**
 * Makes one thing of each kind that staff pages are about (`src/http/staff/subjects.ts`), for the test that tries every staff
 * route with everybody. `agency` is whose it should be, where the kind can be anybody's; the answer says whose it is, and its id.
 * A new kind needs an entry here: the types ask for it.
 */
export const makeSubject: Readonly<
  Record<SubjectKind, (db: Pool, agency: string) => Promise<{ readonly id: string; readonly owner: string }>>
> = {
  held: async (db) => {
    const id = await report(db);
    await holdReports(db, [{ reportId: id, reason: 'banyak dari satu nomor' }]);
    return { id, owner: 'nasional' };
  },
  import: async (db, agency) => {
    const id = randomUUID();
    await db.query(
      `insert into imports (id, office_code, created_by, state, format, separator, row_count, mapping, heading_mark, expires_at)
       values ($1, $2, $3, 'finished', 'csv', ',', 0, '[]', '\\x00', now() + interval '1 day')`,
      [id, agency, randomUUID()],
    );
    return { id, owner: agency };
  },
  letter: async (db, agency) => {
    const id = await report(db);
    await db.query(
      `insert into letters (report_id, office_code, year, agenda_number, origin, received_on, entered_by)
       values ($1, $2, 2026, $3, 'letter', '2026-11-20', $4)`,
      [id, agency, String(randomInt(1_000_000)), randomUUID()],
    );
    return { id, owner: agency };
  },
  message: async (db, agency) => {
    const id = randomUUID();
    await db.query(
      `insert into messages (
         id, receipt, channel, external_id, form, mailbox, agency_code, bytes, received_at, due_at, state, fate, outcome,
         finished_at
       ) values ($1, $2, 'email', $2, 'mail', 'pengaduan', $3, 1200, now(), now(), 'done', 'auto-reply', 'not answered', now())`,
      [id, `uji-${id}`, agency],
    );
    return { id, owner: agency };
  },
  staff: async (db, agency) => ({
    id: (await signIn(db, { role: 'intake', agency, name: 'Dewi Anggraini' })).id,
    owner: agency,
  }),
};

async function report(db: Pool): Promise<ReportId> {
  return (await fileReport(db, await addAgency(db), new Date())).reportId;
}
