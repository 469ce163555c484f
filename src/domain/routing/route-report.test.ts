import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { placeCases, smsCases } from '../../../test/routing-cases.ts';
import { readSeedAreas, readSeedFacts, type SeedFacts } from '../../seed-facts.ts';
import type { AgencyCode, Place } from '../report.ts';
import { type Agency, buildDirectory, type Directory, nationalDesk } from './directory.ts';
import { type RoutableReport, routeReport } from './route-report.ts';

let facts: SeedFacts;
let areas: string;
let directory: Directory;

beforeAll(async () => {
  const seed = await readSeedFacts();
  facts = { ...seed, agencies: [...seed.agencies, nationalDeskOfMigration] };
  areas = (await readSeedAreas())
    .map(({ code, name }) => `${code}\t${name}`)
    .sort()
    .join('\n');
  directory = buildDirectory({ ...facts, areas, version: '1' });
});

/** It comes with the first migration, not with the seed. */
const nationalDeskOfMigration: Agency = {
  code: nationalDesk,
  name: 'Meja Nasional SP4N-LAPOR!',
  kind: 'national_desk',
  parentCode: null,
  timeZone: 'Asia/Jakarta',
  areaCode: null,
  aliases: ['desk nasional'],
  active: true,
};

const nowhere: Place = { text: null, lat: null, lon: null, areaCode: null };

function report(text: string, rest: Partial<RoutableReport> = {}): RoutableReport {
  return {
    channel: 'sms',
    kind: 'complaint',
    title: null,
    text,
    place: null,
    topic: null,
    agency: null,
    ...rest,
  };
}

const web = (text: string, rest: Partial<RoutableReport> = {}): RoutableReport =>
  report(text, { channel: 'web', ...rest });

describe('an SMS goes where it belongs', () => {
  test.each(smsCases)('%s -> %s', (text, agency, topic) => {
    const route = routeReport(directory, report(text));
    expect({ agency: route.agency, reason: route.reason }).toEqual({ agency, reason: route.reason });
    if (topic !== null) expect(route.topic).toMatch(new RegExp(`^${topic}`));
  });
});

describe('the place given beside the text decides', () => {
  test.each(placeCases)('%s @ %s -> %s', (text, place, agency) => {
    expect(routeReport(directory, web(text, { place: { ...nowhere, text: place } })).agency).toBe(agency);
  });

  test('a code of an area comes before every name', () => {
    const route = routeReport(
      directory,
      web('Jalan rusak di Kota Surabaya', {
        place: { ...nowhere, text: 'Bandung', areaCode: '32.05.01.2001' },
      }),
    );
    expect(route).toMatchObject({ agency: 'D32.05', confidence: 0.9 });
    expect(route.reason).toMatch(/^Lokasi dipilih: .*, Kabupaten Garut; topik jalan berlubang/);
  });

  test('an unknown code counts as far as it is known', () => {
    const place = { ...nowhere, areaCode: '32.73.99.9999' };
    expect(routeReport(directory, web('Jalan rusak', { place })).agency).toBe('D32.73');
  });

  test('a code that is none and a point on the map count for nothing', () => {
    const place = { text: null, lat: -6.9, lon: 107.6, areaCode: '../etc/passwd' };
    expect(routeReport(directory, web('Jalan rusak', { place })).agency).toBe('nasional');
  });
});

describe('what the reporter chose', () => {
  test('an agency is taken at their word', () => {
    const route = routeReport(directory, web('Jalan rusak di Kota Bandung', { agency: 'K26' as AgencyCode }));
    expect(route).toEqual({
      agency: 'K26',
      topic: 'pekerjaan-umum.jalan-berlubang',
      reason: 'Instansi dipilih oleh pelapor: Kementerian Perhubungan',
      confidence: 0.95,
    });
  });

  test('an inactive agency is passed over', () => {
    expect(directory.agencies.get('K2')?.active).toBe(false);
    const route = routeReport(directory, web('Jalan rusak di Kota Bandung', { agency: 'K2' as AgencyCode }));
    expect(route.agency).toBe('D32.73');
  });

  test('an unknown agency is passed over', () => {
    const route = routeReport(directory, web('Jalan rusak di Kota Bandung', { agency: 'X99' as AgencyCode }));
    expect(route.agency).toBe('D32.73');
  });

  test('a topic is narrowed by the text, never left', () => {
    const text = 'Antrean di kantor lama sekali, KTP tidak jadi, sampah di mana-mana. Kota Bogor';
    expect(routeReport(directory, web(text, { topic: 'kependudukan' })).topic).toMatch(/^kependudukan[.]/);
    expect(routeReport(directory, web(text, { topic: 'lingkungan' })).topic).toBe(
      'lingkungan.pengelolaan-sampah',
    );
    expect(routeReport(directory, web(text, { topic: 'agama' }))).toMatchObject({
      agency: 'K1',
      topic: 'agama',
    });
  });

  test('a topic that is no more, or never was, is left to the text', () => {
    expect(routeReport(directory, web('tolong', { topic: 'covid-19' })).topic).toBeNull();
    expect(routeReport(directory, web('tolong', { topic: 'x' })).topic).toBeNull();
  });
});

describe('the reason', () => {
  test('says what was recognised, in names of the directory', () => {
    const route = routeReport(directory, web('lobang di jln, Kec. Coblong kota bdg'));
    expect(route.reason).toBe(
      'Lokasi disebut: Kec. Coblong, Kota Bandung; topik jalan berlubang ditangani pemerintah daerah',
    );
  });

  test('says that a name was ambiguous, and the confidence is low', () => {
    const route = routeReport(directory, web('Jalan rusak di Bandung'));
    expect(route.reason).toContain('Kota Bandung (nama yang sama dengan kabupaten; dianggap kota)');
    expect(route.confidence).toBeLessThan(0.5);
  });

  test('never repeats what the reporter wrote', () => {
    const route = routeReport(
      directory,
      web('Pak Rahmat Hidayat 081234567890 jalan rusak', {
        title: 'Rahasia Sekali',
        place: { ...nowhere, text: 'Gang Haji Muhidin, Kota Bandung' },
      }),
    );
    expect(route.agency).toBe('D32.73');
    expect(route.reason).not.toMatch(/Rahmat|0812|Rahasia|Muhidin/);
  });
});

describe('whatever comes', () => {
  test('the agency is an active one, and the same every time', () => {
    const words = [...directory.gazetteer.phrases.longest.keys()].filter((_, at) => at % 40 === 0);
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.constantFrom(...words, 'jalan', 'rusak', 'di', 'kab', 'kota', 'kec', 'desa', '.', 'ktp'), {
          maxLength: 60,
        })
        .map((chosen) => chosen.join(' ')),
    );
    const anything = fc.record({
      channel: fc.constantFrom('web', 'sms', 'twitter', 'email', 'letter'),
      kind: fc.constantFrom('complaint', 'aspiration', 'information_request'),
      title: fc.option(text),
      text,
      place: fc.option(
        fc.record({
          text: fc.option(text),
          lat: fc.option(fc.double()),
          lon: fc.option(fc.double()),
          areaCode: fc.option(fc.oneof(fc.string(), fc.constantFrom('32', '32.73', '32.73.02', '99', '.'))),
        }),
      ),
      topic: fc.option(
        fc.oneof(fc.string(), fc.constantFrom('kesehatan', 'covid-19', 'hewan-liar', 'lainnya')),
      ),
      agency: fc.option(fc.oneof(fc.string(), fc.constantFrom('K2', 'K9', 'nasional', '__proto__'))),
    }) as fc.Arbitrary<RoutableReport>;
    fc.assert(
      fc.property(anything, (given) => {
        const route = routeReport(directory, given);
        expect(directory.agencies.get(route.agency)?.active).toBe(true);
        expect(route.reason).not.toBe('');
        expect(route.confidence).toBeGreaterThan(0);
        expect(route.confidence).toBeLessThanOrEqual(1);
        if (route.topic !== null) expect(directory.topics.get(route.topic)?.active).toBe(true);
        expect(routeReport(directory, given)).toEqual(route);
      }),
      { numRuns: 500 },
    );
  });

  test('an inactive local government hands on to its province', () => {
    const agencies = facts.agencies.map((agency) =>
      agency.code === 'D31.74' ? { ...agency, active: false } : agency,
    );
    const without = buildDirectory({ ...facts, agencies, areas, version: '2' });
    expect(routeReport(without, web('banjir di Tebet Jakarta Selatan')).agency).toBe('P31');
  });

  test('an empty directory leaves everything to the national desk', () => {
    const none = { version: '0', agencies: [], topics: [], keywords: [], words: [], areas: '' };
    expect(routeReport(buildDirectory(none), report('BDGKOT jalan rusak')).agency).toBe('nasional');
  });

  test.each([
    ['one word over and over', 'jalan '.repeat(3333)],
    ['a name over and over', 'di sukamaju '.repeat(1666)],
    ['one endless word', 'x'.repeat(20_000)],
    ['single letters', 'a '.repeat(10_000)],
    ['letters that fold into eighteen each', '\uFDFA'.repeat(20_000)],
    ['marks upon marks', `a${'\u0301'.repeat(19_999)}`],
  ])('20,000 characters of %s do not hold it up', (_, text) => {
    routeReport(directory, report(text));
    expect(Math.min(...[1, 2, 3].map(() => timeRoute(text)))).toBeLessThan(500);
  });

  test('20,000 characters of names of places do not hold it up', () => {
    const text = areas
      .split('\n')
      .filter((_, at) => at % 30 === 0)
      .map((line) => line.split('\t')[1])
      .join(' di ')
      .slice(0, 20_000);
    expect(Math.min(...[1, 2, 3].map(() => timeRoute(text)))).toBeLessThan(500);
  });
});

/** In milliseconds of the processor, however busy the machine is. */
function timeRoute(text: string): number {
  const before = process.cpuUsage();
  routeReport(directory, report(text));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
