import { type AreaIndex, areaLevel, type Gazetteer, type Level } from './gazetteer.ts';
import { type Found, findPhraseAt } from './phrases.ts';

/** A name in a text that some places bear. */
export type Mention = {
  /** The places that may be meant; never empty. */
  readonly areas: readonly AreaIndex[];
  readonly words: number;
  /** Said to be a district or village ("Kec. Coblong"), or a regency or city ("Kota Bandung"). */
  readonly marked: boolean;
  /** Said to be where something is: "di Coblong", "polsek Coblong". */
  readonly located: boolean;
  /** All its words are ordinary ones ("Pasar Baru", "Minta"): it helps to tell a place and never tells one alone. */
  readonly vague: boolean;
  /** Right before a larger place, as in an address: "Kuningan, Jakarta Selatan". */
  readonly leadsOn: boolean;
};

const levelMarks: ReadonlyMap<string, Level> = new Map([
  ...['kec', 'kecamatan', 'kcamatan', 'distrik'].map((mark) => [mark, 3] as const),
  ...['kel', 'kelurahan', 'kelrahan', 'desa', 'ds', 'nagari', 'gampong', 'pekon'].map(
    (mark) => [mark, 4] as const,
  ),
]);

const regencyMarks = new Set(['kota', 'kab', 'kabupaten', 'pemkot', 'pemkab', 'pemerintah', 'kabkota']);
const provinceMarks = new Set(['provinsi', 'propinsi', 'prov', 'pemprov']);

const locators = new Set(
  (
    'di d daerah wilayah lokasi alamat sekitar warga tinggal kampung kp kmp dusun dsn lingkungan polsek polres ' +
    'rsud puskesmas stasiun terminal kantor dukcapil disdukcapil samsat lapas rutan bupati walikota wali provinsi'
  ).split(' '),
);

/** Streets and firms are called after places they do not lie in: "Jl. Surabaya" is in Jakarta. */
const namesakes = new Set(
  'jalan jl jln jlan jlanan gang gg tol perumahan perum hotel toko pt cv bank'.split(' '),
);

/** A text that names more places than this tells no place. */
const maxMentions = 60;

/** The names of places in these words, in their order. `given`: the words are an answer to "where?". */
export function findMentions(
  gazetteer: Gazetteer,
  ordinary: ReadonlySet<string>,
  words: readonly string[],
  given: boolean,
): Mention[] {
  const mentions: Mention[] = [];
  const seen = new Set<string>();
  let end = -1;
  for (let at = 0; at < words.length && mentions.length < maxMentions; at += 1) {
    const found = findNameAt(gazetteer, words, at);
    if (found === null) continue;
    const mention = readMention(gazetteer, ordinary, words, at, found, given);
    const follows = at === end;
    at += found.count - 1;
    if (mention === null || seen.has(found.name)) continue;
    seen.add(found.name);
    const before = mentions.at(-1);
    if (follows && before !== undefined && mention.areas.some((area) => areaLevel(gazetteer, area) <= 2)) {
      mentions[mentions.length - 1] = { ...before, leadsOn: true };
    }
    mentions.push(mention);
    end = at + 1;
  }
  return mentions;
}

function readMention(
  gazetteer: Gazetteer,
  ordinary: ReadonlySet<string>,
  words: readonly string[],
  at: number,
  { value, name, count }: Found<AreaIndex | readonly AreaIndex[]>,
  given: boolean,
): Mention | null {
  const before = words[at - 1] ?? '';
  const areas = typeof value === 'number' ? [value] : value;
  const vague = name.length < 4 || words.slice(at, at + count).every((word) => ordinary.has(word));
  const level = levelMarks.get(before);
  const ofLevel = level === undefined ? [] : areas.filter((area) => areaLevel(gazetteer, area) === level);
  if (ofLevel.length > 0) {
    return { areas: ofLevel, words: count, marked: true, located: true, vague, leadsOn: false };
  }
  const marked =
    count > 1 && (regencyMarks.has(words[at] ?? '') || regencyMarks.has(words[at + count - 1] ?? ''));
  const street = namesakes.has(before) || (before === 'raya' && namesakes.has(words[at - 2] ?? ''));
  if (street && !marked) return null;

  const located = given || marked || locators.has(before) || provinceMarks.has(before);
  // An ordinary word names a province or regency where it is said to be a place, two of them a district as well.
  const largest = located ? (count > 1 ? 3 : 2) : ordinary.has(name) ? 0 : 2;
  const plausible = vague ? areas.filter((area) => areaLevel(gazetteer, area) <= largest) : areas;
  if (plausible.length === 0) return null;
  return { areas: plausible, words: count, marked, located, vague, leadsOn: false };
}

/** As `findPhraseAt`, and a name of one word that the text parts in two: "Marga Jaya" for Margajaya. */
function findNameAt(
  { phrases }: Gazetteer,
  words: readonly string[],
  at: number,
): Found<AreaIndex | readonly AreaIndex[]> | null {
  const found = findPhraseAt(phrases, words, at);
  const next = words[at + 1];
  if ((found?.count ?? 0) > 1 || next === undefined) return found;
  const name = `${words[at]}${next}`;
  const value = phrases.names.get(name);
  return value === undefined ? found : { value, name, count: 2 };
}
