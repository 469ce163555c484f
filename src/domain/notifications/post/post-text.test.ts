import { describe, expect, test } from 'vitest';
import type { Language, NotificationKind, NotificationParams } from '../../notification.ts';
import { longestPost, weighPost, withoutLinks } from '../../post-text.ts';
import { statuses } from '../../progress.ts';
import { id } from './id.ts';
import { postWordings } from './post-text.ts';

const trackingId = '869931144244';
const kinds = Object.keys(id) as NotificationKind[];
const languages: readonly Language[] = ['id', 'en'];

const agencyNames = [
  null,
  'Kota Bandung',
  'Dinas PU @PUPR_Jabar (lapor.go.id) “Satu Atap” 你好 '.repeat(8),
  'x'.repeat(500),
];

/** Every value a kind can be told with, and some it should never be told with. */
const paramsOf = (kind: NotificationKind): readonly NotificationParams[] =>
  kind === 'status'
    ? statuses.flatMap((status) => agencyNames.map((agencyName) => ({ trackingId, status, agencyName })))
    : kind === 'rated'
      ? [1, 5].map((rating) => ({ trackingId, rating }))
      : ['tracking_id', 'linked', 'added'].includes(kind)
        ? [{ trackingId }, { trackingId, filesNotTaken: 0 }, { trackingId, filesNotTaken: 12 }]
        : [{}];

describe.each(languages)('in %s', (language) => {
  test.each(kinds)('every wording of %s fits into a post, links nothing and tells of no SMS', (kind) => {
    for (const params of paramsOf(kind)) {
      for (const text of postWordings(kind, params, language)) {
        expect({ text, fits: weighPost(text) <= longestPost }).toEqual({ text, fits: true });
        expect(withoutLinks(text)).toBe(text);
        expect(text).not.toMatch(/SMS|BANTUAN|HELP|NILAI|RATE|TAMBAH|ADD|e-mail|undefined|null|NaN|\s\s/);
      }
    }
  });

  test.each(kinds)('no two wordings of %s are the same', (kind) => {
    for (const params of paramsOf(kind)) {
      const wordings = postWordings(kind, params, language);
      expect(new Set(wordings).size).toBe(wordings.length);
    }
  });

  test.each(kinds.filter((kind) => 'trackingId' in (paramsOf(kind)[0] ?? {})))(
    'every wording of %s gives the ID as people read it',
    (kind) => {
      for (const params of paramsOf(kind)) {
        for (const text of postWordings(kind, params, language)) expect(text).toContain('8699-3114-4244');
      }
    },
  );

  test.each(['tracking_id', 'linked'] as const)('%s tells of 112, and that everybody reads along', (kind) => {
    for (const text of postWordings(kind, { trackingId }, language)) {
      expect(text).toMatch(/112/);
      expect(text).toMatch(/semua orang|everybody/);
    }
  });

  test.each(['tracking_id', 'linked', 'added'] as const)('%s says how many files were not taken', (kind) => {
    for (const text of postWordings(kind, { trackingId, filesNotTaken: 12 }, language)) {
      expect(text).toMatch(/\b12 (berkas|of the files)\b/);
    }
  });
});

test('no wording is the same in both languages', () => {
  for (const kind of kinds) {
    const [params = {}] = paramsOf(kind);
    const english = postWordings(kind, params, 'en');
    for (const text of postWordings(kind, params, 'id')) expect(english).not.toContain(text);
  }
});

test('as much of the name of an agency is said as fits', () => {
  const agencyName = `Balai Besar Pelaksanaan Jalan Nasional ${'Wilayah Barat '.repeat(30)}`;
  const [text] = postWordings('status', { trackingId, status: 'delivered', agencyName }, 'id');
  expect(text).toMatch(
    /sudah diterima Balai Besar .*Wilayah\.\.\.\.$|sudah diterima Balai Besar .*Barat\.\.\.\.$/,
  );
  expect(weighPost(text)).toBeGreaterThan(longestPost - 14);
});
