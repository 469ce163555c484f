import { describe, expect, test } from 'vitest';
import { weighPost, withoutLinks } from './post-text.ts';

test.each([
  ['Terima kasih', 12],
  ['“Satu Atap” – Façade’s', 22],
  ['é'.normalize('NFD'), 1],
  ['你好', 4],
  ['👾', 2],
  ['a'.repeat(280), 280],
])('%s weighs %d', (text, weight) => expect(weighPost(text)).toBe(weight));

test('an emoji of several parts never weighs less than the two it weighs on X', () => {
  for (const emoji of ['🙋🏽', '👨‍🎤', '👨‍👩‍👧‍👦', '🇮🇩']) expect(weighPost(emoji)).toBeGreaterThanOrEqual(2);
});

describe('nothing becomes a link:', () => {
  test.each([
    ['Lihat lapor.go.id.', 'Lihat lapor. go. id.'],
    ['https://lapor.go.id/lacak?id=1', 'https: //lapor. go. id/lacak?id=1'],
    ['PT.Pos (Persero)', 'PT. Pos (Persero)'],
    ['halo@example.com', 'halo@example. com'],
    ['Dinas @PUPR_Jabar', 'Dinas PUPR_Jabar'],
    ['Dinas ＠PUPR', 'Dinas PUPR'],
    ['#lapor $BBCA', 'lapor BBCA'],
    ['例子.中国', '例子. 中国'],
  ])('%s', (text, plain) => expect(withoutLinks(text)).toBe(plain));
});

test.each([
  'Laporan 8699-3114-4244 sudah diterima Kota Bandung.',
  'Nilai: 4.5 dari 5. Terima kasih...',
  'No. 12, Rp 5.000',
])('%s stays as it is', (text) => expect(withoutLinks(text)).toBe(text));
