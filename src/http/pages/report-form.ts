import { parsePoint } from '../../domain/point.ts';
import {
  type AgencyCode,
  kinds,
  limits,
  normalizeLine,
  normalizePhone,
  normalizeText,
} from '../../domain/report.ts';
import {
  type Agency,
  type Directory,
  findAgency,
  findTopic,
  isLikeAgencyCode,
  isLikeTopicCode,
  isLoaded,
  searchAgencies,
} from '../../domain/routing/directory.ts';
import { describeArea, findArea } from '../../domain/routing/gazetteer.ts';
import type { Submission } from '../../domain/submission.ts';
import { parseTrackingId } from '../../domain/tracking-id.ts';
import type { Catalogue } from '../messages/id.ts';

const lineFields = [
  'token',
  'opened',
  'proof',
  'trap',
  'joins',
  'kind',
  'title',
  'occurredOn',
  'place',
  'areaCode',
  'point',
  'agency',
  'agencyAsked',
  'agencyChoice',
  'topic',
  'name',
  'phone',
  'email',
  'onBehalfOf',
] as const;
const flags = ['anonymous', 'confidential', 'consent'] as const;

/**
 * What the form holds, field by field, as strings that may be empty. `token` names this filling-in of the form: sent
 * twice, it files one report. `opened` says when, in our hand, `proof` is what its script found out, and `trap` stays empty
 * where a person fills it in. `joins` is the tracking ID of a report about the same event, `areaCode` the area chosen for
 * `place`, `agencyAsked` the agency text for which `agencyChoice` was offered.
 */
export type FormValues = Readonly<
  Record<(typeof lineFields)[number] | 'text', string> & Record<(typeof flags)[number], boolean>
>;
export type FormField = keyof FormValues | 'files';

export type FormProblem = {
  readonly field: FormField;
  readonly message: keyof Catalogue['problems'];
  readonly values?: Readonly<Record<string, string | number>>;
};

export type CheckedForm =
  | { readonly submission: Submission }
  | {
      readonly problems: readonly FormProblem[];
      /** As typed, but with an agency that was chosen from the list in place of the words that were unclear. */
      readonly values: FormValues;
      readonly agencyChoices: readonly Agency[];
    };

/** The value of `agencyChoice` that leaves the agency to us. */
export const anyAgency = '-';

/** Everything posted, made harmless but not judged: unknown fields are dropped, missing ones empty. */
export function readForm(posted: URLSearchParams): FormValues {
  const lines = lineFields.map((field) => [field, normalizeLine(posted.get(field)) ?? '']);
  const checks = flags.map((flag) => [flag, posted.get(flag) === '1']);
  const values: FormValues = {
    ...Object.fromEntries([...lines, ...checks]),
    text: normalizeText(posted.get('text') ?? ''),
  };
  const joined = parseTrackingId(values.joins);
  return { ...values, joins: joined === 'mistyped' ? '' : joined.trackingId };
}

export function emptyForm(token: string): FormValues {
  return readForm(new URLSearchParams({ token, kind: 'complaint' }));
}

/** The latest day that has begun anywhere in Indonesia: in the east, nine hours ahead of UTC all year. */
export function latestDay(now: Date): string {
  return new Date(now.getTime() + 9 * 3_600_000).toISOString().slice(0, 10);
}

/** The submission, or everything that stands in its way at once; no event lies after `today`. */
export function checkForm(values: FormValues, directory: Directory, today: string): CheckedForm {
  const kind = kinds.find((known) => known === values.kind);
  const agency = resolveAgency(directory, values);
  const point = parsePoint(values.point);
  const problems = [
    ...problemIf(kind === undefined, 'kind', 'kind'),
    ...tooLong(values, 'title', limits.title),
    ...problemIf(values.text === '', 'text', 'textEmpty'),
    ...tooLong(values, 'text', limits.text),
    ...dayProblem(values.occurredOn, today),
    ...tooLong(values, 'place', limits.placeText),
    ...problemIf(values.point !== '' && point === null, 'point', 'point'),
    ...('code' in agency ? [] : [agencyProblem(values.agency, agency.choices)]),
    ...problemIf(
      isLoaded(directory) && values.topic !== '' && findTopic(directory, values.topic) === null,
      'topic',
      'topic',
    ),
    ...tooLong(values, 'name', limits.name),
    ...problemIf(values.phone !== '' && normalizePhone(values.phone) === null, 'phone', 'phone'),
    ...problemIf(values.email !== '' && !/^[^\s@]+@[^\s@]+$/.test(values.email), 'email', 'email'),
    ...tooLong(values, 'email', limits.contact),
    ...tooLong(values, 'onBehalfOf', limits.name),
    ...problemIf(!values.consent, 'consent', 'consent'),
  ];
  if (!('code' in agency)) return { problems, values, agencyChoices: agency.choices };
  if (problems.length > 0 || kind === undefined) {
    return { problems, values: { ...values, agency: agency.name }, agencyChoices: [] };
  }
  const { title, text, occurredOn, place, name, phone, email, onBehalfOf } = values;
  const topic = isLoaded(directory) || isLikeTopicCode(values.topic) ? values.topic : '';
  return {
    submission: {
      kind,
      text,
      ...filledIn({ title, occurredOn, topic, agency: agency.code, onBehalfOf, joins: values.joins }),
      place: { ...filledIn({ text: place, areaCode: chosenArea(directory, values) }), ...point },
      reporter: filledIn({ name, phone, email }),
      anonymous: values.anonymous,
      confidential: values.confidential,
      consent: true,
    },
  };
}

/** The code of the area that was chosen for the place; empty once the words say something else. */
function chosenArea({ gazetteer }: Directory, { place, areaCode }: FormValues): string {
  const area = findArea(gazetteer, areaCode);
  if (area === null || gazetteer.codes[area] !== areaCode) return '';
  return place.endsWith(describeArea(gazetteer, area)) ? areaCode : '';
}

/** The agency named, empty for none, or those that may have been meant: nobody is sent to a place they did not choose. */
function resolveAgency(
  directory: Directory,
  { agency, agencyAsked, agencyChoice }: FormValues,
):
  | Pick<Agency, 'code' | 'name'>
  | { readonly code: AgencyCode | ''; readonly name: string }
  | { readonly choices: readonly Agency[] } {
  const choice = agency === agencyAsked ? agencyChoice : '';
  if (agency === '' || choice === anyAgency) return { code: '', name: '' };
  if (!isLoaded(directory)) {
    return { code: isLikeAgencyCode(agency) ? (agency as AgencyCode) : '', name: agency };
  }
  const named = findAgency(directory, choice || agency);
  return named?.active ? named : { choices: searchAgencies(directory, agency, 6) };
}

function agencyProblem(typed: string, choices: readonly Agency[]): FormProblem {
  return choices.length > 0
    ? { field: 'agencyChoice', message: 'agencyUnclear' }
    : { field: 'agency', message: 'agencyUnknown', values: { typed: typed.slice(0, 80) } };
}

function dayProblem(day: string, today: string): readonly FormProblem[] {
  if (day === '') return [];
  const parsed = new Date(`${day}T00:00:00Z`);
  const exists = /^(19|[2-9]\d)\d\d-\d\d-\d\d$/.test(day) && !Number.isNaN(parsed.getTime());
  // 31 February parses as 3 March
  if (!exists || parsed.toISOString().slice(0, 10) !== day) return [{ field: 'occurredOn', message: 'day' }];
  return problemIf(day > today, 'occurredOn', 'dayAhead');
}

function tooLong(
  values: FormValues,
  field: (typeof lineFields)[number] | 'text',
  max: number,
): readonly FormProblem[] {
  const count = values[field].length;
  return count > max ? [{ field, message: 'tooLong', values: { max, count } }] : [];
}

function problemIf(
  wrong: boolean,
  field: FormField,
  message: keyof Catalogue['problems'],
): readonly FormProblem[] {
  return wrong ? [{ field, message }] : [];
}

function filledIn<T extends Record<string, string>>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')) as Partial<T>;
}
