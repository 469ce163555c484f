import { expect, test } from 'vitest';
import { parseCsv } from './csv.ts';

const valuesOf = (text: string) => parseCsv(text).records.map(({ values }) => values);

test('cells are read by the names in the header', () => {
  expect(valuesOf('code,name\nK9, Kementerian Kesehatan \n')).toEqual([
    { code: 'K9', name: 'Kementerian Kesehatan' },
  ]);
});

test('a quoted cell may hold commas, quotes and line ends', () => {
  expect(valuesOf('code,name\nA,"Dinas ""A"", dan\nB"\nB,C')).toEqual([
    { code: 'A', name: 'Dinas "A", dan\nB' },
    { code: 'B', name: 'C' },
  ]);
});

test('what spreadsheets leave behind does no harm: a byte order mark, Windows line ends, empty lines and cells', () => {
  expect(valuesOf('\uFEFFcode,name,kind\r\n\r\nA,B,\r\n,,\r\nC\r\n')).toEqual([
    { code: 'A', name: 'B', kind: '' },
    { code: 'C', name: '', kind: '' },
  ]);
});

test('records know the line they begin on, after cells over several lines too', () => {
  const { records } = parseCsv('a,b\n1,"x\ny\nz"\n\n2,w');
  expect(records.map(({ line }) => line)).toEqual([2, 6]);
});

test.each([
  ['a quote that is never closed', 'a,b\n1,"x\n2,y', 'Line 2 opens a quote'],
  ['more cells than the header has', 'a,b\n1,2,3', 'Line 2 has 3 cells but the header 2'],
  ['a column named twice', 'a,b,a\n1,2,3', 'names the column a twice'],
])('%s is told with its line', (_, text, message) => {
  expect(() => parseCsv(text)).toThrow(message);
});
