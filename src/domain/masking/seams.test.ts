import { describe, expect, it } from 'vitest';
import { maskPersonalData } from '../masking.ts';

describe('next to a gap', () => {
  it.each([
    ['Hubungi saya di 0812 345 […] segera', 'Hubungi saya di [nomor] […] segera'],
    ['Hubungi saya di […] 678-90 segera', 'Hubungi saya di […] [nomor] segera'],
    ['surat ke budi@gma […] ', 'surat ke [email] […] '],
    ['Jalan rusak […] sejak Senin', 'Jalan rusak […] sejak Senin'],
    [
      '[bagian 2 dari 3, menyusul] […] 7890, tolong […] ',
      '[bagian 2 dari 3, menyusul] […] [nomor] tolong […] ',
    ],
    ['Kirim ke 0812_ […] ', 'Kirim ke [nomor] […] '],
    ['Lubang 3 meter, lalu […] gelap', 'Lubang 3 meter, lalu […] gelap'],
  ])('%j becomes %j, and stays it', (text, masked) => {
    expect(maskPersonalData(text)).toBe(masked);
    expect(maskPersonalData(masked)).toBe(masked);
  });
});
