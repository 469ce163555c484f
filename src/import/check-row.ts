import type { ImportField, Mapping, ProblemAt, RowProblem } from '../domain/import.ts';
import {
  checkLetter,
  type LetterEntry,
  type LetterField,
  type LetterProblemCode,
  readLetterFields,
} from '../domain/letter-entry.ts';
import type { AgencyCode } from '../domain/report.ts';
import { type Directory, findAgency, listTopics } from '../domain/routing/directory.ts';
import type { BlindIndex } from '../sealing/blind-index.ts';
import { readDate, readFileNames, readKind, readOrigin, readPhone, readYesNo } from './cells.ts';
import { fold } from './columns.ts';

export type CheckedRow = {
  /** Null where something stands in its way. */
  readonly entry: LetterEntry | null;
  readonly files: readonly string[];
  readonly problems: readonly ProblemAt[];
};

export type CheckRow = (cells: readonly string[]) => CheckedRow;

type Rules = {
  readonly mapping: Mapping;
  readonly headings: number;
  readonly office: AgencyCode;
  readonly epoch1904: boolean;
  readonly maxFiles: number;
  readonly directory: Directory;
  readonly blindIndex: BlindIndex;
  readonly now: Date;
};

/** Holds rows of one table to the rules of the letter desk; every problem of a row at once, with its column. */
export function createCheckRow(rules: Rules): CheckRow {
  const { mapping, directory, office, epoch1904, now } = rules;
  const columnOf = new Map(
    mapping.flatMap((field, index) => (field === null ? [] : [[field, index] as const])),
  );
  // Looking up a name among hundreds takes long, and tables say the same ones over and over.
  const agencies = new Map<string, string | null>();
  const topics = new Map(
    listTopics(directory).flatMap((topic) => [
      [fold(topic.code), topic.code],
      [fold(topic.name), topic.code],
    ]),
  );
  const lookUpAgency = (typed: string): string | null => {
    const known = agencies.get(typed);
    if (known !== undefined) return known;
    const agency = findAgency(directory, typed);
    const code = agency?.active ? agency.code : null;
    agencies.set(typed, code);
    return code;
  };

  return (cells) => {
    const problems: ProblemAt[] = [];
    const at = (field: ImportField): number | null => columnOf.get(field) ?? null;
    const refuse = (field: ImportField, code: RowProblem) => problems.push({ column: at(field), code });
    const cell = (field: ImportField): string => {
      const column = columnOf.get(field);
      return column === undefined ? '' : (cells[column] ?? '');
    };
    /** What stands in for a cell that could not be read: its own problem is told, none that follows from it. */
    const read = <Value>(
      field: ImportField,
      value: Value | null,
      code: RowProblem,
      instead: Value,
    ): Value => {
      if (value === null) refuse(field, code);
      return value ?? instead;
    };
    const date = (field: 'receivedOn' | 'writtenOn'): string =>
      cell(field) === '' ? '' : read(field, readDate(cell(field), epoch1904), 'date', '');
    const flag = (field: 'anonymous' | 'confidential'): string =>
      read(field, readYesNo(cell(field)), 'yes-no', false) ? '1' : '';

    if (cells.length > rules.headings) problems.push({ column: null, code: 'ragged' });
    const files = readFileNames(cell('files'));
    if (files.length > rules.maxFiles) refuse('files', 'file-count');
    const phone = readPhone(cell('phone'));
    if (phone === 'exponent') refuse('phone', 'phone-exponent');
    const values: Partial<Record<LetterField, string>> = {
      office,
      origin: read('origin', readOrigin(cell('origin')), 'choice', 'letter'),
      agendaNumber: cell('agendaNumber'),
      writtenOn: date('writtenOn'),
      receivedOn: date('receivedOn'),
      kind: read('kind', readKind(cell('kind')), 'choice', 'complaint'),
      title: cell('title'),
      text: cell('text'),
      place: cell('place'),
      agency: cell('agency') === '' ? '' : read('agency', lookUpAgency(cell('agency')), 'agency', ''),
      topic: cell('topic') === '' ? '' : read('topic', topics.get(fold(cell('topic'))) ?? null, 'topic', ''),
      postUrl: cell('postUrl'),
      joins: cell('joins'),
      name: cell('name'),
      phone: phone === 'exponent' ? '' : phone.phone,
      email: cell('email'),
      address: cell('address'),
      onBehalfOf: cell('onBehalfOf'),
      anonymous: flag('anonymous'),
      confidential: flag('confidential'),
    };
    // A number that a table does not have is made of what the row says, so that the same row is known again.
    if (values.agendaNumber === '') values.agendaNumber = deriveNumber(values, files, rules.blindIndex);
    const checked = checkLetter(
      readLetterFields((field) => values[field]),
      { directory, now },
    );
    if ('problems' in checked) {
      for (const { field, problem } of checked.problems) {
        const column = isImportField(field) ? at(field) : null;
        // A date that cannot be read is told once, and not as missing too.
        if (column === null || !problems.some((known) => known.column === column)) {
          problems.push({ column, code: codeOf[problem] });
        }
      }
    }
    problems.sort((one, other) => (one.column ?? -1) - (other.column ?? -1));
    return { entry: 'entry' in checked && problems.length === 0 ? checked.entry : null, files, problems };
  };
}

const isImportField = (field: LetterField): field is LetterField & ImportField =>
  !['office', 'areaCode', 'textByOcr', 'textWasRead'].includes(field);

/** It never repeats for other words, tells nothing of them, and holds digits, as agenda numbers do. */
function deriveNumber(
  values: Readonly<Partial<Record<LetterField, string>>>,
  files: readonly string[],
  blindIndex: BlindIndex,
): string {
  const words = JSON.stringify(['row without a number', ...Object.entries(values), files]);
  const digits = BigInt(`0x${blindIndex('content', words).toString('hex').slice(0, 20)}`);
  return `IMPOR-${digits.toString().padStart(25, '0')}`;
}

const codeOf: Readonly<Record<LetterProblemCode, RowProblem>> = {
  officeUnknown: 'invalid',
  originMissing: 'choice',
  agendaMissing: 'required',
  agendaForm: 'agenda-form',
  day: 'date',
  dayAhead: 'date-future',
  receivedMissing: 'required',
  receivedBeforeWritten: 'date-order',
  kind: 'choice',
  textEmpty: 'required',
  textUnread: 'invalid',
  tooLong: 'long',
  agencyUnknown: 'agency',
  agencyUnclear: 'agency',
  topic: 'topic',
  postUrl: 'post-url',
  postUrlMissing: 'required',
  joins: 'joins',
  phone: 'phone',
  email: 'email',
};
