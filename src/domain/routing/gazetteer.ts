import { indexPhrases, type Phrases } from './phrases.ts';
import { splitWords } from './words.ts';

/** 1 province, 2 regency or city, 3 district, 4 village. */
export type Level = 1 | 2 | 3 | 4;

/** An area is its place in these lists, which hold 91,600 of them: parallel arrays take a fifth of what objects take. */
export type AreaIndex = number;

/** Every area of Indonesia, ordered so that an area comes right before everything in it. */
export type Gazetteer = {
  readonly codes: readonly string[];
  readonly names: readonly string[];
  readonly levels: Uint8Array;
  /** The area above; -1 above a province. */
  readonly parents: Int32Array;
  /** What places are called; a name that several areas bear has them all. */
  readonly phrases: Phrases<AreaIndex | readonly AreaIndex[]>;
};

/** Other names of an area, such as `Jabar` for 32. */
export type AreaAlias = { readonly areaCode: string; readonly alias: string };

/** `lines` holds an area a line, `code<TAB>name`, in the order of their codes. */
export function buildGazetteer(lines: string, aliases: readonly AreaAlias[]): Gazetteer {
  const rows = lines === '' ? [] : lines.split('\n');
  const codes: string[] = [];
  const names: string[] = [];
  const levels = new Uint8Array(rows.length);
  const parents = new Int32Array(rows.length);
  const above = [-1, -1, -1, -1, -1];
  const called = new Map<string, AreaIndex | AreaIndex[]>();

  for (const [area, row] of rows.entries()) {
    const tab = row.indexOf('\t');
    const code = row.slice(0, tab);
    const name = row.slice(tab + 1);
    const level = levelOf(code);
    codes.push(code);
    names.push(name);
    levels[area] = level;
    parents[area] = above[level - 1] ?? -1;
    above[level] = area;
    for (const phrase of level === 2 ? regencyPhrases(name) : level > 2 ? joinable(name) : [name])
      call(called, phrase, area);
  }
  const gazetteer = { codes, names, levels, parents };
  for (const { areaCode, alias } of aliases) {
    const area = findArea(gazetteer, areaCode);
    if (area !== null) call(called, alias, area);
  }
  return { ...gazetteer, phrases: indexPhrases(called) };
}

function call(called: Map<string, AreaIndex | AreaIndex[]>, name: string, area: AreaIndex): void {
  const phrase = splitWords(name).join(' ');
  const known = called.get(phrase);
  if (known === undefined) called.set(phrase, area);
  else if (typeof known === 'number') {
    if (known !== area) called.set(phrase, [known, area]);
  } else if (!known.includes(area)) known.push(area);
}

/** `Kabupaten Bandung` is called so, and `Bandung`, `kab bandung`, `bandung kab`. */
function regencyPhrases(name: string): readonly string[] {
  const short = shortRegencyName(name);
  const marks = name.startsWith('Kota ') ? ['kota'] : ['kab', 'kabupaten'];
  return [
    short,
    short.replaceAll(' ', ''),
    ...marks.flatMap((mark) => [`${mark} ${short}`, `${short} ${mark}`]),
  ];
}

/** `Marga Jaya` is written `Margajaya` as well. */
function joinable(name: string): readonly string[] {
  const space = name.indexOf(' ');
  return space === -1 || name.includes(' ', space + 1) ? [name] : [name, name.replace(' ', '')];
}

/** `Bandung` for both `Kota Bandung` and `Kabupaten Bandung`. */
export function shortRegencyName(name: string): string {
  return name.replace(/^(Kabupaten|Kota)( Administrasi)? /, '');
}

function levelOf(code: string): Level {
  return code.length === 2 ? 1 : code.length === 5 ? 2 : code.length === 8 ? 3 : 4;
}

/** The area with this Kemendagri code, or the smallest known one around it; null when not even the province is known. */
export function findArea(gazetteer: Pick<Gazetteer, 'codes'>, code: string): AreaIndex | null {
  for (let wanted = code; wanted !== ''; wanted = wanted.slice(0, Math.max(0, wanted.lastIndexOf('.')))) {
    const found = findExactly(gazetteer.codes, wanted);
    if (found !== null) return found;
  }
  return null;
}

function findExactly(codes: readonly string[], code: string): AreaIndex | null {
  let low = 0;
  let high = codes.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const there = codes[middle] ?? '';
    if (there === code) return middle;
    if (there < code) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

export function areaLevel(gazetteer: Gazetteer, area: AreaIndex): Level {
  return (gazetteer.levels[area] ?? 1) as Level;
}

/** The area of that level around this one, itself included; null where this one is larger. */
export function areaAround(gazetteer: Gazetteer, area: AreaIndex, level: Level): AreaIndex | null {
  let around = area;
  while (around !== -1 && areaLevel(gazetteer, around) > level) around = gazetteer.parents[around] ?? -1;
  return around !== -1 && areaLevel(gazetteer, around) === level ? around : null;
}

/** As people write it: `Kel. Dago, Kec. Coblong, Kota Bandung`. */
export function describeArea(gazetteer: Gazetteer, area: AreaIndex): string {
  const level = areaLevel(gazetteer, area);
  const name = gazetteer.names[area] ?? '';
  const parent = gazetteer.parents[area] ?? -1;
  if (level === 1) return `Provinsi ${name}`;
  if (level === 2) return name;
  if (level === 3) return `Kec. ${name}, ${describeArea(gazetteer, parent)}`;
  // Kemendagri numbers urban villages from 1001 and rural ones from 2001.
  const urban = gazetteer.codes[area]?.[9] === '1';
  return `${urban ? 'Kel.' : 'Desa'} ${name}, ${describeArea(gazetteer, parent)}`;
}
