import type { LetterOrigin } from '../domain/letter.ts';
import type { Kind } from '../domain/report.ts';
import { fold } from './columns.ts';

/** What people and spreadsheets write into a cell, as the letter desk wants it; null where it cannot be read. */

const months = [
  ['januari', 'january', 'jan'],
  ['februari', 'february', 'pebruari', 'feb', 'peb'],
  ['maret', 'march', 'mar', 'mrt'],
  ['april', 'apr'],
  ['mei', 'may'],
  ['juni', 'june', 'jun'],
  ['juli', 'july', 'jul'],
  ['agustus', 'august', 'agu', 'agt', 'agus', 'ags', 'aug'],
  ['september', 'sep', 'sept'],
  ['oktober', 'october', 'okt', 'oct'],
  ['november', 'nopember', 'nov', 'nop'],
  ['desember', 'december', 'des', 'dec'],
] as const;
const monthOf = new Map(months.flatMap((names, index) => names.map((name) => [name as string, index + 1])));

/**
 * `YYYY-MM-DD` of `2026-11-03`, `03/11/2026` (the day always first), `3 November 2026`, `3-Nov-26`, or a serial number of
 * Excel, which counts days from 1900 or 1904; a time behind it is dropped.
 */
export function readDate(cell: string, epoch1904: boolean): string | null {
  const typed = cell
    .toLowerCase()
    .replace(/^(senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad)\s*,?\s+/, '')
    .replace(/[t\s]+\d{1,2}[:.]\d{2}([:.]\d{2}(\.\d+)?)?\s*(z|wib|wita|wit|am|pm)?$/, '')
    .trim();
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(typed);
  if (iso !== null) return toDay(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const numbers = /^(\d{1,2})[-/.\s](\d{1,2})[-/.\s](\d{4}|\d{2})$/.exec(typed);
  if (numbers !== null) return toDay(toYear(numbers[3]), Number(numbers[2]), Number(numbers[1]));
  const named = /^(\d{1,2})[-/.\s]*([a-z]{3,9})\.?[-/.,\s]*(\d{4}|\d{2})$/.exec(typed);
  if (named !== null) return toDay(toYear(named[3]), monthOf.get(named[2] ?? '') ?? 0, Number(named[1]));
  const serial = /^(\d{5})([.,]\d+)?$/.exec(typed);
  if (serial !== null) return readSerial(Number(serial[1]), epoch1904);
  return null;
}

const toYear = (typed = ''): number => (typed.length === 2 ? 2000 + Number(typed) : Number(typed));

/** Null for a day that is in no calendar. */
function toDay(year: number, month: number, day: number): string | null {
  const at = new Date(Date.UTC(year, month - 1, day));
  const exists = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  return exists && year >= 1900 && year < 3000 ? at.toISOString().slice(0, 10) : null;
}

/** Excel believes in a 29 February 1900, so days from March 1900 on are counted from 30 December 1899. */
function readSerial(days: number, epoch1904: boolean): string | null {
  const at = new Date(
    Date.UTC(epoch1904 ? 1904 : 1899, epoch1904 ? 0 : 11, epoch1904 ? 1 : 30) + days * 86_400_000,
  );
  return toDay(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate());
}

const yes = new Set(['ya', 'y', 'yes', 'iya', 'benar', 'true', 'betul', 'x', 'v', '1', '✓', '✔']);
const no = new Set(['tidak', 't', 'tdk', 'bukan', 'no', 'n', 'false', 'salah', '0', '-', '']);

export function readYesNo(cell: string): boolean | null {
  const typed = cell.trim().toLowerCase();
  if (yes.has(typed)) return true;
  return no.has(typed) ? false : null;
}

const kindNames: Readonly<Record<string, Kind>> = {
  '': 'complaint',
  pengaduan: 'complaint',
  aduan: 'complaint',
  keluhan: 'complaint',
  complaint: 'complaint',
  aspirasi: 'aspiration',
  usul: 'aspiration',
  usulan: 'aspiration',
  saran: 'aspiration',
  aspiration: 'aspiration',
  'permintaan informasi': 'information_request',
  'permohonan informasi': 'information_request',
  informasi: 'information_request',
  'information request': 'information_request',
};

/** A complaint where nothing is written. */
export const readKind = (cell: string): Kind | null => kindNames[fold(cell)] ?? null;

const originNames: Readonly<Record<string, LetterOrigin>> = {
  '': 'letter',
  surat: 'letter',
  pos: 'letter',
  letter: 'letter',
  kunjungan: 'visit',
  'tatap muka': 'visit',
  'datang langsung': 'visit',
  langsung: 'visit',
  visit: 'visit',
  telepon: 'phone',
  telp: 'phone',
  phone: 'phone',
  email: 'agency_email',
  'e mail': 'agency_email',
  surel: 'agency_email',
  'agency email': 'agency_email',
  'media sosial': 'social_media',
  medsos: 'social_media',
  'social media': 'social_media',
};

/** A letter where nothing is written. */
export const readOrigin = (cell: string): LetterOrigin | null => originNames[fold(cell)] ?? null;

/**
 * Telephone numbers that a spreadsheet took for numbers: `8.12E+10` has lost its digits, `81234567890` only its zero. A mark that
 * makes Excel keep a number as text is dropped.
 */
export function readPhone(cell: string): { readonly phone: string } | 'exponent' {
  const typed = cell.replace(/^'/, '').trim();
  if (/^\d+([.,]\d+)?e\+?\d+$/i.test(typed.replace(/\s/g, ''))) return 'exponent';
  return { phone: /^8\d{8,11}$/.test(typed) ? `0${typed}` : typed };
}

/** The names of files in a cell, separated by semicolons, without the folders before them. */
export const readFileNames = (cell: string): readonly string[] => [
  ...new Set(
    cell
      .split(/[;\n]/)
      .map((name) => name.split(/[\\/]/).at(-1)?.trim() ?? '')
      .filter((name) => name !== ''),
  ),
];
