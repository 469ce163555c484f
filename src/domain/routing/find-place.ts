import type { Place } from '../report.ts';
import {
  type AreaIndex,
  areaAround,
  areaLevel,
  findArea,
  type Gazetteer,
  type Level,
  shortRegencyName,
} from './gazetteer.ts';
import { findMentions, type Mention } from './place-mentions.ts';
import { splitWords } from './words.ts';

export type FoundPlace = {
  /** The smallest area that is sure. */
  readonly area: AreaIndex;
  /** Null where only the province is known. */
  readonly regency: AreaIndex | null;
  readonly province: AreaIndex;
  readonly certainty: number;
  /** How it became known: chosen as a code, or named in words; `city` where a city and a regency share the name. */
  readonly by: 'code' | 'name' | 'city';
};

/**
 * Where it happened, or null where that cannot be told without guessing. A code decides; else names count for the
 * regencies they may lie in, and the regency with the most for it wins. Map points are left aside: the gateway knows no
 * boundaries of areas.
 */
export function findPlace(
  gazetteer: Gazetteer,
  ordinary: ReadonlySet<string>,
  place: Place | null,
  words: readonly string[],
): FoundPlace | null {
  const chosen = place?.areaCode == null ? null : findArea(gazetteer, place.areaCode);
  if (chosen !== null) return placeAt(gazetteer, chosen, 0.95, 'code');
  const given = place?.text == null ? [] : findMentions(gazetteer, ordinary, splitWords(place.text), true);
  const told = findMentions(gazetteer, ordinary, words, false);
  if (given.length === 0 && told.length === 0) return null;
  return weigh(gazetteer, [...given, ...told], given.length);
}

function placeAt(
  gazetteer: Gazetteer,
  area: AreaIndex,
  certainty: number,
  by: FoundPlace['by'],
): FoundPlace | null {
  const province = areaAround(gazetteer, area, 1);
  if (province === null) return null;
  return { area, regency: areaAround(gazetteer, area, 2), province, certainty, by };
}

/** What speaks for one regency. */
type Support = {
  readonly regency: AreaIndex;
  score: number;
  mentions: number;
  /** Some name means this regency by itself; the others only confirm. */
  sure: boolean;
  located: boolean;
  certainty: number;
};

function weigh(gazetteer: Gazetteer, mentions: readonly Mention[], given: number): FoundPlace | null {
  const supports = new Map<AreaIndex, Support>();
  const provinces = new Set<AreaIndex>();
  for (const [at, mention] of mentions.entries()) {
    for (const area of mention.areas) if (areaLevel(gazetteer, area) === 1) provinces.add(area);
    support(gazetteer, supports, mention, at < given ? 2 : 1);
  }
  const candidates: Support[] = [];
  for (const candidate of supports.values()) {
    if (provinces.has(areaAround(gazetteer, candidate.regency, 1) ?? -1)) {
      candidate.score += 2;
      candidate.mentions += 1;
    }
    if (candidate.sure || (candidate.mentions > 1 && candidate.located)) candidates.push(candidate);
  }
  return decide(gazetteer, candidates, mentions) ?? onlyProvince(gazetteer, provinces);
}

/** How far one mention speaks for each of the regencies it may lie in. */
type Reading = {
  /** The largest kind of place below the provinces that bears the name. */
  readonly top: Level;
  readonly weights: ReadonlyMap<AreaIndex, number>;
  /** It tells a regency by itself: the ones where such a largest place is. */
  readonly sure: boolean;
  /** The only regency or city of that name, and no quarter of the next place named. */
  readonly only: boolean;
};

/** A district that shares its name with villages all over the country is not what an unmarked name means. */
const maxPlacesOfDistrictName = 3;

function read(gazetteer: Gazetteer, mention: Mention): Reading {
  const weights = new Map<AreaIndex, number>();
  let top: Level = 4;
  let atTop = new Set<AreaIndex>();
  for (const area of mention.areas) {
    const regency = areaAround(gazetteer, area, 2);
    if (regency === null) continue;
    const level = areaLevel(gazetteer, area);
    if (level < top) atTop = new Set();
    if (level <= top) {
      top = level;
      atTop.add(regency);
    }
    weights.set(regency, Math.max(weights.get(regency) ?? 0, weightOf(mention, level)));
  }
  const likely = top === 3 ? mention.marked || weights.size <= maxPlacesOfDistrictName : mention.located;
  return {
    top,
    weights,
    sure: top === 2 || (atTop.size === 1 && !mention.vague && likely),
    only: top === 2 && atTop.size === 1 && !mention.leadsOn,
  };
}

const certaintyOfLevel = { 1: 0, 2: 0.85, 3: 0.75, 4: 0.6 } as const;
const bonusOfOnly = 2;

/** Adds one mention to every regency it may lie in. */
function support(
  gazetteer: Gazetteer,
  supports: Map<AreaIndex, Support>,
  mention: Mention,
  factor: number,
): void {
  const { top, weights, sure, only } = read(gazetteer, mention);
  for (const [regency, weight] of weights) {
    const known = supports.get(regency);
    const entry = known ?? { regency, score: 0, mentions: 0, sure: false, located: false, certainty: 0 };
    if (known === undefined) supports.set(regency, entry);
    const atTop = weight === weightOf(mention, top);
    entry.score += (weight + (only && atTop ? bonusOfOnly : 0)) * factor;
    entry.mentions += 1;
    entry.located ||= mention.located;
    if (sure && atTop) {
      entry.sure = true;
      entry.certainty = Math.max(entry.certainty, certaintyOfLevel[top]);
    }
  }
}

function weightOf(mention: Mention, level: Level): number {
  const base = level === 2 ? 4 : level === 3 ? 2.5 : 1.5;
  return base + (mention.marked ? 2 : mention.located ? 1 : 0) + (mention.words > 1 ? 0.5 : 0);
}

function decide(
  gazetteer: Gazetteer,
  candidates: readonly Support[],
  mentions: readonly Mention[],
): FoundPlace | null {
  const best = Math.max(...candidates.map(({ score }) => score));
  const tied = candidates.filter(({ score }) => score === best);
  const [only] = tied;
  if (only === undefined) return null;
  if (tied.length === 1) {
    const certainty = Math.min(0.95, Math.max(only.certainty, 0.6) + (only.mentions > 1 ? 0.1 : 0));
    return placeAt(gazetteer, finestIn(gazetteer, only.regency, mentions), certainty, 'name');
  }
  const city = cityOfTheName(gazetteer, tied);
  if (city !== null) return placeAt(gazetteer, finestIn(gazetteer, city, mentions), 0.5, 'city');
  const around = new Set(tied.map(({ regency }) => areaAround(gazetteer, regency, 1)));
  const [province] = around;
  return around.size > 1 || province == null ? null : placeAt(gazetteer, province, 0.4, 'name');
}

/** People who say only "Bandung" mostly mean the city, and those of the regency around it say so. */
function cityOfTheName(gazetteer: Gazetteer, tied: readonly Support[]): AreaIndex | null {
  const names = tied.map(({ regency }) => gazetteer.names[regency] ?? '');
  const alike = new Set(names.map(shortRegencyName)).size === 1;
  const together = new Set(tied.map(({ regency }) => gazetteer.parents[regency])).size === 1;
  const city = tied[names.findIndex((name) => name.startsWith('Kota '))];
  return alike && together && city !== undefined ? city.regency : null;
}

/** The village or district named, where it lies in this regency and nothing else there is called so. */
function finestIn(gazetteer: Gazetteer, regency: AreaIndex, mentions: readonly Mention[]): AreaIndex {
  let finest = regency;
  for (const level of [3, 4] as const) {
    const named = mentions.flatMap((mention) => {
      if (!mention.located && mention.words === 1 && level === 4) return [];
      if (mention.areas.includes(regency)) return [];
      const inside = mention.areas.filter(
        (area) =>
          areaLevel(gazetteer, area) === level &&
          areaAround(gazetteer, area, finest === regency ? 2 : 3) === finest,
      );
      return inside.length === 1 ? inside : [];
    });
    const [area] = named;
    if (area !== undefined && new Set(named).size === 1) finest = area;
  }
  return finest;
}

function onlyProvince(gazetteer: Gazetteer, provinces: ReadonlySet<AreaIndex>): FoundPlace | null {
  const [province] = provinces;
  return provinces.size !== 1 || province === undefined ? null : placeAt(gazetteer, province, 0.75, 'name');
}
