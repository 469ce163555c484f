import { describe, expect, test } from 'vitest';
import { agencyColumns, parseAgencyCsv } from './agency-csv.ts';
import { buildDirectory } from './directory.ts';
import { planImport } from './plan-import.ts';

const header = agencyColumns.join(',');
const present = [
  'K59,Kementerian Pendidikan Tinggi,ministry,,Asia/Jakarta,,Kemdiktisaintek,true',
  'D32.73,Pemerintah Kota Bandung,city,,Asia/Jakarta,32.73,Pemkot Bandung,true',
  'U1,Dinas Satu,unit,D32.73,Asia/Jakarta,,,true',
];
const directory = buildDirectory({
  version: '1',
  agencies: parseAgencyCsv([header, ...present].join('\n')).rows.map(({ agency }) => agency),
  topics: [],
  keywords: [],
  words: [],
  areas: '32\tJawa Barat\n32.73\tKota Bandung\n32.74\tKota Cirebon',
});

function plan(...lines: string[]) {
  const { rows, problems } = parseAgencyCsv([header, ...lines].join('\n'));
  const planned = planImport(directory, rows);
  return { ...planned, problems: [...problems, ...planned.problems].map((p) => `${p.path}: ${p.problem}`) };
}

test('rows are new, changed or as they were', () => {
  const planned = plan(
    'U-X,Universitas Contoh,university,K59,Asia/Jakarta,,UC;Univ. Contoh,true',
    'U1,Dinas Satu yang Baru,unit,D32.73,Asia/Jakarta,,,true',
    present[0] ?? '',
  );
  expect(planned).toMatchObject({
    added: [{ code: 'U-X', parentCode: 'K59', areaCode: null, aliases: ['UC', 'Univ. Contoh'] }],
    changed: [{ code: 'U1', name: 'Dinas Satu yang Baru' }],
    unchanged: 1,
    problems: [],
  });
});

test('a parent may come later in the same file', () => {
  const planned = plan('B,Bidang,unit,A,Asia/Jakarta,,,true', 'A,Dinas,unit,D32.73,Asia/Jakarta,,,true');
  expect(planned).toMatchObject({ problems: [], added: [{ code: 'B' }, { code: 'A' }] });
});

describe('a row is refused, by line and column, for', () => {
  test.each([
    [
      'a parent nobody has',
      'A,Dinas,unit,Z9,Asia/Jakarta,,,true',
      'line 2, parent_code: no agency has the code Z9',
    ],
    [
      'being its own parent',
      'A,Dinas,unit,A,Asia/Jakarta,,,true',
      'line 2, parent_code: A would be above itself',
    ],
    [
      'an area that is none',
      'A,Dinas,city,,Asia/Jakarta,32.99,,true',
      'line 2, area_code: no area has the code 32.99',
    ],
    [
      "another's area",
      'A,Dinas,city,,Asia/Jakarta,32.73,,true',
      'line 2, area_code: 32.73 is governed by D32.73',
    ],
    [
      'the national desk',
      'nasional,Meja,unit,,Asia/Jakarta,,,false',
      'line 2, code: the national desk cannot be imported',
    ],
    ['a code with a space', 'A 1,Dinas,unit,,Asia/Jakarta,,,true', 'line 2, code: must be up to 64 letters'],
    ['no name', 'A,,unit,,Asia/Jakarta,,,true', 'line 2, name: must be up to 200 characters, and not empty'],
    ['an unknown kind', 'A,Dinas,kota,,Asia/Jakarta,,,true', 'line 2, kind: must be one of ministry'],
    ['an unknown time zone', 'A,Dinas,unit,,WIB,,,true', 'line 2, time_zone: must be one of Asia/Jakarta'],
    [
      'an area code without dots',
      'A,Dinas,city,,Asia/Jakarta,3273,,true',
      'line 2, area_code: must be empty or',
    ],
    ['active as a number', 'A,Dinas,unit,,Asia/Jakarta,,,1', 'line 2, active: must be one of true, false'],
  ])('%s', (_, line, problem) => {
    expect(plan(line).problems).toEqual([expect.stringContaining(problem)]);
  });

  test('a code that the file has before', () => {
    const line = 'A,Dinas,unit,,Asia/Jakarta,,,true';
    expect(plan(line, line).problems).toEqual(['line 3, code: A is on line 2 already']);
  });

  test('standing in a circle with what is there already', () => {
    expect(plan('D32.73,Pemerintah Kota Bandung,city,U1,Asia/Jakarta,32.73,,true').problems).toEqual([
      'line 2, parent_code: D32.73 would be above itself',
    ]);
  });
});

test('a file with another header is refused as a whole, saying which columns are wrong', () => {
  expect(() => parseAgencyCsv('kode,name\nA,B')).toThrow(
    /The header must be "code,name,.*it lacks code, kind, .* and it has the unknown kode/,
  );
});
