/**
 * Names of one or more words, found in a text where they stand. `longest` tells for the first word of a name how many
 * words the longest name that begins so has: most words of a text begin no name and cost one look.
 */
export type Phrases<T> = {
  readonly names: ReadonlyMap<string, T>;
  readonly longest: ReadonlyMap<string, number>;
};

/** `names` are words joined by single spaces, as `splitWords` gives them. */
export function indexPhrases<T>(names: ReadonlyMap<string, T>): Phrases<T> {
  const longest = new Map<string, number>();
  for (const name of names.keys()) {
    const space = name.indexOf(' ');
    const first = space === -1 ? name : name.slice(0, space);
    const count = space === -1 ? 1 : name.split(' ').length;
    if (count > (longest.get(first) ?? 0)) longest.set(first, count);
  }
  return { names, longest };
}

export type Found<T> = { readonly value: T; readonly name: string; readonly count: number };

/** The longest name that begins at this word, or null. */
export function findPhraseAt<T>(phrases: Phrases<T>, words: readonly string[], at: number): Found<T> | null {
  const first = words[at];
  if (first === undefined) return null;
  const longest = Math.min(phrases.longest.get(first) ?? 0, words.length - at);
  for (let count = longest; count > 0; count -= 1) {
    const name = count === 1 ? first : words.slice(at, at + count).join(' ');
    const value = phrases.names.get(name);
    if (value !== undefined) return { value, name, count };
  }
  return null;
}
