import { maskPersonalData } from '../masking.ts';
import type { AgencyCode } from '../report.ts';
import { type AreaAlias, buildGazetteer, type Gazetteer } from './gazetteer.ts';
import { indexPhrases, type Phrases } from './phrases.ts';
import { buildTopicLexicon, type Keyword, type Tier, type TopicLexicon } from './topic-lexicon.ts';
import { type Spellings, splitWords } from './words.ts';

export const agencyKinds = [
  'national_desk',
  'ministry',
  'institution',
  'province',
  'regency',
  'city',
  'state_firm',
  'university',
  'unit',
] as const;
export type AgencyKind = (typeof agencyKinds)[number];

export const timeZones = ['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'] as const;
export type TimeZone = (typeof timeZones)[number];

/** Takes what nobody else can be found for; it is there from the first migration on. */
export const nationalDesk = 'nasional' as AgencyCode;

export type Agency = {
  readonly code: AgencyCode;
  readonly name: string;
  readonly kind: AgencyKind;
  readonly parentCode: AgencyCode | null;
  readonly timeZone: TimeZone;
  /** Kemendagri code of the area it governs. */
  readonly areaCode: string | null;
  readonly aliases: readonly string[];
  /** An inactive agency keeps its reports and gets no new ones. */
  readonly active: boolean;
};

export type Topic = {
  readonly code: string;
  readonly name: string;
  readonly parentCode: string | null;
  /** Who is responsible where no local government is. */
  readonly centralAgencyCode: AgencyCode | null;
  readonly localOffice: string | null;
  readonly handledBy: Tier;
  readonly active: boolean;
};

/** A way of writing and what is meant; the same twice: an ordinary word, although a place is called so too. */
export type Word = { readonly written: string; readonly meant: string };

/** What the directory is made of, as the database holds it. `areas` is one `code<TAB>name` a line, ordered by code. */
export type DirectoryRows = {
  readonly version: string;
  readonly agencies: readonly Agency[];
  readonly topics: readonly Topic[];
  readonly keywords: readonly Keyword[];
  readonly words: readonly Word[];
  readonly areas: string;
};

/** Agencies, areas and topics as they stood at one moment, made ready for looking things up; it never changes. */
export type Directory = {
  readonly version: string;
  readonly agencies: ReadonlyMap<string, Agency>;
  readonly topics: ReadonlyMap<string, Topic>;
  /** The local government of an area, by Kemendagri code; active ones only. */
  readonly governments: ReadonlyMap<string, Agency>;
  /** Names and aliases of active agencies; null where several bear it. */
  readonly agencyNames: Phrases<Agency | null>;
  /** Made when it is asked for first: that takes a tenth of a second, and who only takes reports may never ask. */
  readonly gazetteer: Gazetteer;
  readonly lexicon: TopicLexicon;
  readonly spellings: Spellings;
  /** Words that are not taken for the name of a place unless something says that they are. */
  readonly ordinary: ReadonlySet<string>;
};

/** False for `emptyDirectory`: the national desk is in every other. */
export const isLoaded = (directory: Directory): boolean => directory.agencies.size > 0;

/**
 * Whether a wish may be kept before the directory has loaded to look it up: free words would be stored unmasked, and even
 * what has the form of a code may be a number that leads to a person.
 */
export const isLikeAgencyCode = (wish: string): boolean =>
  /^[A-Za-z0-9.]{1,20}$/.test(wish) && maskPersonalData(wish) === wish;
export const isLikeTopicCode = (wish: string): boolean =>
  /^[a-z0-9.-]{1,80}$/.test(wish) && maskPersonalData(wish) === wish;

export function buildDirectory(rows: DirectoryRows): Directory {
  const active = rows.agencies.filter((agency) => agency.active);
  const spellings = new Map(
    rows.words.map(({ written, meant }) => [written, written === meant ? [written] : splitWords(meant)]),
  );
  const lexicon = buildTopicLexicon(rows.keywords, spellings);
  let gazetteer: Gazetteer | null = null;
  return {
    version: rows.version,
    agencies: new Map(rows.agencies.map((agency) => [agency.code, agency])),
    topics: new Map(rows.topics.map((topic) => [topic.code, topic])),
    governments: new Map(active.flatMap((agency) => (agency.areaCode ? [[agency.areaCode, agency]] : []))),
    agencyNames: indexPhrases(nameAgencies(active)),
    get gazetteer() {
      gazetteer ??= buildGazetteer(rows.areas, listAreaAliases(rows.agencies));
      return gazetteer;
    },
    lexicon,
    spellings,
    ordinary: new Set([...spellings.keys(), ...lexicon.numbers.keys()]),
  };
}

const listAreaAliases = (agencies: readonly Agency[]): AreaAlias[] =>
  agencies.flatMap(({ areaCode, aliases }) =>
    areaCode === null ? [] : aliases.map((alias) => ({ areaCode, alias })),
  );

/** What a gateway has that has not reached PostgreSQL yet: it takes wishes as they are, and intake finds out. */
export const emptyDirectory = (): Directory =>
  buildDirectory({ version: '', agencies: [], topics: [], keywords: [], words: [], areas: '' });

function nameAgencies(agencies: readonly Agency[]): Map<string, Agency | null> {
  const named = new Map<string, Agency | null>();
  for (const agency of agencies) {
    for (const name of new Set([agency.name, ...agency.aliases].map(foldName))) {
      named.set(name, named.has(name) ? null : agency);
    }
  }
  named.delete('');
  return named;
}

const foldName = (name: string): string => splitWords(name).join(' ');

/** The agency with this code, active or not, or the one active agency of this name or alias. */
export function findAgency(directory: Directory, codeOrAlias: string): Agency | null {
  const wanted = codeOrAlias.trim();
  return (
    directory.agencies.get(wanted) ??
    directory.agencies.get(wanted.toUpperCase()) ??
    directory.agencyNames.names.get(foldName(wanted)) ??
    null
  );
}

/** Active agencies whose code, name or alias holds every word asked for, the closest first; all, by name, for no words. */
export function searchAgencies(directory: Directory, query: string, limit: number): Agency[] {
  const words = splitWords(query);
  const asked = words.join(' ');
  return [...directory.agencies.values()]
    .filter((agency) => agency.active)
    .map((agency) => ({ agency, rank: rankAgency(agency, asked, words) }))
    .filter(({ rank }) => rank < noMatch)
    .sort((one, other) => one.rank - other.rank || one.agency.name.localeCompare(other.agency.name, 'id'))
    .slice(0, limit)
    .map(({ agency }) => agency);
}

const noMatch = 9;

function rankAgency(agency: Agency, asked: string, words: readonly string[]): number {
  if (asked === '') return 0;
  const names = [agency.name, agency.code, ...agency.aliases].map(foldName);
  if (names.includes(asked)) return 0;
  if (names.some((name) => name.startsWith(asked))) return 1;
  if (names.some((name) => ` ${name}`.includes(` ${asked}`))) return 2;
  if (names.some((name) => words.every((word) => ` ${name}`.includes(` ${word}`)))) return 3;
  return names.some((name) => words.every((word) => name.includes(word))) ? 4 : noMatch;
}

/** Active topics, each right after the one it belongs to. */
export function listTopics(directory: Directory): Topic[] {
  const active = [...directory.topics.values()].filter((topic) => topic.active);
  const below = (code: string | null): Topic[] =>
    active.filter((topic) => topic.parentCode === code).flatMap((topic) => [topic, ...below(topic.code)]);
  return below(null);
}

/** The active topic with this code. */
export function findTopic(directory: Directory, code: string): Topic | null {
  const topic = directory.topics.get(code);
  return topic?.active ? topic : null;
}
