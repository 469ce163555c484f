import { isDeepStrictEqual } from 'node:util';
import type { FieldProblem } from '../../errors.ts';
import { type AgencyRow, inCell } from './agency-csv.ts';
import { type Agency, type Directory, nationalDesk } from './directory.ts';
import { findArea } from './gazetteer.ts';

export type ImportPlan = {
  readonly added: readonly Agency[];
  readonly changed: readonly Agency[];
  readonly unchanged: number;
  readonly problems: readonly FieldProblem[];
};

/** What importing these rows would do to the directory, and what stands against it; agencies not named stay as they are. */
export function planImport(directory: Directory, rows: readonly AgencyRow[]): ImportPlan {
  const after = new Map<string, Agency>(directory.agencies);
  for (const { agency } of rows) after.set(agency.code, agency);
  const governors = new Map<string, string>();
  for (const { areaCode, code } of after.values()) {
    if (areaCode !== null && !governors.has(areaCode)) governors.set(areaCode, code);
  }
  const lines = new Map<string, number>();

  const problems = rows.flatMap(({ line, agency }) => {
    const { code, parentCode, areaCode } = agency;
    const earlier = lines.get(code);
    lines.set(code, earlier ?? line);
    const governor = areaCode === null ? code : governors.get(areaCode);
    return [
      ...problemIf(code === nationalDesk, line, 'code', 'the national desk cannot be imported'),
      ...problemIf(earlier !== undefined, line, 'code', `${code} is on line ${earlier} already`),
      ...problemIf(
        parentCode !== null && !after.has(parentCode),
        line,
        'parent_code',
        `no agency has the code ${parentCode}`,
      ),
      ...problemIf(isOwnAncestor(after, agency), line, 'parent_code', `${code} would be above itself`),
      ...problemIf(
        areaCode !== null && !isArea(directory, areaCode),
        line,
        'area_code',
        `no area has the code ${areaCode}`,
      ),
      ...problemIf(governor !== code, line, 'area_code', `${areaCode} is governed by ${governor}`),
    ];
  });

  const agencies = rows.map(({ agency }) => agency);
  const present = agencies.filter(({ code }) => directory.agencies.has(code));
  const changed = present.filter((agency) => !isDeepStrictEqual(agency, directory.agencies.get(agency.code)));
  return {
    added: agencies.filter(({ code }) => !directory.agencies.has(code)),
    changed,
    unchanged: present.length - changed.length,
    problems,
  };
}

function problemIf(
  wrong: boolean,
  line: number,
  column: Parameters<typeof inCell>[1],
  problem: string,
): FieldProblem[] {
  return wrong ? [{ path: inCell(line, column), problem }] : [];
}

function isOwnAncestor(agencies: ReadonlyMap<string, Agency>, agency: Agency): boolean {
  const passed = new Set<string>();
  let above = agency.parentCode;
  while (above !== null && !passed.has(above)) {
    if (above === agency.code) return true;
    passed.add(above);
    above = agencies.get(above)?.parentCode ?? null;
  }
  return false;
}

function isArea({ gazetteer }: Directory, code: string): boolean {
  const area = findArea(gazetteer, code);
  return area !== null && gazetteer.codes[area] === code;
}
