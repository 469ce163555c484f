import { expect, test } from 'vitest';
import { coreOf, createAddress, createCanaries, createNik, findCanaries, isAmong } from './canaries.ts';
import { createRandom } from './random.ts';

const canaries = createCanaries(4711, createRandom(1, 'test'));
const phone = `+62${canaries.phone.slice(1)}`;

test.each([
  ['in the clear', (value: string) => `{"a":"${value}"}`],
  ['in capitals', (value: string) => value.toUpperCase()],
  ['in base64', (value: string) => Buffer.from(value).toString('base64')],
  [
    'in base64url, aligned otherwise',
    (value: string) => `x${Buffer.from(`"${value}"`).toString('base64url')}`,
  ],
  ['in hexadecimal', (value: string) => `\\x${Buffer.from(`{"${value}"}`).toString('hex')}`],
  ['in hexadecimal, half a byte off', (value: string) => `a${Buffer.from(`"${value}"`).toString('hex')}`],
  ['in hexadecimal, as UTF-16', (value: string) => Buffer.from(`"${value}"`, 'utf16le').toString('hex')],
  ['percent-encoded', (value: string) => Buffer.from(value).toString('hex').replace(/../g, '%$&')],
  [
    'as JSON escapes',
    (value: string) => Buffer.from(value, 'utf16le').swap16().toString('hex').replace(/..../g, '\\u$&'),
  ],
  ['in UTF-16LE', (value: string) => Buffer.from(`"${value}"`, 'utf16le').toString('latin1')],
  ['in UTF-16BE', (value: string) => Buffer.from(`"${value}"`, 'utf16le').swap16().toString('latin1')],
])('a canary of every field is found %s', (_, hide) => {
  for (const value of [...Object.values(canaries), phone]) {
    const sightings = findCanaries(hide(value));
    expect(sightings).toContainEqual(expect.objectContaining({ number: 4711 }));
    expect(sightings.every((sighting) => isAmong(canaries, sighting))).toBe(true);
  }
});

test('a row of digits that only looks like a telephone number is no canary', () => {
  const tail = canaries.phone.endsWith('00') ? '01' : '00';
  const [sighting] = findCanaries(`tracking ID ${canaries.phone.slice(0, -2)}${tail}`);
  expect(sighting).toBeDefined();
  expect(sighting && isAmong(canaries, sighting)).toBe(false);
});

test.each(['0812-0047-1142', '+62 812 0047 1142', '62812.0047.1142', '81200471142'])(
  'a telephone number is found as %s',
  (written) => {
    expect(findCanaries(`WA ${written}, terima kasih`)).toEqual([{ number: 4711, canary: written }]);
    expect(coreOf(written)).toBe('81200471142');
  },
);

test('an identity number and an address are found', () => {
  const nik = createNik(4711, createRandom(1, 'nik'));
  const address = createAddress(4711, createRandom(1, 'address'));
  const seen = findCanaries(`${nik} [${address}]`);
  expect(seen).toEqual([
    { number: 4711, canary: nik },
    { number: 4711, canary: '2001:db8:6b78:4711' },
  ]);
});
