import { parseTrackingId } from '../../domain/tracking-id.ts';

export type TrackQuery = { readonly typed: string } & (
  | { readonly trackingId: string }
  | { readonly receipt: string }
  | { readonly result: 'not-asked' | 'empty' | 'mistyped' }
);

/** Reads `?id=`: a tracking ID or a receipt code, with whatever separators the person put in. */
export function readTrackQuery(url: string): TrackQuery {
  const id = new URLSearchParams(url.split('?', 2)[1] ?? '').get('id');
  if (id === null) return { typed: '', result: 'not-asked' };
  const typed = id.trim();
  if (typed === '') return { typed, result: 'empty' };
  const receipt = readReceipt(typed);
  if (receipt !== null) return { typed, receipt };
  const parsed = parseTrackingId(typed);
  return parsed === 'mistyped' ? { typed, result: 'mistyped' } : { typed, ...parsed };
}

/** Crockford's base32 is made for copying by hand: an o is a zero, an i or l is a one, separators mean nothing. */
function readReceipt(typed: string): string | null {
  const code = typed.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
  return /^[0-9a-hjkmnp-tv-z]{33}$/.test(code) ? code : null;
}
