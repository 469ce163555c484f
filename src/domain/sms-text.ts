/**
 * What a text costs as SMS: the alphabet it goes in and the parts it takes, by 3GPP TS 23.038 (alphabets) and 23.040
 * (the header of a part, 6 of its 140 bytes).
 */

/** Section 6.2.1: one septet each. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Section 6.2.1.1: behind an escape, so two septets each. */
const extended = new Set('\f^{}\\[~]|€');

const capacities = {
  gsm7: { whole: 160, part: 153 },
  ucs2: { whole: 70, part: 67 },
} as const;

export type SmsSize = { readonly encoding: keyof typeof capacities; readonly segments: number };

export function isGsm7(text: string): boolean {
  for (const character of text) if (!basic.has(character) && !extended.has(character)) return false;
  return true;
}

/** The alphabet a text goes in, and how many SMS it is: no character is ever split over two of them. */
export function measureSms(text: string): SmsSize {
  const encoding = isGsm7(text) ? 'gsm7' : 'ucs2';
  const { whole, part } = capacities[encoding];
  const sizes = Array.from(text, (character) =>
    encoding === 'ucs2' ? character.length : extended.has(character) ? 2 : 1,
  );
  if (sizes.reduce((sum, size) => sum + size, 0) <= whole) return { encoding, segments: 1 };
  let segments = 1;
  let filled = 0;
  for (const size of sizes) {
    if (filled + size > part) {
      segments += 1;
      filled = 0;
    }
    filled += size;
  }
  return { encoding, segments };
}

/** What reads the same in GSM-7. Emoji, other scripts and accents that it lacks have nothing there that does. */
const sameInGsm7: readonly (readonly [RegExp, string])[] = [
  [/[“”„‟″«»]/g, '"'],
  [/[‘’‚‛′´`]/g, "'"],
  [/[‐‑‒–—―−]/g, '-'],
  [/…/g, '...'],
  [/•/g, '*'],
  [/\r\n?/g, '\n'],
  // spaces of every width, and characters that nobody sees
  [/[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' '],
  [/[\u00ad\u200b\u2060\ufeff]/g, ''],
];

/** The text in GSM-7 where nothing of it is lost and it takes no more SMS for it; else as it was. */
export function toGsm7(text: string): string {
  if (isGsm7(text)) return text;
  const plain = sameInGsm7.reduce(
    (replaced, [pattern, same]) => replaced.replace(pattern, same),
    text.normalize('NFC'),
  );
  return isGsm7(plain) && measureSms(plain).segments <= measureSms(text).segments ? plain : text;
}
