import { type AreaIndex, areaLevel, describeArea, type Gazetteer } from './gazetteer.ts';
import { splitWords } from './words.ts';

export type AreaMatch = { readonly code: string; readonly name: string };

export type AreaSearch = (typed: string, limit: number) => readonly AreaMatch[];

/** Shorter beginnings fit thousands of places. */
const minLetters = 3;

/** Words that say what kind of place follows, as `describeArea` writes them and people do. */
const marks = new Set(['kel', 'kelurahan', 'desa', 'ds', 'kec', 'kecamatan', 'prov', 'provinsi']);

/**
 * Makes the areas searchable by the beginning of their names, the larger ones first. Sorting the names takes a tenth of a
 * second, so it is done once for each gazetteer.
 */
export function createAreaSearch(gazetteer: Gazetteer): AreaSearch {
  const sorted = [...gazetteer.phrases.names.keys()].sort();

  /** Every area one of whose names begins so. */
  function areasBeginning(start: string): AreaIndex[] {
    const found = new Set<AreaIndex>();
    for (let at = firstAtLeast(sorted, start); sorted[at]?.startsWith(start); at += 1) {
      for (const area of [gazetteer.phrases.names.get(sorted[at] ?? '') ?? []].flat()) found.add(area);
    }
    return [...found];
  }

  /** As many of the first words as begin any name: the others tell where it lies, as in `dago bandung`. */
  function match(words: readonly string[]): {
    readonly areas: readonly AreaIndex[];
    readonly rest: readonly string[];
  } {
    for (let count = words.length; count > 0; count -= 1) {
      const start = words.slice(0, count).join(' ');
      if (start.length < minLetters) break;
      const areas = areasBeginning(start);
      if (areas.length > 0) return { areas, rest: words.slice(count) };
    }
    return { areas: [], rest: [] };
  }

  return (typed, limit) => {
    const words = splitWords(typed).filter((word) => !marks.has(word));
    const { areas, rest } = match(words);
    const asked = words.slice(0, words.length - rest.length).join(' ');
    // A village called exactly so comes before districts that begin so, and after regencies and provinces.
    const rank = (area: AreaIndex) =>
      areaLevel(gazetteer, area) - (splitWords(gazetteer.names[area] ?? '').join(' ') === asked ? 1.5 : 0);
    return areas
      .filter((area) => rest.length === 0 || liesIn(gazetteer, area, rest))
      .map((area) => ({ area, rank: rank(area) }))
      .toSorted((one, other) => one.rank - other.rank || one.area - other.area)
      .slice(0, limit)
      .map(({ area }) => ({ code: gazetteer.codes[area] ?? '', name: describeArea(gazetteer, area) }));
  };
}

function liesIn(gazetteer: Gazetteer, area: AreaIndex, words: readonly string[]): boolean {
  const around: string[] = [];
  for (let above = gazetteer.parents[area] ?? -1; above !== -1; above = gazetteer.parents[above] ?? -1) {
    around.push(...splitWords(gazetteer.names[above] ?? ''));
  }
  return words.every((word) => around.some((name) => name.startsWith(word)));
}

/** The first place whose name is not before `start`. */
function firstAtLeast(sorted: readonly string[], start: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
