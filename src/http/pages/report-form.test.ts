import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AgencyCode } from '../../domain/report.ts';
import { type Agency, buildDirectory, emptyDirectory, type Topic } from '../../domain/routing/directory.ts';
import { parseSubmission } from '../../domain/submission.ts';
import { checkForm, emptyForm, type FormField, latestDay, readForm } from './report-form.ts';

const agency = (code: string, name: string, active = true): Agency => ({
  code: code as AgencyCode,
  name,
  kind: 'city',
  parentCode: null,
  timeZone: 'Asia/Jakarta',
  areaCode: null,
  aliases: [],
  active,
});

const roads: Topic = {
  code: 'infrastruktur',
  name: 'Infrastruktur',
  parentCode: null,
  centralAgencyCode: null,
  localOffice: null,
  handledBy: 'regency',
  active: true,
};

const directory = buildDirectory({
  version: '1',
  agencies: [
    agency('D32.73', 'Pemerintah Kota Bandung'),
    agency('D32.04', 'Pemerintah Kabupaten Bandung'),
    agency('K99', 'Kementerian Lama', false),
  ],
  topics: [roads],
  keywords: [],
  words: [],
  areas: '32\tJawa Barat\n32.73\tKota Bandung\n32.73.02\tCoblong',
});
const today = '2026-11-22';

const filled = {
  token: 'V1StGXR8_Z5jdHi6B-myT',
  kind: 'complaint',
  title: 'Jln berlubang dpn SDN 2 Cikaret',
  text: 'Tlg diperbaiki pak, sdh 3 bln lubangnya makin dalam.\r\nKmrn ada yg jatuh.',
  occurredOn: '2026-11-20',
  place: 'Jl. Cikaret Raya, Bandung',
  agency: 'pemerintah kota bandung',
  topic: 'infrastruktur',
  name: 'Wulan Sasmita',
  phone: '0812-3456-7890',
  email: 'wulan.sasmita@contoh.id',
  onBehalfOf: 'Ibu Kartini',
  anonymous: '1',
  consent: '1',
};
const check = (changes: Readonly<Record<string, string>>) =>
  checkForm(readForm(new URLSearchParams({ ...filled, ...changes })), directory, today);
const problemsOf = (checked: ReturnType<typeof checkForm>) =>
  'problems' in checked ? checked.problems.map(({ field, message }) => [field, message]) : [];

test('a form filled in completely becomes a submission with every field', () => {
  expect(check({})).toEqual({
    submission: {
      kind: 'complaint',
      title: filled.title,
      text: 'Tlg diperbaiki pak, sdh 3 bln lubangnya makin dalam.\nKmrn ada yg jatuh.',
      occurredOn: '2026-11-20',
      place: { text: filled.place },
      agency: 'D32.73',
      topic: 'infrastruktur',
      reporter: { name: filled.name, phone: filled.phone, email: filled.email },
      onBehalfOf: filled.onBehalfOf,
      anonymous: true,
      confidential: false,
      consent: true,
    },
  });
});

test('a point and the area chosen for the place go with it', () => {
  const place = 'Jl. Dago 5, Kec. Coblong, Kota Bandung';
  expect(check({ place, areaCode: '32.73.02', point: '-6.8855, 107.6139' })).toMatchObject({
    submission: { place: { text: place, areaCode: '32.73.02', lat: -6.8855, lon: 107.6139 } },
  });
});

test.each([
  ['Kota Bandung', '32.73.02'],
  ['Kec. Coblong, Kota Bandung', '32.73.99'],
  ['Kec. Coblong, Kota Bandung', "32'; drop table"],
])('for the place %s the area code %s does not count', (place, areaCode) => {
  expect(check({ place, areaCode })).toMatchObject({ submission: { place: { text: place } } });
  expect(JSON.stringify(check({ place, areaCode }))).not.toContain(areaCode);
});

test('what happened and consent are enough', () => {
  const checked = checkForm(
    readForm(
      new URLSearchParams({ kind: 'aspiration', text: 'Mohon ditambah bus ke Soreang', consent: '1' }),
    ),
    directory,
    today,
  );
  expect(checked).toMatchObject({
    submission: { kind: 'aspiration', text: 'Mohon ditambah bus ke Soreang' },
  });
});

test('an untouched form asks for what is missing, all at once', () => {
  expect(problemsOf(checkForm(emptyForm('t'), directory, today))).toEqual([
    ['text', 'textEmpty'],
    ['consent', 'consent'],
  ]);
});

test.each<[FormField, string, string]>([
  ['kind', 'curhat', 'kind'],
  ['title', 'x'.repeat(201), 'tooLong'],
  ['text', ' \r\n\0 ', 'textEmpty'],
  ['text', 'x'.repeat(20_001), 'tooLong'],
  ['occurredOn', '20-11-2026', 'day'],
  ['occurredOn', '2026-02-30', 'day'],
  ['occurredOn', '0026-11-20', 'day'],
  ['occurredOn', '2026-11-23', 'dayAhead'],
  ['place', 'x'.repeat(501), 'tooLong'],
  ['point', 'https://maps.app.goo.gl/AbCdEf123', 'point'],
  ['agency', 'Dinas Sihir', 'agencyUnknown'],
  ['topic', 'sihir', 'topic'],
  ['name', 'x'.repeat(201), 'tooLong'],
  ['phone', '12', 'phone'],
  ['email', 'wulan di contoh', 'email'],
  ['email', `${'x'.repeat(250)}@contoh.id`, 'tooLong'],
  ['onBehalfOf', 'x'.repeat(201), 'tooLong'],
])('%s with "%.20s" is told as %s', (field, value, message) => {
  expect(problemsOf(check({ [field]: value }))).toEqual([[field, message]]);
});

test('an agency named unclearly is asked back with those that may be meant', () => {
  const checked = check({ agency: 'bandung' });
  expect(problemsOf(checked)).toEqual([['agencyChoice', 'agencyUnclear']]);
  expect('agencyChoices' in checked && checked.agencyChoices.map(({ code }) => code)).toEqual([
    'D32.04',
    'D32.73',
  ]);
});

test('a choice answers the question it was offered for', () => {
  expect(check({ agency: 'bandung', agencyAsked: 'bandung', agencyChoice: 'D32.04' })).toMatchObject({
    submission: { agency: 'D32.04' },
  });
});

test('leaving the choice to the gateway names no agency', () => {
  const checked = check({ agency: 'bandung', agencyAsked: 'bandung', agencyChoice: '-' });
  expect('submission' in checked && checked.submission.agency).toBeUndefined();
});

test('a choice made for other words does not count', () => {
  const checked = check({
    agency: 'pemerintah kota bandung',
    agencyAsked: 'bandung',
    agencyChoice: 'D32.04',
  });
  expect(checked).toMatchObject({ submission: { agency: 'D32.73' } });
});

test('a choice made is kept while something else is mended', () => {
  const checked = check({ agency: 'bandung', agencyAsked: 'bandung', agencyChoice: 'D32.04', phone: '12' });
  expect(checked).toMatchObject({ values: { agency: 'Pemerintah Kabupaten Bandung' }, agencyChoices: [] });
});

test('an agency that is no longer active is not found', () => {
  expect(problemsOf(check({ agency: 'Kementerian Lama' }))).toEqual([['agency', 'agencyUnknown']]);
});

test('a day counts as begun when it has in Papua', () => {
  expect(latestDay(new Date('2026-11-22T14:59:00Z'))).toBe('2026-11-22');
  expect(latestDay(new Date('2026-11-22T15:00:00Z'))).toBe('2026-11-23');
});

test('whatever is posted either has a problem to show or is a valid submission', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...Object.values(filled)),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(filled)), value), (changes) => {
      const checked = check(changes);
      if ('submission' in checked) expect(parseSubmission(checked.submission)).toBeTruthy();
      else expect(checked.problems).not.toEqual([]);
    }),
  );
});

test('before the directory has loaded, a wish is kept where it is like a code', () => {
  const wishesOf = (agency: string, topic: string) => {
    const values = readForm(new URLSearchParams({ ...filled, agency, topic }));
    const checked = checkForm(values, emptyDirectory(), today);
    return 'submission' in checked ? [checked.submission.agency, checked.submission.topic] : checked;
  };
  expect(wishesOf('D32.73', 'infrastruktur.jalan')).toEqual(['D32.73', 'infrastruktur.jalan']);
  expect(wishesOf('kantor Pak Asep', 'Lurah Asep')).toEqual([undefined, undefined]);
  expect(wishesOf('081234567890', '0812-3456-7890')).toEqual([undefined, undefined]);
});
