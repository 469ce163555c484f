import { AppError, type FieldProblem } from '../../errors.ts';
import type { AgencyCode } from '../report.ts';
import { parseCsv } from './csv.ts';
import { type Agency, agencyKinds, timeZones } from './directory.ts';

/** The header of a file of agencies, in any order; each row says all there is to say about one agency. */
export const agencyColumns = [
  'code',
  'name',
  'kind',
  'parent_code',
  'time_zone',
  'area_code',
  'aliases',
  'active',
] as const;
type Column = (typeof agencyColumns)[number];

export type AgencyRow = { readonly line: number; readonly agency: Agency };

/**
 * The rows that can be read and what is wrong with the others, by line and column. Aliases are parted by semicolons,
 * `active` is true or false, an empty cell means none. Throws `malformed` where the text is no CSV with this header.
 */
export function parseAgencyCsv(text: string): {
  readonly rows: readonly AgencyRow[];
  readonly problems: readonly FieldProblem[];
} {
  const { header, records } = parseCsv(text);
  const missing = agencyColumns.filter((column) => !header.includes(column));
  const unknown = header.filter((name) => !(agencyColumns as readonly string[]).includes(name));
  if (missing.length > 0 || unknown.length > 0) {
    const wrong = [
      ...(missing.length > 0 ? [`it lacks ${missing.join(', ')}`] : []),
      ...(unknown.length > 0 ? [`it has the unknown ${unknown.join(', ')}`] : []),
    ].join(' and ');
    throw new AppError('malformed', `The header must be "${agencyColumns.join(',')}": ${wrong}.`);
  }
  const rows: AgencyRow[] = [];
  const problems: FieldProblem[] = [];
  for (const { line, values } of records) {
    const cells = values as Readonly<Record<Column, string>>;
    const wrong = agencyColumns.flatMap((column) => {
      const expected = expects[column](cells[column]);
      return expected === null ? [] : [{ path: inCell(line, column), problem: `must be ${expected}` }];
    });
    if (wrong.length > 0) problems.push(...wrong);
    else rows.push({ line, agency: toAgency(cells) });
  }
  return { rows, problems };
}

export const inCell = (line: number, column: Column): string => `line ${line}, ${column}`;

/** What a cell should have been, or null where it is that. */
type Expect = (value: string) => string | null;

const matching =
  (pattern: RegExp, expected: string): Expect =>
  (value) =>
    pattern.test(value) ? null : expected;

const oneOf =
  (allowed: readonly string[]): Expect =>
  (value) =>
    allowed.includes(value) ? null : `one of ${allowed.join(', ')}`;

const code = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const codeInWords = 'up to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit';

const expects: Readonly<Record<Column, Expect>> = {
  code: matching(code, codeInWords),
  name: matching(/^.{1,200}$/, 'up to 200 characters, and not empty'),
  // there is one national desk, and it comes with the gateway
  kind: oneOf(agencyKinds.filter((kind) => kind !== 'national_desk')),
  parent_code: (value) => (value === '' || code.test(value) ? null : `empty or a code: ${codeInWords}`),
  time_zone: oneOf(timeZones),
  area_code: matching(
    /^(\d\d(\.\d\d(\.\d\d(\.\d{4})?)?)?)?$/,
    'empty or a Kemendagri code with dots, such as 32.73',
  ),
  aliases: () => null,
  active: oneOf(['true', 'false']),
};

function toAgency(cells: Readonly<Record<Column, string>>): Agency {
  return {
    code: cells.code as AgencyCode,
    name: cells.name,
    kind: cells.kind as Agency['kind'],
    parentCode: cells.parent_code === '' ? null : (cells.parent_code as AgencyCode),
    timeZone: cells.time_zone as Agency['timeZone'],
    areaCode: cells.area_code === '' ? null : cells.area_code,
    aliases: cells.aliases.split(';').flatMap((alias) => alias.trim() || []),
    active: cells.active === 'true',
  };
}
