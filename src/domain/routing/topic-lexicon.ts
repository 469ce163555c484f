import { readWords, type Spellings, splitWords } from './words.ts';

/** Which level of government acts on a topic. */
export type Tier = 'regency' | 'province' | 'central';

/** `handledBy` where the word moves the matter to another level than its topic's, as "jalan tol" does. */
export type Keyword = {
  readonly keyword: string;
  readonly topicCode: string;
  readonly weight: number;
  readonly handledBy: Tier | null;
};

/** `words` are numbered, so that looking for them in a text is cheap. */
type Entry = Omit<Keyword, 'keyword'> & { readonly words: readonly number[] };

/** The words that occur in keywords, by number, and for each number the keywords it is part of. */
export type TopicLexicon = {
  readonly numbers: ReadonlyMap<string, number>;
  readonly entries: readonly (readonly Entry[])[];
};

/** Keywords are read as complaints are, so `ktp` and `kartu tanda penduduk` are one; of two alike the heavier stays. */
export function buildTopicLexicon(keywords: readonly Keyword[], spellings: Spellings): TopicLexicon {
  const numbers = new Map<string, number>();
  const numberOf = (word: string): number => {
    const number = numbers.get(word) ?? numbers.size;
    numbers.set(word, number);
    return number;
  };
  const heaviest = new Map<string, Entry>();
  for (const { keyword, ...rest } of keywords) {
    const words = [...new Set(readWords(splitWords(keyword), spellings))].map(numberOf);
    const key = `${rest.topicCode} ${words.toSorted((one, other) => one - other).join(' ')}`;
    if ((heaviest.get(key)?.weight ?? 0) < rest.weight) heaviest.set(key, { ...rest, words });
  }
  const entries: Entry[][] = Array.from(numbers, () => []);
  for (const entry of heaviest.values()) for (const word of entry.words) entries[word]?.push(entry);
  return { numbers, entries };
}

export type FoundTopic = { readonly code: string; readonly score: number; readonly handledBy: Tier | null };

/** Words of one keyword may stand this much further apart than side by side: "jalan depan rumah saya rusak". */
const slack = 4;
const apartFactor = 0.7;
const furtherKeywordFactor = 0.3;
const minScore = 1;

type Hit = { readonly entry: Entry; readonly weight: number };

/** The topic most spoken of in these words, among those that `fits` allows; null where none is. */
export function findSpokenTopic(
  lexicon: TopicLexicon,
  words: readonly string[],
  fits: (topicCode: string) => boolean,
): FoundTopic | null {
  const topics = new Map<string, Hit[]>();
  for (const hit of findKeywords(lexicon, words)) {
    const { topicCode } = hit.entry;
    const hits = topics.get(topicCode);
    if (hits !== undefined) hits.push(hit);
    else if (fits(topicCode)) topics.set(topicCode, [hit]);
  }
  let best: FoundTopic | null = null;
  for (const [code, hits] of topics) {
    const heaviest = Math.max(...hits.map(({ weight }) => weight));
    const sum = hits.reduce((total, { weight }) => total + weight, 0);
    const score = heaviest + furtherKeywordFactor * (sum - heaviest);
    // of two alike the one spoken of first stays
    if (score >= minScore && score > (best?.score ?? 0)) best = { code, score, handledBy: movedTo(hits) };
  }
  return best;
}

/** The level that words standing side by side move the matter to, the heaviest first. */
function movedTo(hits: readonly Hit[]): Tier | null {
  let heaviest: Hit | null = null;
  for (const hit of hits) {
    const together = hit.weight === hit.entry.weight;
    if (hit.entry.handledBy !== null && together && hit.weight > (heaviest?.weight ?? 0)) heaviest = hit;
  }
  return heaviest?.entry.handledBy ?? null;
}

/** Every keyword in the words, once, weighed by how close its words stand together; in the order of their ends. */
function findKeywords({ numbers, entries }: TopicLexicon, words: readonly string[]): Iterable<Hit> {
  const lastAt = new Int32Array(numbers.size).fill(never);
  const hits = new Map<Entry, Hit>();
  for (const [at, word] of words.entries()) {
    const number = numbers.get(word);
    if (number === undefined) continue;
    lastAt[number] = at;
    for (const entry of entries[number] ?? []) {
      const span = at - firstOf(entry.words, lastAt) + 1;
      if (span > entry.words.length + slack) continue;
      const weight = span === entry.words.length ? entry.weight : entry.weight * apartFactor;
      if (weight > (hits.get(entry)?.weight ?? 0)) hits.set(entry, { entry, weight });
    }
  }
  return hits.values();
}

/** So far before the first word that no keyword reaches there. */
const never = -1_000_000;

/** Where the group of these words begins when each is taken where it stood last. */
function firstOf(words: readonly number[], lastAt: Int32Array): number {
  let first = Number.POSITIVE_INFINITY;
  for (const word of words) first = Math.min(first, lastAt[word] ?? never);
  return first;
}
