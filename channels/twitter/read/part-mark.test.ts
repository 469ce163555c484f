import { expect, test } from 'vitest';
import { takePartMark } from './part-mark.ts';

test.each([
  ['1/3 Jalan rusak', 'Jalan rusak', 1, 3],
  ['1/3: Jalan rusak', 'Jalan rusak', 1, 3],
  ['2/ Jalan rusak', 'Jalan rusak', 2, null],
  ['1/n Jalan rusak', 'Jalan rusak', 1, null],
  ['(2/5) Jalan rusak', 'Jalan rusak', 2, 5],
  ['[2/5]\nJalan rusak', 'Jalan rusak', 2, 5],
  ['🧵1/4 Jalan rusak', 'Jalan rusak', 1, 4],
  ['🧵 (1/4) Jalan rusak', 'Jalan rusak', 1, 4],
  ['Utas 1/3 Jalan rusak', 'Jalan rusak', 1, 3],
  ['UTAS: 1/ Jalan rusak', 'Jalan rusak', 1, null],
  ['Jalan rusak. 3/3', 'Jalan rusak.', 3, 3],
  ['Jalan rusak\n\n12/15', 'Jalan rusak', 12, 15],
  ['Jalan rusak (2/5)', 'Jalan rusak', 2, 5],
  ['Jalan rusak 🧵1/4', 'Jalan rusak', 1, 4],
  ['Jalan rusak… 1/', 'Jalan rusak…', 1, null],
  ['Jalan rusak 🧵', 'Jalan rusak', 1, null],
  ['2/3', '', 2, 3],
])('%s', (text, expected, number, total) => {
  expect(takePartMark(text)).toEqual({ text: expected, part: { number, total } });
});

test.each([
  '1/2 jam menunggu',
  '1/3 badan jalan amblas',
  '1/2 kg gula',
  'Banjir di RT 03/05',
  'Banjir di RT. 3/5',
  'Rumah di Blok 2/5',
  'Kejadian tanggal 2/5 malam',
  'Kejadian Selasa (2/5)',
  'Terjadi kemarin, Jumat (2/5)',
  'Mati lampu sejak 2/5',
  'Komplek Melati C 2/5',
  'Mati. Tgl. 2/5',
  'Buka 24/7',
  '24/7 buka',
  '5/3 bukan bagian',
  '03/05 banjir',
  '2/5/2026 banjir',
  '0/3 tidak ada',
  'and/or',
  'Jalan 1/2 rusak',
])('says nothing of a thread: %s', (text) => {
  expect(takePartMark(text)).toEqual({ text, part: null });
});
