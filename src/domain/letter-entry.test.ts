import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkLetter,
  dayIn,
  type LetterEntry,
  type LetterField,
  letterExternalId,
  normalizeAgendaNumber,
  readLetterFields,
  toLetterReport,
} from './letter-entry.ts';
import type { AgencyCode } from './report.ts';
import { type Agency, buildDirectory } from './routing/directory.ts';
import type { StaffId } from './staff.ts';

const agency = (code: string, name: string, more: Partial<Agency> = {}): Agency => ({
  code: code as AgencyCode,
  name,
  kind: 'city',
  parentCode: null,
  timeZone: 'Asia/Jakarta',
  areaCode: null,
  aliases: [],
  active: true,
  ...more,
});

const directory = buildDirectory({
  version: '1',
  agencies: [
    agency('D32.73', 'Pemerintah Kota Bandung'),
    agency('D32.04', 'Pemerintah Kabupaten Bandung'),
    agency('D94.71', 'Pemerintah Kota Jayapura', { timeZone: 'Asia/Jayapura' }),
    agency('K99', 'Kementerian Lama', { active: false }),
  ],
  topics: [
    {
      code: 'infrastruktur',
      name: 'Infrastruktur',
      parentCode: null,
      centralAgencyCode: null,
      localOffice: null,
      handledBy: 'regency',
      active: true,
    },
  ],
  keywords: [],
  words: [],
  areas: '32\tJawa Barat\n32.73\tKota Bandung\n32.73.02\tCoblong',
});

/** Half past ten in the evening of 22 November in Jakarta, half past midnight in Jayapura. */
const now = new Date('2026-11-22T15:30:00Z');

const typed: Partial<Record<LetterField, string>> = {
  office: 'D32.73',
  origin: 'letter',
  agendaNumber: '045/ADU/2026',
  writtenOn: '2026-11-15',
  receivedOn: '2026-11-20',
  kind: 'complaint',
  title: 'Jembatan bambu hampir putus',
  text: 'Jembatan bambu penghubung RW 04 dan RW 05 hampir putus, anak sekolah menyeberang setiap hari.',
  place: 'Gang Sawo, Kec. Coblong, Kota Bandung',
  areaCode: '32.73.02',
  name: 'Ni Luh Sukerti',
  phone: '0812 3456 7890',
  address: 'Gang Sawo No. 4, RT 02/RW 04',
};

const check = (changes: Partial<Record<LetterField, string>> = {}) => {
  const fields = { ...typed, ...changes };
  return checkLetter(
    readLetterFields((field) => fields[field]),
    { directory, now },
  );
};
function entryOf(changes: Partial<Record<LetterField, string>> = {}): LetterEntry {
  const checked = check(changes);
  if (!('entry' in checked)) throw new Error(JSON.stringify(checked.problems));
  return checked.entry;
}
const problemsOf = (changes: Partial<Record<LetterField, string>>) => {
  const checked = check(changes);
  return 'entry' in checked ? [] : checked.problems.map(({ field, problem }) => `${field}: ${problem}`);
};
const report = (entry: LetterEntry, hashes: readonly string[] = []) =>
  toLetterReport(entry, { enteredBy: 'sri' as StaffId, receivedAt: now, hashes });

describe('an entry of the letter desk', () => {
  test('becomes a report that knows where it stands in the books', () => {
    const made = report(entryOf());
    expect(made).toMatchObject({
      channel: 'letter',
      kind: 'complaint',
      place: { text: 'Gang Sawo, Kec. Coblong, Kota Bandung', areaCode: '32.73.02' },
      identity: {
        name: 'Ni Luh Sukerti',
        phone: '+6281234567890',
        email: null,
        address: 'Gang Sawo No. 4, RT 02/RW 04',
      },
      letter: {
        office: 'D32.73',
        year: 2026,
        agendaNumber: '045/ADU/2026',
        origin: 'letter',
        writtenOn: '2026-11-15',
        receivedOn: '2026-11-20',
        enteredBy: 'sri',
      },
    });
    const { identity, original, ...clear } = made;
    expect(JSON.stringify(clear)).not.toMatch(/Sukerti|6281234567890|RT 02/);
  });

  test('without anything of the reporter is a report that nobody signed', () => {
    expect(report(entryOf({ name: '', phone: '', address: '' })).identity).toBeNull();
  });

  test('says everything that is wrong at once', () => {
    expect(
      problemsOf({ office: '', origin: 'pigeon', agendaNumber: '', receivedOn: '', kind: '', text: ' ' }),
    ).toEqual([
      'office: officeUnknown',
      'origin: originMissing',
      'agendaNumber: agendaMissing',
      'receivedOn: receivedMissing',
      'kind: kind',
      'text: textEmpty',
    ]);
  });

  test.each<[Partial<Record<LetterField, string>>, string]>([
    [{ office: 'K99' }, 'office: officeUnknown'],
    [{ office: 'constructor' }, 'office: officeUnknown'],
    [{ agendaNumber: 'tanpa nomor' }, 'agendaNumber: agendaForm'],
    [{ agendaNumber: '1'.repeat(61) }, 'agendaNumber: tooLong'],
    [{ writtenOn: '2026-02-31' }, 'writtenOn: day'],
    [{ writtenOn: '0026-11-15' }, 'writtenOn: day'],
    [{ writtenOn: 'kemarin' }, 'writtenOn: day'],
    [{ writtenOn: '2026-11-21' }, 'receivedOn: receivedBeforeWritten'],
    [{ receivedOn: '2026-11-23' }, 'receivedOn: dayAhead'],
    [{ writtenOn: '2027-01-01' }, 'writtenOn: dayAhead'],
    [{ title: 'a'.repeat(201) }, 'title: tooLong'],
    [{ text: 'a'.repeat(20_001) }, 'text: tooLong'],
    [{ agency: 'bandung' }, 'agency: agencyUnclear'],
    [{ agency: 'Kerajaan Langit' }, 'agency: agencyUnknown'],
    [{ agency: 'K99' }, 'agency: agencyUnknown'],
    [{ topic: 'sihir' }, 'topic: topic'],
    [{ origin: 'social_media' }, 'postUrl: postUrlMissing'],
    [{ postUrl: 'javascript:alert(1)' }, 'postUrl: postUrl'],
    [{ postUrl: 'https://nama:sandi@contoh.id/1' }, 'postUrl: postUrl'],
    [{ postUrl: 'instagram.com/p/1' }, 'postUrl: postUrl'],
    [{ joins: '123456789012' }, 'joins: joins'],
    [{ phone: '12' }, 'phone: phone'],
    [{ email: 'bukan surel' }, 'email: email'],
    [{ address: 'a'.repeat(501) }, 'address: tooLong'],
    [{ textByOcr: '1' }, 'textWasRead: textUnread'],
  ])('%j: %s', (changes, problem) => {
    expect(problemsOf(changes)).toContain(problem);
  });

  test('takes what a machine read once a person has compared it, and what is written as people write', () => {
    expect(entryOf({ textByOcr: '1', textWasRead: '1' }).textByOcr).toBe(true);
    expect(entryOf({ receivedOn: '1/11/2026', writtenOn: '31-10-2026' })).toMatchObject({
      receivedOn: '2026-11-01',
      writtenOn: '2026-10-31',
    });
    expect(entryOf({ agency: 'pemerintah kota bandung' }).agency).toBe('D32.73');
  });

  test('knows what day it is where the office is', () => {
    expect([dayIn('Asia/Jakarta', now), dayIn('Asia/Jayapura', now)]).toEqual(['2026-11-22', '2026-11-23']);
    expect(problemsOf({ office: 'D94.71', receivedOn: '2026-11-23' })).toEqual([]);
    expect(problemsOf({ office: 'D32.73', receivedOn: '2026-11-23' })).toEqual(['receivedOn: dayAhead']);
  });

  test('keeps the area only as long as the place says it', () => {
    expect(entryOf({ place: 'Gang Sawo' }).place).toEqual({ text: 'Gang Sawo', areaCode: null });
  });

  test('keeps the address of a post in nothing but the original, and joins nothing in secret', () => {
    const post = 'https://media.contoh.id/@sukerti/1';
    const made = report(entryOf({ origin: 'social_media', postUrl: post, confidential: '1', joins: '' }));
    const { original, ...others } = made;
    expect(original.body.toString()).toContain(post);
    expect(JSON.stringify(others)).not.toContain('@sukerti');
    expect(made.joins).toBeNull();
  });
});

describe('the agenda number', () => {
  test.each([
    ['45/ADU/2026', '045/adu/2026'],
    ['45/ADU-3', ' 45 / adu – 3 '],
    ['12', '0012'],
    ['0', '0'],
    ['1.01', '1.01'],
  ])('is %s as well when it is written "%s"', (normal, written) => {
    expect(normalizeAgendaNumber(written)).toBe(normal);
  });

  test('names one letter per office and year', () => {
    const id = (changes: Partial<Record<LetterField, string>> = {}) => report(entryOf(changes)).externalId;
    expect(id({ agendaNumber: '45 / adu / 2026', title: 'Lain' })).toBe(id());
    expect(id({ office: 'D32.04' })).not.toBe(id());
    expect(id({ receivedOn: '2025-11-20', writtenOn: '' })).not.toBe(id());
    expect(id()).toMatch(/^letter:[\w-]{43}$/);
    expect(id()).toBe(
      letterExternalId({ office: 'D32.73' as AgencyCode, year: 2026, agendaNumber: '45/ADU/2026' }),
    );
  });

  test('under which the same is entered again has the same original, and another with other words or files', () => {
    const body = (changes = {}, hashes: readonly string[] = []) =>
      report(entryOf(changes), hashes).original.body.toString();
    expect(body({ agendaNumber: ' 45 / adu / 2026' })).toBe(body());
    expect(body({ text: 'Lain sama sekali' })).not.toBe(body());
    expect(body({}, ['00'])).not.toBe(body());
  });

  test('stays what it is, however often it is normalized', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (typed) => {
        const once = normalizeAgendaNumber(typed);
        expect(normalizeAgendaNumber(once)).toBe(once);
      }),
    );
  });
});
