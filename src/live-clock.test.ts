import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Db } from './db/pool.ts';
import { openClock } from './live-clock.ts';

const hour = 3_600_000;
const log = pino({ level: 'silent' });
let ahead = 0;
let away = false;
const db = {
  query: async () => {
    if (away) throw new Error('connection refused');
    return { rows: [{ now: new Date(Date.now() + ahead) }] };
  },
} as unknown as Db;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-22T05:00:00Z') });
  ahead = 0;
  away = false;
});
afterEach(() => vi.useRealTimers());

test('a clock that is off by an hour is put right, also one that goes off later', async () => {
  ahead = -hour;
  const clock = await openClock({ db, log });
  expect(clock.now()).toEqual(new Date('2026-11-22T04:00:00Z'));
  ahead = hour;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(clock.now()).toEqual(new Date('2026-11-22T06:00:10Z'));
  clock.close();
});

test('one that agrees within two seconds is left alone', async () => {
  ahead = 1_500;
  const clock = await openClock({ db, log });
  expect(clock.now()).toEqual(new Date('2026-11-22T05:00:00Z'));
  clock.close();
});

test('while PostgreSQL is away the last difference stands', async () => {
  ahead = hour;
  const clock = await openClock({ db, log });
  away = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(clock.now()).toEqual(new Date('2026-11-22T06:00:30Z'));
  clock.close();
});
