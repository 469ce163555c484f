import type { AgencyCode, NewReport } from '../report.ts';
import { type Agency, type Directory, findAgency, findTopic, nationalDesk, type Topic } from './directory.ts';
import { type FoundPlace, findPlace } from './find-place.ts';
import { describeArea } from './gazetteer.ts';
import { findPhraseAt } from './phrases.ts';
import { findSpokenTopic, type Tier } from './topic-lexicon.ts';
import { readWords, splitWords } from './words.ts';

export type RoutableReport = Pick<
  NewReport,
  'channel' | 'kind' | 'title' | 'text' | 'place' | 'topic' | 'agency'
>;

export type Route = {
  readonly agency: AgencyCode;
  readonly topic: string | null;
  /** For people to read, in Indonesian; made of names in the directory only, never of what the reporter wrote. */
  readonly reason: string;
  /** 0 to 1. */
  readonly confidence: number;
};

/** Where a report may go and why; `agency` is an active one. */
export type Candidate = { readonly agency: Agency; readonly reason: string; readonly confidence: number };

/** What can be read from a report, once, for all steps. */
export type Clues = {
  readonly words: readonly string[];
  readonly place: FoundPlace | null;
  readonly topic: SpokenTopic | null;
};

type SpokenTopic = { readonly topic: Topic; readonly handledBy: Tier; readonly certainty: number };

/** One way to find the agency; null leaves it to the next. A better classifier is one more step in the list below. */
export type Step = (directory: Directory, report: RoutableReport, clues: Clues) => Candidate | null;

const steps: readonly Step[] = [
  agencyChosen,
  areaKeyword,
  centralMatter,
  localMatter,
  agencyInText,
  governmentOfPlace,
];

/**
 * The agency to whom the report goes: the first that a step finds, else the national desk. The same report and
 * directory always give the same route, and no text makes it throw. Map points play no part in it yet.
 */
export function routeReport(directory: Directory, report: RoutableReport): Route {
  const clues = readClues(directory, report);
  const topic = clues.topic?.topic.code ?? null;
  for (const step of steps) {
    const candidate = step(directory, report, clues);
    if (candidate !== null) {
      const { agency, reason, confidence } = candidate;
      return { agency: agency.code, topic, reason, confidence: Math.round(confidence * 100) / 100 };
    }
  }
  return { agency: nationalDesk, topic, ...explainNationalDesk(clues) };
}

/**
 * Where a report goes that joins another: to who has that one, unless its reporter chose an agency. It need not say again
 * where it happened and what it is about.
 */
export function routeWith(
  directory: Directory,
  report: RoutableReport,
  joined: { readonly agency: AgencyCode; readonly topic: string | null } | null,
): Route {
  const agency = joined === null ? undefined : directory.agencies.get(joined.agency);
  if (joined === null || !agency?.active || agencyChosen(directory, report) !== null) {
    return routeReport(directory, report);
  }
  const reason = `Bergabung dengan laporan tentang kejadian yang sama, yang ditangani ${agency.name}`;
  return { agency: agency.code, topic: joined.topic, reason, confidence: 0.9 };
}

function readClues(directory: Directory, report: RoutableReport): Clues {
  const words = splitWords(report.title === null ? report.text : `${report.title}\n${report.text}`);
  return {
    words,
    place: findPlace(directory.gazetteer, directory.ordinary, report.place, words),
    topic: findTopicOf(directory, report, words),
  };
}

/** The topic the reporter chose, or the one below it that the text speaks of; without a choice any. */
function findTopicOf(
  directory: Directory,
  report: RoutableReport,
  words: readonly string[],
): SpokenTopic | null {
  const chosen = report.topic === null ? null : findTopic(directory, report.topic);
  const spoken = findSpokenTopic(directory.lexicon, readWords(words, directory.spellings), (code) => {
    const topic = findTopic(directory, code);
    return topic !== null && (chosen === null || topic === chosen || topic.parentCode === chosen.code);
  });
  const topic = (spoken === null ? null : findTopic(directory, spoken.code)) ?? chosen;
  if (topic === null) return null;
  const certainty =
    chosen !== null ? 0.95 : spoken === null || spoken.score < 2 ? 0.7 : spoken.score < 3 ? 0.85 : 0.95;
  return { topic, handledBy: spoken?.handledBy ?? topic.handledBy, certainty };
}

function agencyChosen(directory: Directory, report: RoutableReport): Candidate | null {
  const agency = report.agency === null ? null : findAgency(directory, report.agency);
  if (!agency?.active) return null;
  return { agency, reason: `Instansi dipilih oleh pelapor: ${agency.name}`, confidence: 0.95 };
}

/**
 * "TANGKAB isi aduan": an SMS that begins with a name or short name of a regency or city. A name that two of them
 * share, and one that is also an ordinary word, is no keyword; a province leaves it to what the text says.
 */
function areaKeyword(directory: Directory, report: RoutableReport, { words }: Clues): Candidate | null {
  if (report.channel !== 'sms') return null;
  const found = findPhraseAt(directory.agencyNames, words, 0);
  if (found?.value == null || found.value.areaCode === null || found.value.kind === 'province') return null;
  if (directory.ordinary.has(found.name)) return null;
  const agency = found.value;
  return { agency, reason: `Kata kunci wilayah di awal SMS: ${agency.name}`, confidence: 0.9 };
}

function centralMatter(directory: Directory, _report: RoutableReport, { topic }: Clues): Candidate | null {
  if (topic === null || topic.handledBy !== 'central') return null;
  const agency = directory.agencies.get(topic.topic.centralAgencyCode ?? '');
  if (!agency?.active) return null;
  const reason = `Topik ${nameTopic(topic.topic)} ditangani instansi pusat: ${agency.name}`;
  return { agency, reason, confidence: topic.certainty * 0.9 };
}

function localMatter(directory: Directory, _report: RoutableReport, clues: Clues): Candidate | null {
  const { place, topic } = clues;
  if (place === null || topic === null || topic.handledBy === 'central') return null;
  const agency = governmentOf(directory, place, topic.handledBy);
  if (agency === null) return null;
  const level = topic.handledBy === 'province' ? 'pemerintah provinsi' : 'pemerintah daerah';
  const reason = `${describePlace(directory, place)}; topik ${nameTopic(topic.topic)} ditangani ${level}`;
  // the regency was wanted and only the province is known
  const coarse = topic.handledBy === 'regency' && place.regency === null ? 0.7 : 1;
  return { agency, reason, confidence: place.certainty * topic.certainty * coarse };
}

/** A ministry or institution that the text names; a local office of the same name ("Dinas PUPR") is not meant. */
function agencyInText(directory: Directory, _report: RoutableReport, { words }: Clues): Candidate | null {
  for (let at = 0; at < words.length; at += 1) {
    const agency = findPhraseAt(directory.agencyNames, words, at)?.value;
    if (agency == null || agency.areaCode !== null || agency.kind === 'national_desk') continue;
    if (words[at - 1] === 'dinas') continue;
    return { agency, reason: `Instansi disebut dalam laporan: ${agency.name}`, confidence: 0.55 };
  }
  return null;
}

function governmentOfPlace(directory: Directory, _report: RoutableReport, clues: Clues): Candidate | null {
  const { place, topic } = clues;
  if (place === null || topic !== null) return null;
  const agency = governmentOf(directory, place, 'regency');
  if (agency === null) return null;
  const reason = `${describePlace(directory, place)}; topik tidak dikenali, diteruskan ke pemerintah daerah`;
  return { agency, reason, confidence: place.certainty * 0.6 };
}

/** The active local government of the place, or the one around it where that one is inactive. */
function governmentOf(
  directory: Directory,
  place: FoundPlace,
  tier: Exclude<Tier, 'central'>,
): Agency | null {
  const { codes } = directory.gazetteer;
  const areas = tier === 'province' ? [place.province] : [place.regency ?? place.province, place.province];
  for (const area of areas) {
    const agency = directory.governments.get(codes[area] ?? '');
    if (agency !== undefined) return agency;
  }
  return null;
}

function describePlace(directory: Directory, place: FoundPlace): string {
  const area = describeArea(directory.gazetteer, place.area);
  if (place.by === 'code') return `Lokasi dipilih: ${area}`;
  const assumed = place.by === 'city' ? ' (nama yang sama dengan kabupaten; dianggap kota)' : '';
  return `Lokasi disebut: ${area}${assumed}`;
}

/** Topics are named as headings: their first letter is small within a sentence, unless it begins an abbreviation. */
function nameTopic({ name }: Topic): string {
  return /^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

function explainNationalDesk({ place, topic }: Clues): Pick<Route, 'reason' | 'confidence'> {
  const to = 'diteruskan ke meja nasional';
  if (topic === null) return { reason: `Lokasi dan topik tidak dikenali; ${to}`, confidence: 0.1 };
  const about = `Topik ${nameTopic(topic.topic)} dikenali`;
  return topic.handledBy === 'central' || place !== null
    ? { reason: `${about}, tetapi instansi tujuannya belum ada di direktori; ${to}`, confidence: 0.3 }
    : { reason: `${about}, tetapi lokasinya tidak; ${to}`, confidence: 0.2 };
}
