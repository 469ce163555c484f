import { mod11_10 } from 'cdigit';

/**
 * The citizen's handle on a report: 11 random digits and an ISO/IEC 7064 MOD 11,10 check digit, which catches every
 * single wrong digit and nearly every swap of neighbours. Random, because sequential numbers can be guessed.
 * Stored as 12 digits, shown as 4-4-4, typed with any separators. Never begins with 0 or 62, as telephone numbers do: in a text
 * the one stays and the other is masked.
 */
export function mintTrackingId(randomBelow: (limit: number) => number): string {
  const drawn = 10 ** 10 + randomBelow(89 * 10 ** 9);
  return mod11_10.generate(String(drawn < 62 * 10 ** 9 ? drawn : drawn + 10 ** 9));
}

/** `1234-5678-9012`. */
export function formatTrackingId(trackingId: string): string {
  return trackingId.replace(/^(\d{4})(\d{4})(\d{4})$/, '$1-$2-$3');
}

/** The 12 digits; `mistyped` where the check digit or the count of digits tells that the person slipped. */
export function parseTrackingId(typed: string): { readonly trackingId: string } | 'mistyped' {
  const digits = typed.normalize('NFKC').replace(/[\s.\-–—_/]/g, '');
  return /^\d{12}$/.test(digits) && mod11_10.validate(digits) ? { trackingId: digits } : 'mistyped';
}
