import { createHash } from 'node:crypto';
import type { NewReport } from '../report.ts';

/** Words people open or close a report with; they say nothing about the event. */
const courtesies = new Set(
  `assalamualaikum assalamu'alaikum assalamu alaikum asslmkm aslm ass wr wb warahmatullahi wabarakatuh wassalam wassalamualaikum
  selamat pagi siang sore malam met halo hallo hai hi hei permisi punten maaf mohon yth kepada dear
  bapak ibu bpk pak bu min admin mimin kak gan tim lapor lapor1708
  terima kasih terimakasih trims trimakasih makasih mksh tks thx matur nuwun suwun hatur nuhun`.split(/\s+/),
);

/**
 * The words of a text after case, space, punctuation, accents and courtesies are taken away: two texts with the same
 * canonical form say the same thing in the same words. A text of nothing but courtesies keeps them.
 */
export function canonicalText(text: string): string {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  let start = 0;
  let end = words.length;
  while (start < end && courtesies.has(words[start] ?? '')) start += 1;
  while (end > start && courtesies.has(words[end - 1] ?? '')) end -= 1;
  return (start === end ? words : words.slice(start, end)).join(' ');
}

/**
 * 16 bytes that are equal for reports of the same text about the same place. A confidential report only ever meets
 * other confidential ones: from being linked, nobody may learn that a confidential report exists.
 */
export function fingerprint(report: Pick<NewReport, 'title' | 'text' | 'place' | 'confidential'>): Buffer {
  const place = report.place;
  const parts = [
    report.confidential ? 'confidential' : 'open',
    // a text without any word, such as one emoji, is itself
    canonicalText(report.text) || report.text,
    canonicalText(place?.text ?? ''),
    place?.areaCode ?? '',
    // about 100 m: two people at one pothole do not stand on the same centimetre
    place?.lat == null || place.lon == null ? '' : `${place.lat.toFixed(3)},${place.lon.toFixed(3)}`,
  ];
  return createHash('sha256').update(parts.join('\n')).digest().subarray(0, 16);
}
