import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { getDistricts, getProvinces, getRegencies, getVillages } from 'idn-area-data';
import type { AgencyCode } from './domain/report.ts';
import { parseAgencyCsv } from './domain/routing/agency-csv.ts';
import { parseCsv } from './domain/routing/csv.ts';
import type { Agency, DirectoryRows, Topic } from './domain/routing/directory.ts';
import { localGovernmentRule, makeLocalGovernments } from './domain/routing/local-governments.ts';
import type { Keyword, Tier } from './domain/routing/topic-lexicon.ts';
import { AppError } from './errors.ts';
import { inPackage } from './package-root.ts';

/** The facts that come with this version, but for districts and villages. */
export type SeedFacts = Pick<DirectoryRows, 'agencies' | 'topics' | 'keywords' | 'words'>;

const files = ['agencies.csv', 'area_aliases.csv', 'topics.csv', 'topic_keywords.csv', 'words.csv'] as const;

/** Another seed has another hash; it is made without reading the facts out, so that a start may ask every time. */
export async function hashSeed(): Promise<string> {
  const { version } = createRequire(import.meta.url)('idn-area-data/package.json') as { version: string };
  const hash = createHash('sha256').update(`${version} ${localGovernmentRule}`);
  for (const file of files) hash.update(await readSeedFile(file));
  return hash.digest('hex');
}

export async function readSeedFacts(): Promise<SeedFacts> {
  const [central, aliases, topics, keywords, words, provinces, regencies] = await Promise.all([
    readSeedFile('agencies.csv'),
    readSeedFile('area_aliases.csv'),
    readSeedFile('topics.csv'),
    readSeedFile('topic_keywords.csv'),
    readSeedFile('words.csv'),
    getProvinces(),
    getRegencies(),
  ]);
  const areaAliases = rowsOf(aliases).map((row) => ({
    areaCode: cell(row, 'area_code'),
    alias: cell(row, 'alias'),
  }));
  return {
    agencies: [
      ...toCentralAgencies(central),
      ...makeLocalGovernments([...provinces, ...regencies], areaAliases),
    ],
    topics: rowsOf(topics).map(toTopic),
    keywords: rowsOf(keywords).map(toKeyword),
    words: rowsOf(words).map((row) => ({ written: cell(row, 'written'), meant: cell(row, 'meant') })),
  };
}

/** Every area of the country by its Kemendagri code. */
export async function readSeedAreas(): Promise<readonly { readonly code: string; readonly name: string }[]> {
  const lists = await Promise.all([getProvinces(), getRegencies(), getDistricts(), getVillages()]);
  return lists.flat();
}

function readSeedFile(name: (typeof files)[number]): Promise<string> {
  return readFile(inPackage(`migrations/seed/${name}`), 'utf8');
}

type Row = Readonly<Record<string, string>>;

const rowsOf = (csv: string): Row[] => parseCsv(csv).records.map(({ values }) => values);
const cell = (row: Row, column: string): string => row[column] ?? '';
const orNull = (value: string): string | null => (value === '' ? null : value);

function toCentralAgencies(csv: string): readonly Agency[] {
  const { rows, problems } = parseAgencyCsv(csv);
  if (problems.length > 0) {
    throw new AppError('config', 'migrations/seed/agencies.csv cannot be used.', { fields: problems });
  }
  return rows.map(({ agency }) => agency);
}

function toTopic(row: Row): Topic {
  return {
    code: cell(row, 'code'),
    name: cell(row, 'name'),
    parentCode: orNull(cell(row, 'parent_code')),
    centralAgencyCode: orNull(cell(row, 'central_agency_code')) as AgencyCode | null,
    localOffice: orNull(cell(row, 'local_office')),
    handledBy: cell(row, 'handled_by') as Tier,
    active: cell(row, 'active') === 'true',
  };
}

function toKeyword(row: Row): Keyword {
  return {
    keyword: cell(row, 'keyword'),
    topicCode: cell(row, 'topic_code'),
    weight: Number(cell(row, 'weight')),
    handledBy: orNull(cell(row, 'handled_by')) as Tier | null,
  };
}
