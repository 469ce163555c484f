import type { AgencyCode } from '../report.ts';
import type { Agency, TimeZone } from './directory.ts';
import { type AreaAlias, shortRegencyName } from './gazetteer.ts';
import { splitWords } from './words.ts';

/** A province (`32`) or a regency or city (`32.73`), as Kemendagri names it. */
export type Region = { readonly code: string; readonly name: string };

/** Raised with every change of what is made here, so that databases get it; a test notices a change without. */
export const localGovernmentRule = 1;

/** Keppres 41/1987 sets the zones by province: WITA and WIT here, WIB everywhere else. */
const central = new Set(['51', '52', '53', '63', '64', '65', '71', '72', '73', '74', '75', '76']);
const eastern = new Set(['81', '82', '91', '92', '93', '94', '95', '96']);

/**
 * The local governments of these regions, each under its province. Aliases are what `aliases` lists, the ways to write
 * the name ("Kab. Bandung", "Pemkab Bandung") and keywords for SMS, made by one rule: the name, its first four letters
 * or a short name, with KAB or KOT before or after it (TANGKAB, BDGKOT, KOTABANDUNG). A listed alias is never made for
 * another government, and what the rule would make for two is made for none.
 */
export function makeLocalGovernments(regions: readonly Region[], aliases: readonly AreaAlias[]): Agency[] {
  const listed = new Map<string, string[]>();
  for (const { areaCode, alias } of aliases) listed.set(areaCode, [...(listed.get(areaCode) ?? []), alias]);
  const made = regions.map((region) => makeAliases(region, listed.get(region.code) ?? []));
  const owners = new Map<string, number>();
  for (const names of made)
    for (const folded of names.keys()) owners.set(folded, (owners.get(folded) ?? 0) + 1);
  const taken = new Set(aliases.map(({ alias }) => fold(alias)));

  return regions.map((region, at) => {
    const own = [...(made[at] ?? [])].filter(([folded]) => owners.get(folded) === 1 && !taken.has(folded));
    return {
      ...describe(region),
      aliases: [...own.map(([, alias]) => alias), ...(listed.get(region.code) ?? [])],
    };
  });
}

function describe({ code, name }: Region): Omit<Agency, 'aliases'> {
  const province = code.slice(0, 2);
  const isProvince = code === province;
  return {
    code: `${isProvince ? 'P' : 'D'}${code}` as AgencyCode,
    name: `Pemerintah ${isProvince ? 'Provinsi ' : ''}${name}`,
    kind: isProvince ? 'province' : isCity(name) ? 'city' : 'regency',
    parentCode: isProvince ? null : (`P${province}` as AgencyCode),
    timeZone: zoneOf(province),
    areaCode: code,
    active: true,
  };
}

function zoneOf(province: string): TimeZone {
  if (central.has(province)) return 'Asia/Makassar';
  return eastern.has(province) ? 'Asia/Jayapura' : 'Asia/Jakarta';
}

/** By what they are compared as; the same name may still be made for another region. */
function makeAliases({ code, name }: Region, listed: readonly string[]): ReadonlyMap<string, string> {
  const made = code.length === 2 ? provinceNames(name) : regencyNames(name, listed);
  return new Map(made.map((alias) => [fold(alias), alias]));
}

const provinceNames = (name: string): string[] => [name, `Provinsi ${name}`, `Pemprov ${name}`];

function regencyNames(name: string, listed: readonly string[]): string[] {
  const short = shortRegencyName(name);
  const marks = isCity(name) ? ['Kota', 'Pemkot'] : ['Kabupaten', 'Kab.', 'Pemkab'];
  const stems = [short, ...listed.filter((alias) => !/(kab|kot)$/i.test(alias))];
  const names = stems.flatMap((stem) => marks.map((mark) => `${mark} ${stem}`));
  return [short, name, ...names, ...makeKeywords(name, short, stems)];
}

function makeKeywords(name: string, short: string, stems: readonly string[]): string[] {
  const joined = splitWords(short).join('');
  const shortNames = stems
    .slice(1)
    .map(fold)
    .filter((alias) => /^[a-z]{2,6}$/.test(alias));
  const firstFour = short.includes(' ') || joined.length <= 4 ? [] : [joined.slice(0, 4)];
  const marks = isCity(name) ? ['kot', 'kota'] : ['kab'];
  return [joined, ...firstFour, ...shortNames]
    .filter((stem) => !marks.some((mark) => stem.endsWith(mark)))
    .flatMap((stem) => marks.flatMap((mark) => [`${stem}${mark}`, `${mark}${stem}`]))
    .map((keyword) => keyword.toUpperCase());
}

const isCity = (name: string): boolean => name.startsWith('Kota ');

const fold = (name: string): string => splitWords(name).join(' ');
