import { describe, expect, test } from 'vitest';
import type { Language, NotificationKind, NotificationParams } from '../../notification.ts';
import { statuses } from '../../progress.ts';
import { id } from './id.ts';
import { type MailText, mailText } from './mail-text.ts';

const trackingId = '869931144244';
const publicUrl = 'https://lapor.example.go.id';
const kinds = Object.keys(id) as NotificationKind[];
const languages: readonly Language[] = ['id', 'en'];

const paramsOf = (kind: NotificationKind): NotificationParams =>
  kind === 'status'
    ? { trackingId, status: 'delivered', agencyName: 'Kota Bandung' }
    : kind === 'rated'
      ? { trackingId, rating: 4 }
      : ['tracking_id', 'linked', 'added'].includes(kind)
        ? { trackingId }
        : {};

const wordsOf = ({ subject, paragraphs }: MailText): string =>
  [
    subject,
    ...paragraphs.map((part) => (typeof part === 'string' ? part : `${part.words}: ${part.link}`)),
  ].join('\n');
const say = (kind: NotificationKind, language: Language, params = paramsOf(kind)) =>
  mailText(kind, params, language, publicUrl);

describe.each(languages)('in %s', (language) => {
  test.each(kinds)('%s has a short subject, tells of 112, and nothing of SMS', (kind) => {
    const text = say(kind, language);
    expect(text.subject.length).toBeGreaterThan(10);
    expect(text.subject.length).toBeLessThan(78);
    expect(wordsOf(text)).toMatch(/112/);
    expect(wordsOf(text)).not.toMatch(/SMS|BANTUAN|HELP|NILAI|RATE|TAMBAH|ADD|undefined|null|NaN/);
  });

  test.each(kinds.filter((kind) => 'trackingId' in paramsOf(kind)))(
    '%s gives the ID as people read it, where to look, and how to say more',
    (kind) => {
      const words = wordsOf(say(kind, language));
      expect(words).toContain('8699-3114-4244');
      expect(words).toContain('https://lapor.example.go.id/lacak?id=869931144244');
      expect(words).toMatch(/[Bb]alas saja e-mail ini|just reply to this e-mail/i);
    },
  );

  test.each(['tracking_id', 'linked'] as const)('%s says how many files were not taken, if any', (kind) => {
    expect(wordsOf(say(kind, language, { trackingId, filesNotTaken: 3 }))).toMatch(/\b3\b/);
    expect(say(kind, language, { trackingId, filesNotTaken: 0 })).toEqual(say(kind, language));
  });

  test('every status reads differently, and an agency may have any name', () => {
    const texts = statuses.map((status) => wordsOf(say('status', language, { trackingId, status })));
    expect(new Set(texts).size).toBe(statuses.length);
    const agencyName = 'Dinas Pekerjaan Umum, Perumahan & Permukiman “Satu Atap” 你好';
    expect(wordsOf(say('status', language, { trackingId, status: 'delivered', agencyName }))).toContain(
      agencyName,
    );
  });
});

test('no subject and no first sentence is the same in both languages', () => {
  for (const kind of kinds) {
    const [indonesian, english] = [say(kind, 'id'), say(kind, 'en')];
    expect(english.subject).not.toBe(indonesian.subject);
    expect(english.paragraphs[0]).not.toBe(indonesian.paragraphs[0]);
  }
});

test('that others reported the same event does not show in the subject', () => {
  expect(say('linked', 'id').subject).toBe(say('tracking_id', 'id').subject);
});
