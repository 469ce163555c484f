import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quietUntil } from './quiet-hours.ts';

const night = { from: 21 * 60, until: 6 * 60, timeZone: 'Asia/Jakarta' };
const nap = { from: 13 * 60, until: 14 * 60 + 30, timeZone: 'Asia/Jakarta' };
const at = (moment: string) => new Date(moment);

describe('quiet hours', () => {
  test.each([
    // 20:59:59 in Jakarta
    ['2026-11-22T13:59:59Z', null],
    ['2026-11-22T14:00:00Z', '2026-11-22T23:00:00Z'],
    ['2026-11-22T16:59:59Z', '2026-11-22T23:00:00Z'],
    // midnight
    ['2026-11-22T17:00:00Z', '2026-11-22T23:00:00Z'],
    ['2026-11-22T22:59:59.999Z', '2026-11-22T23:00:00Z'],
    ['2026-11-22T23:00:00Z', null],
  ])('across midnight: at %s until %s', (now, end) => {
    expect(quietUntil(night, at(now), null)).toEqual(end === null ? null : at(end));
  });

  test.each([
    ['2026-11-22T05:59:00Z', null],
    ['2026-11-22T06:00:00Z', '2026-11-22T07:30:00Z'],
    ['2026-11-22T07:30:00Z', null],
  ])('within a day: at %s until %s', (now, end) => {
    expect(quietUntil(nap, at(now), null)).toEqual(end === null ? null : at(end));
  });

  test.each([
    ['Asia/Jakarta', '2026-11-22T23:00:00Z'],
    ['Asia/Makassar', '2026-11-22T22:00:00Z'],
    ['Asia/Jayapura', '2026-11-22T21:00:00Z'],
    ['UTC', null],
  ])('are those of the time zone: %s', (timeZone, end) => {
    const now = at('2026-11-22T15:30:00Z');
    expect(quietUntil({ ...night, timeZone }, now, null)).toEqual(end === null ? null : at(end));
  });

  test.each([
    // forward at 02:00, back at 03:00
    ['2026-03-28T21:00:00Z', '2026-03-29T04:00:00Z'],
    ['2026-10-24T20:00:00Z', '2026-10-25T05:00:00Z'],
  ])('end by the clock on the wall where it is put forward or back: at %s until %s', (now, end) => {
    expect(quietUntil({ ...night, timeZone: 'Europe/Berlin' }, at(now), null)).toEqual(at(end));
  });

  test('do not hold up an answer to somebody who has just written, but do an hour later', () => {
    const now = at('2026-11-22T15:30:00Z');
    expect(quietUntil(night, now, at('2026-11-22T15:29:50Z'))).toBeNull();
    expect(quietUntil(night, now, at('2026-11-22T14:30:00Z'))).toEqual(at('2026-11-22T23:00:00Z'));
  });

  test('that are not set are none', () => {
    expect(quietUntil(null, at('2026-11-22T15:30:00Z'), null)).toBeNull();
  });

  test('end within a day, at their minute, and are not followed by more', () => {
    const timeOfDay = fc.integer({ min: 0, max: 1439 });
    const moment = fc.date({
      min: at('2026-01-01T00:00:00Z'),
      max: at('2027-01-01T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(timeOfDay, timeOfDay, moment, (from, until, now) => {
        fc.pre(from !== until);
        const hours = { from, until, timeZone: 'Asia/Makassar' };
        const end = quietUntil(hours, now, null);
        if (end === null) return;
        expect(end.getTime()).toBeGreaterThan(now.getTime());
        expect(end.getTime() - now.getTime()).toBeLessThanOrEqual(86_400_000);
        expect((end.getTime() / 60_000 + 8 * 60) % 1440).toBe(until);
        expect(quietUntil(hours, end, null)).toBeNull();
      }),
    );
  });
});
