/**
 * The words of a text as the router compares them: lower case, letters and digits only, marks and fancy letters folded
 * to plain ones. Linear in the length of the text, whatever it holds.
 */
export function splitWords(text: string): string[] {
  const plain = /[^\0-\x7f]/.test(text) ? text.normalize('NFKD').replace(/\p{M}/gu, '') : text;
  return plain.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** How words are written in complaints and the words they stand for; an ordinary word stands for itself. */
export type Spellings = ReadonlyMap<string, readonly string[]>;

/** The words meant: `jln2nya rsk` becomes `jalan rusak`. */
export function readWords(words: readonly string[], spellings: Spellings): string[] {
  const meant: string[] = [];
  for (const word of words) {
    const known = spellings.get(word);
    if (known !== undefined) meant.push(...known);
    else meant.push(...readStem(word, spellings));
  }
  return meant;
}

/** A word without what is hung on its end: the possessive -nya, and the 2 that stands for saying it twice. */
function readStem(word: string, spellings: Spellings): readonly string[] {
  let stem = word;
  if (stem.length > 5 && stem.endsWith('nya')) stem = stem.slice(0, -3);
  if (stem.length > 3 && stem.endsWith('2')) stem = stem.slice(0, -1);
  return spellings.get(stem) ?? [stem];
}
