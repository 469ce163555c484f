import { expect, test } from 'vitest';
import { canonicalText, fingerprint } from './fingerprint.ts';

const report = (text: string, more: Partial<Parameters<typeof fingerprint>[0]> = {}) =>
  fingerprint({ title: null, text, place: null, confidential: false, ...more });

test('case, space, punctuation, accents and courtesies do not make another report', () => {
  const plain = canonicalText('lampu jalan mati di depan pasar cikurubuk');
  for (const written of [
    'LAMPU JALAN MATI di depan Pasar Cikurubuk!!!',
    'Assalamualaikum wr wb, lampu jalan   mati\ndi depan pasar Cikurubuk. Terima kasih',
    'Selamat pagi pak admin. Lampu jalan mati, di depan pasar cikurubuk… makasih',
    'lámpu jalan mati di depan pasar cikurubuk',
  ]) {
    expect(canonicalText(written)).toBe(plain);
  }
});

test('another number, another word or another place is another report', () => {
  const base = report('jalan berlubang di km 12');
  expect(report('jalan berlubang di km 13')).not.toEqual(base);
  expect(report('jalan rusak di km 12')).not.toEqual(base);
  const place = { text: 'Kec. Coblong', lat: null, lon: null, areaCode: null };
  expect(report('jalan berlubang di km 12', { place })).not.toEqual(base);
});

test('two points at one pothole are the same place, two streets are not', () => {
  const at = (lat: number) => ({ text: null, lat, lon: 107.61, areaCode: null });
  expect(report('berlubang', { place: at(-6.90001) })).toEqual(report('berlubang', { place: at(-6.90002) }));
  expect(report('berlubang', { place: at(-6.9) })).not.toEqual(report('berlubang', { place: at(-6.91) }));
});

test('a confidential report never meets an open one', () => {
  expect(report('kepala dinas minta setoran', { confidential: true })).not.toEqual(
    report('kepala dinas minta setoran'),
  );
});

test('a text of nothing but courtesies, and one without any word, still have a form of their own', () => {
  expect(canonicalText('Selamat pagi pak')).toBe('selamat pagi pak');
  expect(canonicalText('???')).toBe('');
});

test('texts without any word are the same only to the letter', () => {
  expect(report('👍')).not.toEqual(report('😡😡'));
  expect(report('???')).toEqual(report('???'));
});
