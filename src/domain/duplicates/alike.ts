import type { NewReport } from '../report.ts';
import { type Directory, findTopic } from '../routing/directory.ts';
import { findPlace } from '../routing/find-place.ts';
import type { AreaIndex } from '../routing/gazetteer.ts';
import { readWords, splitWords } from '../routing/words.ts';

/** What is said of an event, by somebody who is about to report it or has. */
export type Told = Pick<NewReport, 'title' | 'text' | 'place'>;

type Reading = { readonly words: ReadonlySet<string>; readonly area: AreaIndex; readonly regency: AreaIndex };

/** Words shorter than this say little of an event. */
const minLetters = 4;
/** With less in common, two reports of one topic in one regency are of two events. */
const minLikeness = 0.34;
const nearMetres = 1_000;

/**
 * The earlier reports that tell of what may be the same event, the likeliest first: in the same regency or city, in much
 * the same words. The caller has looked for the topic. None where nobody can tell where it happened.
 */
export function findAlike<T extends Told>(
  directory: Directory,
  told: Told,
  earlier: readonly T[],
  limit: number,
): readonly T[] {
  const reading = read(directory, told);
  if (reading === null) return [];
  return earlier
    .map((report) => ({ report, likeness: compare(directory, told, reading, report) }))
    .filter(({ likeness }) => likeness >= minLikeness)
    .toSorted((one, other) => other.likeness - one.likeness)
    .slice(0, limit)
    .map(({ report }) => report);
}

function compare(directory: Directory, told: Told, reading: Reading, earlier: Told): number {
  const other = read(directory, earlier);
  if (other === null || other.regency !== reading.regency) return 0;
  const smaller = Math.min(reading.words.size, other.words.size);
  if (smaller === 0) return 0;
  let common = 0;
  for (const word of reading.words) if (other.words.has(word)) common += 1;
  // one word in common of one is no likeness yet
  const inWords = common / Math.max(smaller, 4);
  const inPlace = other.area === reading.area && other.area !== other.regency ? 0.2 : 0;
  return inWords + inPlace + nearness(told, earlier);
}

function read(directory: Directory, { title, text, place }: Told): Reading | null {
  const words = splitWords(title === null ? text : `${title}\n${text}`);
  const found = findPlace(directory.gazetteer, directory.ordinary, place, words);
  if (found?.regency == null) return null;
  const meant = readWords([...words, ...splitWords(place?.text ?? '')], directory.spellings);
  return {
    words: new Set(meant.filter((word) => word.length >= minLetters)),
    area: found.area,
    regency: found.regency,
  };
}

/** Points far apart are two events, whatever the words say. */
function nearness(one: Told, other: Told): number {
  const { place: a } = one;
  const { place: b } = other;
  if (a?.lat == null || a.lon == null || b?.lat == null || b.lon == null) return 0;
  const metresPerDegree = 111_000;
  const north = (a.lat - b.lat) * metresPerDegree;
  const east = (a.lon - b.lon) * metresPerDegree * Math.cos((a.lat * Math.PI) / 180);
  const metres = Math.hypot(north, east);
  return metres <= nearMetres ? 0.3 : metres > 5 * nearMetres ? -1 : 0;
}

/** The topic itself and what stands beside and below it: people and lexicon draw the line differently. */
export function relatedTopics(directory: Directory, code: string): readonly string[] {
  const topic = findTopic(directory, code);
  if (topic === null) return [];
  const top = topic.parentCode ?? topic.code;
  return [...directory.topics.values()]
    .filter(({ code: other, parentCode }) => other === top || parentCode === top)
    .map(({ code: other }) => other);
}
