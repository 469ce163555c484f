import { findDeskOfHeldReport } from '../../db/held-reports.ts';
import { findOfficeOfImport } from '../../db/imports.ts';
import { findOfficeOfLetter } from '../../db/letters.ts';
import { findAgencyOfMail } from '../../db/mails.ts';
import type { Db } from '../../db/pool.ts';
import { findAgencyOfMember } from '../../db/staff.ts';
import type { AgencyCode } from '../../domain/report.ts';

/** What staff pages are about, and whose it is: one line each. A new kind of thing is nobody's until it stands here. */
const agencyOf = {
  held: findDeskOfHeldReport,
  letter: findOfficeOfLetter,
  import: findOfficeOfImport,
  message: findAgencyOfMail,
  staff: findAgencyOfMember,
} as const satisfies Record<string, (db: Db, id: string) => Promise<AgencyCode | null>>;

export type SubjectKind = keyof typeof agencyOf;
export const subjectKinds = Object.keys(agencyOf) as readonly SubjectKind[];

/** Null where there is no such thing. */
export async function findAgencyOfSubject(db: Db, kind: SubjectKind, id: string): Promise<AgencyCode | null> {
  return isUuid(id) ? agencyOf[kind](db, id) : null;
}

export const isUuid = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
