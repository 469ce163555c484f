import { expect, test } from 'vitest';
import { type FormSigns, reasonToHold } from './machine-signs.ts';

const byHand: FormSigns = { proven: false, trapped: false, seconds: 90, unproven: 1 };
const limits = { minSeconds: 3, maxUnproven: 30 };

test.each<[string, Partial<FormSigns>, string | null]>([
  ['with proof of work', { proven: true }, null],
  [
    'with proof of work and nothing else that speaks for it',
    { proven: true, seconds: null, unproven: 999 },
    null,
  ],
  ['with proof of work, sent again in no time', { proven: true, seconds: 0 }, null],
  ['with proof of work and the trap filled in', { proven: true, trapped: true }, 'isian tersembunyi'],
  ['filled in by hand without scripts', {}, null],
  ['filled in by hand, at the least time', { seconds: 3 }, null],
  ['filled in by hand over a day', { seconds: 86_400 }, null],
  ['filled in by hand, with the trap', { trapped: true }, 'isian tersembunyi'],
  ['sent in no time', { seconds: 2 }, 'terlalu cepat'],
  ['opened in the future', { seconds: -5 }, 'terlalu cepat'],
  ['opened two days ago', { seconds: 172_800 }, 'lebih dari sehari'],
  ['without a word of ours on when it was opened', { seconds: null }, 'tidak diketahui'],
  ['the last one believed of an address', { unproven: 30 }, null],
  ['one more from that address', { unproven: 31 }, 'lebih dari 30 formulir'],
])('a form %s', (_, signs, reason) => {
  const held = reasonToHold({ ...byHand, ...signs }, limits);
  if (reason === null) expect(held).toBeNull();
  else expect(held).toContain(reason);
});

test('limits of zero believe everybody who leaves the trap empty', () => {
  const none = { minSeconds: 0, maxUnproven: 0 };
  expect(reasonToHold({ ...byHand, seconds: 0, unproven: 999 }, none)).toBeNull();
  expect(reasonToHold({ ...byHand, trapped: true }, none)).not.toBeNull();
});
