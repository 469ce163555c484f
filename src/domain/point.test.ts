import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePoint } from './point.ts';

test.each([
  '-6.9147, 107.6098',
  '-6.9147 107.6098',
  '\u22126.9147,107.6098',
  '\u20116.9147, 107.6098',
  '(-6.9147; 107.6098)',
  '-6,9147, 107,6098',
  '-6.9147°, 107.6098°',
  '107.6098, -6.9147',
  'geo:-6.9147,107.6098?z=17',
  'https://www.google.com/maps/@-6.9147,107.6098,17z',
  'https://www.google.com/maps/place/Dago/@-6.9,107.5,17z/data=!3m1!4b1!4m6!3m5!8m2!3d-6.9147!4d107.6098',
  'https://maps.google.com/?q=-6.9147,107.6098',
  'https://www.google.com/maps/search/?api=1&query=-6.9147%2C107.6098',
  'https://www.openstreetmap.org/#map=17/-6.9147/107.6098',
  'https://www.openstreetmap.org/?mlat=-6.9147&mlon=107.6098#map=12/1/2',
])('reads %s', (written) => {
  expect(parsePoint(written)).toEqual({ lat: -6.9147, lon: 107.6098 });
});

test.each([
  '',
  'dekat SDN 2 Cikaret',
  '-6.9147',
  '191.5, 107.6',
  'https://maps.app.goo.gl/AbCdEf123',
  'https://contoh.id/%E0%A4%A',
  '0812 3456 7890',
])('finds no point in %j', (written) => {
  expect(parsePoint(written)).toBeNull();
});

test('whatever is typed, a point found lies on the earth', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-0-9., ]{1,30}$/)), (written) => {
      const point = parsePoint(written);
      if (point === null) return;
      expect(Math.abs(point.lat)).toBeLessThanOrEqual(90);
      expect(Math.abs(point.lon)).toBeLessThanOrEqual(180);
    }),
  );
});
