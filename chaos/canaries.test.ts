import { expect, test } from 'vitest';
import { createCanaries, findCanaries, isAmong } from './canaries.ts';
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
