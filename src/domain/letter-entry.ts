import { createHash } from 'node:crypto';
import type { NewAttachment, UploadSecret } from './attachment.ts';
import { type Letter, type LetterOrigin, letterOrigins } from './letter.ts';
import {
  type AgencyCode,
  type Kind,
  kinds,
  limits,
  type NewReport,
  normalizeLine,
  normalizePhone,
  normalizeText,
} from './report.ts';
import { type Directory, findAgency, findTopic, searchAgencies, type TimeZone } from './routing/directory.ts';
import { describeArea, findArea } from './routing/gazetteer.ts';
import type { StaffId } from './staff.ts';
import { parseTrackingId } from './tracking-id.ts';

/** What staff key in about a letter, a visit, a call; from the letter desk and from files that are imported alike. */

const lineFields = [
  'office',
  'origin',
  'agendaNumber',
  'writtenOn',
  'receivedOn',
  'kind',
  'title',
  'place',
  'areaCode',
  'agency',
  'topic',
  'postUrl',
  'joins',
  'name',
  'phone',
  'email',
  'address',
  'onBehalfOf',
] as const;
const flags = ['anonymous', 'confidential', 'textByOcr', 'textWasRead'] as const;

/**
 * As typed, made harmless but not judged. `office` is the code of the agency whose book it is, `areaCode` the area chosen for
 * `place`, `postUrl` the address of a post, `joins` the tracking ID of a report about the same event. `textByOcr` says that a
 * machine read the text from the scan, or part of it, `textWasRead` that a person has compared it since.
 */
export type LetterFields = Readonly<
  Record<(typeof lineFields)[number] | 'text', string> & Record<(typeof flags)[number], boolean>
>;
export type LetterField = keyof LetterFields;

/** Checked: what cannot be is not here. Dates are `YYYY-MM-DD`. */
export type LetterEntry = Pick<
  Letter,
  'office' | 'year' | 'agendaNumber' | 'origin' | 'writtenOn' | 'receivedOn'
> & {
  readonly kind: Kind;
  readonly title: string | null;
  readonly text: string;
  readonly place: { readonly text: string; readonly areaCode: string | null } | null;
  readonly agency: AgencyCode | null;
  readonly topic: string | null;
  readonly postUrl: string | null;
  readonly joins: string | null;
  readonly reporter: {
    readonly name: string | null;
    readonly phone: string | null;
    readonly email: string | null;
    readonly address: string | null;
    readonly onBehalfOf: string | null;
  };
  readonly anonymous: boolean;
  readonly confidential: boolean;
  readonly textByOcr: boolean;
};

/** What can be wrong; words for it are the pages'. */
export const letterProblems = [
  'officeUnknown',
  'originMissing',
  'agendaMissing',
  'agendaForm',
  'day',
  'dayAhead',
  'receivedMissing',
  'receivedBeforeWritten',
  'kind',
  'textEmpty',
  'textUnread',
  'tooLong',
  'agencyUnknown',
  'agencyUnclear',
  'topic',
  'postUrl',
  'postUrlMissing',
  'joins',
  'phone',
  'email',
] as const;
export type LetterProblemCode = (typeof letterProblems)[number];
export type LetterProblem = {
  readonly field: LetterField;
  readonly problem: LetterProblemCode;
  readonly values?: Readonly<Record<string, string | number>>;
};

/** Lengths that no other report has. */
export const letterLimits = { agendaNumber: 60, address: 500, postUrl: 2_000 } as const;

/** Of a posted form, or a row of a table: unknown fields are dropped, missing ones empty; a flag is `1`. */
export function readLetterFields(get: (field: LetterField) => string | null | undefined): LetterFields {
  const lines = lineFields.map((field) => [field, normalizeLine(get(field)) ?? '']);
  const checks = flags.map((flag) => [flag, get(flag) === '1']);
  return { ...Object.fromEntries([...lines, ...checks]), text: normalizeText(get('text') ?? '') };
}

/** The entry, or everything that stands in its way at once. Nothing may lie after the day that `now` is where the office is. */
export function checkLetter(
  fields: LetterFields,
  { directory, now }: { readonly directory: Directory; readonly now: Date },
): { readonly entry: LetterEntry } | { readonly problems: readonly LetterProblem[] } {
  const office = directory.agencies.get(fields.office);
  const origin = letterOrigins.find((known) => known === fields.origin);
  const kind = kinds.find((known) => known === fields.kind);
  const today = dayIn(office?.timeZone ?? 'Asia/Jayapura', now);
  const [writtenOn, receivedOn] = [readDay(fields.writtenOn), readDay(fields.receivedOn)];
  const phone = fields.phone === '' ? null : normalizePhone(fields.phone);
  const agency = fields.agency === '' ? null : findAgency(directory, fields.agency);
  const postUrl = fields.postUrl === '' ? null : readPostUrl(fields.postUrl);
  const joins = fields.joins === '' ? null : parseTrackingId(fields.joins);
  const problems: LetterProblem[] = [
    ...problemIf(office === undefined || !office.active, 'office', 'officeUnknown'),
    ...problemIf(origin === undefined, 'origin', 'originMissing'),
    ...agendaProblem(fields.agendaNumber),
    ...problemIf(writtenOn === 'invalid', 'writtenOn', 'day'),
    ...problemIf(isAfter(writtenOn, today), 'writtenOn', 'dayAhead'),
    ...problemIf(receivedOn === null, 'receivedOn', 'receivedMissing'),
    ...problemIf(receivedOn === 'invalid', 'receivedOn', 'day'),
    ...problemIf(isAfter(receivedOn, today), 'receivedOn', 'dayAhead'),
    ...problemIf(isAfter(writtenOn, receivedOn), 'receivedOn', 'receivedBeforeWritten'),
    ...problemIf(kind === undefined, 'kind', 'kind'),
    ...tooLong(fields, 'title', limits.title),
    ...problemIf(fields.text === '', 'text', 'textEmpty'),
    ...tooLong(fields, 'text', limits.text),
    ...problemIf(fields.textByOcr && !fields.textWasRead && fields.text !== '', 'textWasRead', 'textUnread'),
    ...tooLong(fields, 'place', limits.placeText),
    ...agencyProblem(directory, fields.agency, agency?.active === true),
    ...problemIf(fields.topic !== '' && findTopic(directory, fields.topic) === null, 'topic', 'topic'),
    ...problemIf(postUrl === 'invalid', 'postUrl', 'postUrl'),
    ...problemIf(origin === 'social_media' && postUrl === null, 'postUrl', 'postUrlMissing'),
    ...tooLong(fields, 'postUrl', letterLimits.postUrl),
    ...problemIf(joins === 'mistyped', 'joins', 'joins'),
    ...tooLong(fields, 'name', limits.name),
    ...problemIf(fields.phone !== '' && phone === null, 'phone', 'phone'),
    ...problemIf(fields.email !== '' && !/^[^\s@]+@[^\s@]+$/.test(fields.email), 'email', 'email'),
    ...tooLong(fields, 'email', limits.contact),
    ...tooLong(fields, 'address', letterLimits.address),
    ...tooLong(fields, 'onBehalfOf', limits.name),
  ];
  if (problems.length > 0) return { problems };
  const received = receivedOn as string;
  return {
    entry: {
      office: fields.office as AgencyCode,
      year: Number(received.slice(0, 4)),
      agendaNumber: fields.agendaNumber,
      origin: origin as LetterOrigin,
      writtenOn,
      receivedOn: received,
      kind: kind as Kind,
      title: orNull(fields.title),
      text: fields.text,
      place: fields.place === '' ? null : { text: fields.place, areaCode: chosenArea(directory, fields) },
      agency: agency?.code ?? null,
      topic: orNull(fields.topic),
      postUrl,
      joins: joins === null || joins === 'mistyped' ? null : joins.trackingId,
      reporter: {
        name: orNull(fields.name),
        phone,
        email: orNull(fields.email),
        address: orNull(fields.address),
        onBehalfOf: orNull(fields.onBehalfOf),
      },
      anonymous: fields.anonymous,
      confidential: fields.confidential,
      textByOcr: fields.textByOcr,
    },
  };
}

/**
 * The report that an entry is. `hashes` are the SHA-256 of its files: the same number with the same words and files is the same
 * letter sent twice, with others it is told.
 */
export function toLetterReport(
  entry: LetterEntry,
  meta: {
    readonly enteredBy: StaffId;
    readonly receivedAt: Date;
    readonly hashes?: readonly string[];
    readonly uploads?: readonly UploadSecret[];
    readonly attachments?: readonly NewAttachment[];
  },
): NewReport {
  const { reporter, place } = entry;
  const { office, year, agendaNumber, origin, writtenOn, receivedOn } = entry;
  return {
    channel: 'letter',
    externalId: letterExternalId(entry),
    kind: entry.kind,
    title: entry.title,
    text: entry.text,
    occurredOn: null,
    place: place && { text: place.text, lat: null, lon: null, areaCode: place.areaCode },
    topic: entry.topic,
    agency: entry.agency,
    identity: Object.values(reporter).every((value) => value === null) ? null : reporter,
    anonymous: entry.anonymous,
    confidential: entry.confidential,
    receivedAt: meta.receivedAt,
    original: {
      contentType: 'application/json',
      // Whose account a post is under says who speaks: its address is nowhere but here. The number as it is compared, so that
      // the same letter is the same however its number is written; as it was written, it is in the book.
      body: Buffer.from(
        JSON.stringify({
          ...entry,
          agendaNumber: normalizeAgendaNumber(agendaNumber),
          files: meta.hashes ?? [],
        }),
      ),
      messageId: null,
    },
    joins: entry.confidential ? null : entry.joins,
    hold: null,
    uploads: meta.uploads ?? [],
    attachments: meta.attachments ?? [],
    letter: { office, year, agendaNumber, origin, writtenOn, receivedOn, enteredBy: meta.enteredBy },
  };
}

/** The same for the same number in the same book, however it is written. Hashed, as people write names into numbers. */
export function letterExternalId({
  office,
  year,
  agendaNumber,
}: Pick<Letter, 'office' | 'year' | 'agendaNumber'>): string {
  const named = JSON.stringify([office, year, normalizeAgendaNumber(agendaNumber)]);
  return `letter:${createHash('sha256').update(named).digest('base64url')}`;
}

/** `012 / adu–3` is `12/ADU-3`: capitals, spaces, kinds of dashes and zeros at the beginning tell no two letters apart. */
export function normalizeAgendaNumber(typed: string): string {
  return typed
    .normalize('NFKC')
    .toUpperCase()
    .normalize('NFKC')
    .replace(/\p{Pd}/gu, '-')
    .replace(/\s*([^\p{L}\p{N}\p{M}\s])\s*/gu, '$1')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^0+(?=\d)/, '');
}

/** `YYYY-MM-DD` of a day written so or as `31/12/2026`; null for none. */
function readDay(typed: string): string | null | 'invalid' {
  if (typed === '') return null;
  const [, day = '', month = '', year = ''] = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(typed) ?? [];
  const written = year === '' ? typed : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (!/^(19|2\d)\d\d-\d\d-\d\d$/.test(written)) return 'invalid';
  const parsed = new Date(`${written}T00:00:00Z`);
  // 31 February parses as 3 March
  const exists = !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === written;
  return exists ? written : 'invalid';
}

const isAfter = (day: string | null, other: string | null): boolean =>
  day !== null && other !== null && day !== 'invalid' && other !== 'invalid' && day > other;

/** Calendar day at `now`, where this time is kept. */
export const dayIn = (timeZone: TimeZone, now: Date): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    now,
  );

/** Written out in full; a name and a password in an address are nobody's post. */
function readPostUrl(typed: string): string | 'invalid' {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return 'invalid';
  if (url.username !== '' || url.password !== '' || !url.hostname.includes('.')) return 'invalid';
  return url.href;
}

function agendaProblem(typed: string): readonly LetterProblem[] {
  if (typed === '') return [{ field: 'agendaNumber', problem: 'agendaMissing' }];
  if (typed.length > letterLimits.agendaNumber) {
    const values = { max: letterLimits.agendaNumber, count: typed.length };
    return [{ field: 'agendaNumber', problem: 'tooLong', values }];
  }
  return problemIf(!/\d/.test(normalizeAgendaNumber(typed)), 'agendaNumber', 'agendaForm');
}

function agencyProblem(directory: Directory, typed: string, isFound: boolean): readonly LetterProblem[] {
  if (typed === '' || isFound) return [];
  const near = searchAgencies(directory, typed, 3).map(({ name }) => name);
  const values = { typed: typed.slice(0, 80), near: near.join('; ') };
  return [{ field: 'agency', problem: near.length > 0 ? 'agencyUnclear' : 'agencyUnknown', values }];
}

/** The code of the area that was chosen for the place; null once the words say something else. */
function chosenArea({ gazetteer }: Directory, { place, areaCode }: LetterFields): string | null {
  const area = findArea(gazetteer, areaCode);
  if (area === null || gazetteer.codes[area] !== areaCode) return null;
  return place.endsWith(describeArea(gazetteer, area)) ? areaCode : null;
}

function tooLong(
  fields: LetterFields,
  field: Exclude<LetterField, (typeof flags)[number]>,
  max: number,
): readonly LetterProblem[] {
  const count = fields[field].length;
  return count > max ? [{ field, problem: 'tooLong', values: { max, count } }] : [];
}

const problemIf = (
  wrong: boolean,
  field: LetterField,
  problem: LetterProblemCode,
): readonly LetterProblem[] => (wrong ? [{ field, problem }] : []);

const orNull = (value: string): string | null => (value === '' ? null : value);
