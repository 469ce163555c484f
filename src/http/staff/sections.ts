import type { HttpContext } from '../../context.ts';
import { countHeldReports } from '../../db/held-reports.ts';
import { countNewViralCases } from '../../db/viral-cases.ts';
import { nationalDesk } from '../../domain/routing/directory.ts';
import { mayActFor, type Role, roles, type StaffMember } from '../../domain/staff.ts';
import type { Language } from '../messages/language.ts';
import { accountWords } from './account/words.ts';
import { deskWords } from './desk/words.ts';
import { heldWords } from './held/words.ts';
import { importPageWords } from './import/words.ts';
import { mailWords } from './mail/words.ts';
import { memberWords } from './members/words.ts';
import { listOwnAgencies } from './offices.ts';
import { postWords } from './posts/words.ts';

/** What staff find on their home page: one entry a part, in the order of a day's work. */
export type StaffSection = {
  readonly href: `/petugas/${string}`;
  readonly roles: readonly Role[];
  /** Of its part, in both languages. */
  readonly words: Readonly<Record<Language, { readonly title: string; readonly hint: string }>>;
  readonly onlyNationalDesk?: true;
  /** How many things wait there for this member. */
  readonly count?: (context: Pick<HttpContext, 'db' | 'directory'>, staff: StaffMember) => Promise<number>;
};

/** Of a part whose page begins with a sentence that says what it is for. */
const leadOf = (say: (language: Language) => { readonly title: string; readonly lead: string }) => ({
  id: { title: say('id').title, hint: say('id').lead },
  en: { title: say('en').title, hint: say('en').lead },
});

const sections: readonly StaffSection[] = [
  { href: '/petugas/surat', roles, words: leadOf((language) => deskWords({ language })) },
  { href: '/petugas/impor', roles, words: leadOf((language) => importPageWords[language]) },
  { href: '/petugas/email', roles, words: leadOf((language) => mailWords[language]) },
  {
    href: '/petugas/unggahan',
    roles: ['officer', 'admin'],
    words: leadOf((language) => postWords[language]),
    count: ({ db, directory }, staff) => countNewViralCases(db, listOwnAgencies(staff, directory())),
  },
  {
    href: '/petugas/tertahan',
    roles: ['officer', 'admin'],
    words: heldWords,
    onlyNationalDesk: true,
    count: ({ db }) => countHeldReports(db),
  },
  { href: '/petugas/staf', roles: ['admin'], words: memberWords },
  { href: '/petugas/sesi', roles, words: accountWords },
];

/** Those that are this member's, with how much waits in each; null where nothing ever waits. */
export function findSections(
  context: Pick<HttpContext, 'db' | 'directory'>,
  staff: StaffMember,
): Promise<readonly (StaffSection & { readonly waiting: number | null })[]> {
  const isNational = mayActFor(staff, nationalDesk, context.directory());
  const theirs = sections.filter(
    ({ roles: allowed, onlyNationalDesk }) =>
      allowed.includes(staff.role) && (!onlyNationalDesk || isNational),
  );
  return Promise.all(
    theirs.map(async (section) => ({
      ...section,
      waiting: section.count === undefined ? null : await section.count(context, staff),
    })),
  );
}
