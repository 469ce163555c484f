import { expect, test } from 'vitest';
import { en } from './en.ts';
import { id } from './id.ts';
import { speechIn } from './speech.ts';

type Sentences = Readonly<Record<string, Readonly<Record<string, string>>>>;
const sentencesOf = (catalogue: Sentences) =>
  Object.entries(catalogue).flatMap(([part, words]) =>
    Object.entries(words).map(([key, sentence]) => [`${part}.${key}`, sentence] as const),
  );
const placeholders = (sentence: string) =>
  [...new Set([...sentence.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => name))].sort();

test('every sentence asks for the same values in both languages', () => {
  const valuesOf = (catalogue: Sentences) =>
    Object.fromEntries(sentencesOf(catalogue).map(([key, sentence]) => [key, placeholders(sentence)]));
  expect(valuesOf(en)).toEqual(valuesOf(id));
});

test('no sentence is empty', () => {
  expect([...sentencesOf(id), ...sentencesOf(en)].filter(([, sentence]) => sentence.trim() === '')).toEqual(
    [],
  );
});

test.each([
  ['id', 'Ada 1 isian yang perlu diperbaiki', 'Paling banyak 20.000 huruf; sekarang 20.001'],
  ['en', '1 field needs your attention', '20,000 characters at most; now it has 20,001'],
] as const)('%s counts and groups digits as its readers do', (language, one, long) => {
  const { say, words } = speechIn(language);
  expect(say(words.problems.heading, { count: 1 })).toBe(one);
  expect(say(words.problems.tooLong, { max: 20_000, count: 20_001 })).toBe(long);
});

test('a time names its zone in both languages', () => {
  const at = new Date('2026-11-22T18:30:00Z');
  expect(speechIn('id').moment(at)).toBe('23 November 2026 pukul 01.30 WIB');
  expect(speechIn('en').moment(at)).toBe('23 November 2026 at 01.30 WIB');
});

test('a value is put in as it is, whatever it contains', () => {
  const { say, words } = speechIn('id');
  expect(say(words.progress.event_routedTo, { agency: `<b>Dinas {PU}</b> 'x'` })).toBe(
    `Diteruskan ke <b>Dinas {PU}</b> 'x'`,
  );
});
