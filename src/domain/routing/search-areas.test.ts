import { expect, test } from 'vitest';
import { buildGazetteer } from './gazetteer.ts';
import { createAreaSearch } from './search-areas.ts';

const search = createAreaSearch(
  buildGazetteer(
    [
      '31\tDKI Jakarta',
      '32\tJawa Barat',
      '32.04\tKabupaten Bandung',
      '32.04.05\tCileunyi',
      '32.73\tKota Bandung',
      '32.73.02\tCoblong',
      '32.73.02.1004\tDago',
      '32.73.02.1006\tLebak Siliwangi',
      '33\tJawa Tengah',
      '33.10\tKabupaten Klaten',
      '33.10.11\tBandungan',
      '33.10.11.2001\tDago',
    ].join('\n'),
    [{ areaCode: '32', alias: 'Jabar' }],
  ),
);
const names = (typed: string) => search(typed, 8).map(({ name }) => name);

test('what is typed begins a name; the larger areas come first, of the smaller ones those called exactly so', () => {
  expect(names('band')).toEqual(['Kabupaten Bandung', 'Kota Bandung', 'Kec. Bandungan, Kabupaten Klaten']);
  expect(names('dago')).toEqual([
    'Kel. Dago, Kec. Coblong, Kota Bandung',
    'Desa Dago, Kec. Bandungan, Kabupaten Klaten',
  ]);
  expect(search('cob', 8)).toEqual([{ code: '32.73.02', name: 'Kec. Coblong, Kota Bandung' }]);
});

test('further words tell where it lies', () => {
  expect(names('dago klat')).toEqual(['Desa Dago, Kec. Bandungan, Kabupaten Klaten']);
  expect(names('Kel. Dago, Kec. Cob')).toEqual(['Kel. Dago, Kec. Coblong, Kota Bandung']);
  expect(names('dago jakarta')).toEqual([]);
});

test('other names and names written as one are known', () => {
  expect(names('jabar')).toEqual(['Provinsi Jawa Barat']);
  expect(names('lebaksil')).toEqual(['Kel. Lebak Siliwangi, Kec. Coblong, Kota Bandung']);
});

test.each(['', 'ba', '!!', 'xyzzy', 'kel', '\0'])('%j finds nothing', (typed) => {
  expect(names(typed)).toEqual([]);
});
