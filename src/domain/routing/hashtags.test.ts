import { expect, test } from 'vitest';
import { spellHashtags } from './hashtags.ts';
import { splitWords } from './words.ts';

test.each([
  [
    ['JalanRusak', 'Bandung'],
    ['jalan', 'rusak', 'bandung'],
  ],
  [['jalan_rusak'], ['jalan', 'rusak']],
  [['BandungJuara2026'], ['bandung', 'juara', '2026']],
  [
    ['PLN', 'lapor1708'],
    ['pln', 'lapor', '1708'],
  ],
  [['éclairÉté'], ['eclair', 'ete']],
  [[], []],
])('the words of %j', (hashtags, words) => {
  expect(splitWords(spellHashtags(hashtags))).toEqual(words);
});
