import { expect, test } from 'vitest';
import { readWords, splitWords } from './words.ts';

test.each([
  ['Jln. Raya-Parung No.12, RT 03/RW 04', 'jln raya parung no 12 rt 03 rw 04'],
  ['KTP saya HILANG!!! 😭', 'ktp saya hilang'],
  ['Café di Kéc. Coblong', 'cafe di kec coblong'],
  ['𝗝𝗮𝗹𝗮𝗻 ｒｕｓａｋ', 'jalan rusak'],
  ['', ''],
])('%s is read as %s', (text, words) => {
  expect(splitWords(text).join(' ')).toBe(words);
});

const spellings = new Map([
  ['jln', ['jalan']],
  ['rsk', ['rusak']],
  ['ktp', ['kartu', 'tanda', 'penduduk']],
]);

test.each([
  ['jln rsk', 'jalan rusak'],
  ['ktp', 'kartu tanda penduduk'],
  ['jalannya lubang2 sampahnya', 'jalan lubang sampah'],
  ['jln2nya', 'jalan'],
  ['punya nya km2', 'punya nya km2'],
])('%s means %s', (written, meant) => {
  expect(readWords(written.split(' '), spellings).join(' ')).toBe(meant);
});
