import { expect, test } from 'vitest';
import type { AgencyCode } from '../domain/report.ts';
import { buildDirectory } from '../domain/routing/directory.ts';
import { createBlindIndex } from '../sealing/blind-index.ts';
import { readDate, readFileNames, readPhone, readYesNo } from './cells.ts';
import { createCheckRow } from './check-row.ts';
import { findField, guessMapping } from './columns.ts';
import { createContentSeal } from './sealed-content.ts';

test.each([
  ['2026-11-03', '2026-11-03'],
  ['2026-11-03T00:00:00.000Z', '2026-11-03'],
  ['03/11/2026', '2026-11-03'],
  ['3.11.26', '2026-11-03'],
  ['3 November 2026', '2026-11-03'],
  ['3 Nopember 2026', '2026-11-03'],
  ['3-Nov-26', '2026-11-03'],
  ['17 Agustus 2026', '2026-08-17'],
  ['Selasa, 3 Nov 2026', '2026-11-03'],
  ['03/11/2026 14:30', '2026-11-03'],
  ['46329', '2026-11-03'],
  ['11/23/2026', null],
  ['31/02/2026', null],
  ['3 Foo 2026', null],
  ['kemarin', null],
  ['', null],
])('a date written %j', (written, read) => {
  expect(readDate(written, false)).toBe(read);
});

test('serial numbers of the calendar that begins in 1904', () => {
  expect(readDate('44867', true)).toBe('2026-11-03');
});

test('yes and no, telephone numbers and names of files', () => {
  expect(['Ya', 'x', '1', 'TRUE'].map(readYesNo)).toEqual([true, true, true, true]);
  expect(['tidak', '', '-', '0'].map(readYesNo)).toEqual([false, false, false, false]);
  expect(readYesNo('mungkin')).toBeNull();
  expect(['8.12E+10', '8,12345E+10', '8e10'].map(readPhone)).toEqual(['exponent', 'exponent', 'exponent']);
  expect(readPhone('81234567890')).toEqual({ phone: '081234567890' });
  expect(readPhone("'0812 3456")).toEqual({ phone: '0812 3456' });
  expect(readFileNames('a.pdf; C:\\Users\\x\\b.jpg;../../c.png;a.pdf;')).toEqual(['a.pdf', 'b.jpg', 'c.png']);
});

test('headings are guessed, no field twice; those of a result are left aside', () => {
  expect(
    guessMapping(['No. Agenda', 'Tgl. Diterima', 'Tanggal Surat', 'ISI SURAT', 'Isi', 'Status', 'Apa ini']),
  ).toEqual(['agendaNumber', 'receivedOn', 'writtenOn', 'text', null, null, null]);
  expect(findField('agendaNumber')).toBe('agendaNumber');
  expect(findField('tidak ada')).toBeNull();
});

const office = {
  code: 'D32.73' as AgencyCode,
  name: 'Pemerintah Kota Bandung',
  kind: 'city',
  parentCode: null,
  timeZone: 'Asia/Jakarta',
  areaCode: null,
  aliases: [],
  active: true,
} as const;
const directory = buildDirectory({
  version: '1',
  agencies: [office],
  topics: [],
  keywords: [],
  words: [],
  areas: '',
});
const mapping = ['agendaNumber', 'receivedOn', 'text', 'phone', 'agency', 'anonymous', 'files'] as const;
const check = createCheckRow({
  mapping,
  headings: mapping.length,
  office: office.code,
  epoch1904: false,
  maxFiles: 2,
  directory,
  blindIndex: createBlindIndex(Buffer.alloc(32)),
  now: new Date('2026-11-22T05:00:00Z'),
});

test('a row becomes an entry of the letter desk', () => {
  const { entry, files, problems } = check([
    '12',
    '3-Nov-26',
    'Jalan rusak',
    '81234567890',
    'pemerintah kota bandung',
    'x',
    'a.pdf',
  ]);
  expect(problems).toEqual([]);
  expect(files).toEqual(['a.pdf']);
  expect(entry).toMatchObject({
    office: 'D32.73',
    year: 2026,
    agendaNumber: '12',
    receivedOn: '2026-11-03',
    origin: 'letter',
    kind: 'complaint',
    agency: 'D32.73',
    anonymous: true,
    reporter: { phone: '+6281234567890' },
  });
});

test('every problem of a row at once, by column; a date that cannot be read is not missing too', () => {
  const { entry, problems } = check([
    'x',
    '31/02/2026',
    '',
    '8,12E+10',
    'Antah',
    'mungkin',
    'a;b;c',
    'lebih',
  ]);
  expect(entry).toBeNull();
  expect(problems).toEqual([
    { column: null, code: 'ragged' },
    { column: 0, code: 'agenda-form' },
    { column: 1, code: 'date' },
    { column: 2, code: 'required' },
    { column: 3, code: 'phone-exponent' },
    { column: 4, code: 'agency' },
    { column: 5, code: 'yes-no' },
    { column: 6, code: 'file-count' },
  ]);
  expect(check(['1', '23/11/2026', 'x']).problems).toEqual([{ column: 1, code: 'date-future' }]);
});

test('a number made of the words is the same for the same words, and tells nothing of them', () => {
  const number = (text: string) => check(['', '03/11/2026', text]).entry?.agendaNumber;
  expect(number('Jalan rusak')).toMatch(/^IMPOR-\d{25}$/);
  expect(number('Jalan rusak')).toBe(number('Jalan rusak'));
  expect(number('Jalan rusak sekali')).not.toBe(number('Jalan rusak'));
});

test('what is sealed opens at its place alone, and under its key alone', () => {
  const [one, other] = [createContentSeal(Buffer.alloc(32, 1)), createContentSeal(Buffer.alloc(32, 2))];
  const [id, elsewhere] = ['a', 'b'] as unknown as readonly Parameters<typeof one.seal>[1][];
  if (id === undefined || elsewhere === undefined) throw new Error('no ids');
  const sealed = one.seal(Buffer.from('rahasia'), id, 'piece 1');
  expect(sealed.includes('rahasia')).toBe(false);
  expect(one.open(sealed, id, 'piece 1').toString()).toBe('rahasia');
  expect(() => one.open(sealed, id, 'piece 2')).toThrow();
  expect(() => one.open(sealed, elsewhere, 'piece 1')).toThrow();
  expect(() => other.open(sealed, id, 'piece 1')).toThrow();
});
