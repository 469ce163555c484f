import { describe, expect, test } from 'vitest';
import type { Language, NotificationKind, NotificationParams } from '../notification.ts';
import { notificationText } from '../notification.ts';
import { statuses } from '../progress.ts';
import { measureSms } from '../sms-text.ts';
import { en } from './en.ts';
import { id } from './id.ts';

const trackingId = '869931144244';
const kinds = Object.keys(id) as NotificationKind[];
const languages: readonly Language[] = ['id', 'en'];

const agencyNames = [
  null,
  '',
  'Kota Bandung',
  // the longest of the directory
  'Kementerian Koordinator Bidang Infrastruktur dan Pembangunan Kewilayahan',
  'Unit Pelaksana Teknis Daerah Pengelolaan Jalan dan Jembatan Wilayah Selatan pada Dinas Pekerjaan Umum, Perumahan dan Kawasan Permukiman Kabupaten Kepulauan Siau Tagulandang Biaro',
  'x'.repeat(500),
  '[{€}] '.repeat(60),
  'Kantor “Satu Atap” – Façade Ngawi…',
  'Balai Bahasa 你好 🙏',
];

/** Every value a kind can be told with, and some it should never be told with. */
const paramsOf: { readonly [Kind in NotificationKind]: readonly NotificationParams[] } = {
  tracking_id: [{ trackingId }],
  linked: [{ trackingId }],
  status: statuses.flatMap((status) => [
    { trackingId, status },
    ...agencyNames.map((agencyName) => ({ trackingId, status, agencyName })),
  ]),
  added: [{ trackingId }],
  rated: [1, 5].map((rating) => ({ trackingId, rating })),
  help: [{}],
  wrong_id: [{}],
  not_found: [{}],
  rating_range: [{}],
};

describe.each(languages)('in %s', (language) => {
  test.each(kinds)('%s fits into one SMS of GSM-7, whatever it is about', (kind) => {
    for (const params of paramsOf[kind]) {
      const text = notificationText(kind, params, language);
      expect({ text, ...measureSms(text) }).toEqual({ text, encoding: 'gsm7', segments: 1 });
      expect(text).not.toMatch(/undefined|null|NaN/);
    }
  });

  test.each(kinds.filter((kind) => 'trackingId' in (paramsOf[kind][0] ?? {})))(
    '%s gives the ID as people read it',
    (kind) => {
      for (const params of paramsOf[kind])
        expect(notificationText(kind, params, language)).toContain('8699-3114-4244');
    },
  );

  test('every status reads differently', () => {
    const texts = statuses.map((status) => notificationText('status', { trackingId, status }, language));
    expect(new Set(texts).size).toBe(statuses.length);
  });
});

test('no sentence is the same in both languages', () => {
  for (const kind of kinds) {
    const [params = {}] = paramsOf[kind];
    expect(notificationText(kind, params, 'en')).not.toBe(notificationText(kind, params, 'id'));
  }
  expect(Object.keys(en)).toEqual(Object.keys(id));
});

test('help names every command', () => {
  expect(notificationText('help', {}, 'id')).toMatch(/STATUS.*TAMBAH.*NILAI/);
  expect(notificationText('help', {}, 'en')).toMatch(/STATUS.*ADD.*RATE/);
});

describe('the name of an agency', () => {
  const delivered = (agencyName: string) =>
    notificationText('status', { trackingId, status: 'delivered', agencyName }, 'id');

  test.each([
    ['Kota Bandung', 'Laporan 8699-3114-4244 sudah diterima Kota Bandung.'],
    ['Kantor “Satu Atap” Façade', 'Laporan 8699-3114-4244 sudah diterima Kantor "Satu Atap" Facade.'],
    ['Balai Bahasa 你好', 'Laporan 8699-3114-4244 sudah diterima Balai Bahasa....'],
    ['你好', 'Laporan 8699-3114-4244 sudah diterima instansi yang berwenang.'],
    ['x'.repeat(200), 'Laporan 8699-3114-4244 sudah diterima instansi yang berwenang.'],
  ])('%s', (name, text) => expect(delivered(name)).toBe(text));

  test('loses words from its end where the SMS would be two, and dots stand for them', () => {
    const text = delivered(
      'Dinas Perumahan, Kawasan Permukiman, Pertanahan, Pekerjaan Umum dan Penataan Ruang, Lingkungan Hidup, Perhubungan Kabupaten Kepulauan Siau',
    );
    expect(text).toBe(
      'Laporan 8699-3114-4244 sudah diterima Dinas Perumahan, Kawasan Permukiman, Pertanahan, Pekerjaan Umum dan Penataan Ruang, Lingkungan Hidup, Perhubungan....',
    );
    expect(measureSms(text)).toEqual({ encoding: 'gsm7', segments: 1 });
  });
});
