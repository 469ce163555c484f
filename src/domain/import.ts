import { fileProblems } from './attachment.ts';
import type { AgencyCode, ReportId } from './report.ts';
import type { StaffId } from './staff.ts';

/** Letters brought in by table: what an import is, and what may become of a row. */

declare const brand: unique symbol;
/** UUID version 7. */
export type ImportId = string & { readonly [brand]: 'ImportId' };

/** What a column may be. `files` names files of the archive, the others are what the letter desk asks for. */
export const importFields = [
  'agendaNumber',
  'receivedOn',
  'writtenOn',
  'origin',
  'kind',
  'title',
  'text',
  'place',
  'topic',
  'agency',
  'name',
  'phone',
  'email',
  'address',
  'onBehalfOf',
  'anonymous',
  'confidential',
  'postUrl',
  'joins',
  'files',
] as const;
export type ImportField = (typeof importFields)[number];

/** What each column is, in their order; null: it is left aside. */
export type Mapping = readonly (ImportField | null)[];

export const importStates = ['mapping', 'checked', 'running', 'paused', 'finished'] as const;
export type ImportState = (typeof importStates)[number];

/**
 * `sending`: it may be accepted already, and is asked about before it is sent again. `duplicate`: what it says was accepted
 * before, by another import, at the letter desk or in a row further up.
 */
export const rowStates = ['pending', 'sending', 'accepted', 'duplicate', 'refused'] as const;
export type RowState = (typeof rowStates)[number];

/** Why a row is left out, or goes without its file; `importProblemWords` says it to people. */
export const rowProblems = [
  'required',
  'long',
  'date',
  'date-future',
  'date-order',
  'agenda-form',
  'choice',
  'yes-no',
  'phone',
  'phone-exponent',
  'email',
  'agency',
  'topic',
  'post-url',
  'joins',
  'invalid',
  'ragged', // more cells than there are headings
  'same-row', // says what another row of the table says
  'same-number', // its agenda number is another row's
  'number-taken', // its agenda number is in the book, with other words
  'not-stored',
  'file-missing',
  ...fileProblems.map((problem) => `file-${problem}` as const),
] as const;
export type RowProblem = (typeof rowProblems)[number];

export type ProblemAt = {
  /** Counted from 0; null where it is about the whole row. */
  readonly column: number | null;
  readonly code: RowProblem;
  /** The other row it is about, for `same-row` and `same-number`. */
  readonly row?: number;
};

/** What becomes of a row whose file is missing or refused. */
export type WithoutFile = 'send' | 'leave';

export type Import = {
  readonly id: ImportId;
  readonly office: AgencyCode;
  readonly createdBy: StaffId;
  readonly state: ImportState;
  readonly format: 'csv' | 'xlsx';
  readonly separator: ',' | ';' | '\t';
  readonly rowCount: number;
  readonly mapping: Mapping;
  readonly headingMark: Buffer;
  readonly withoutFile: WithoutFile;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly expiresAt: Date;
};

export type ImportRow = {
  /** Counted from 1 behind the headings. */
  readonly number: number;
  readonly state: RowState;
  readonly reportId: ReportId | null;
  readonly problems: readonly ProblemAt[];
  readonly fileProblem: boolean;
};

/** Who keyed in what came by the command line, where nobody is signed in. */
export const operatorAtCommandLine = '00000000-0000-0000-0000-000000000000' as StaffId;
