import { describe, expect, test } from 'vitest';
import {
  judgeAttempt,
  nextAttemptAt,
  type PostOutcome,
  restUntil,
  settleAttempt,
  type Verdict,
} from './delivery.ts';
import { parseRetryAfter } from './retry.ts';

const now = new Date('2026-11-22T03:00:00Z');
const hour = 3_600_000;
const middle = () => 0.5;

const answer = (status: number, retryAfter: string | null = null): PostOutcome => ({
  kind: 'answer',
  status,
  retryAfter,
});

describe('an attempt is judged by what the agency answered', () => {
  const verdicts: readonly (readonly [Verdict, readonly number[]])[] = [
    ['accepted', [200, 201, 202, 204, 299]],
    ['retry', [408, 425, 429, 500, 501, 502, 503, 504, 599]],
    ['gone', [410]],
    ['refused', [301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 409, 413, 415, 422, 451]],
  ];
  const cases = verdicts.flatMap(([verdict, statuses]) => statuses.map((status) => ({ status, verdict })));

  test.each(cases)('$status is $verdict', ({ status, verdict }) => {
    expect(judgeAttempt(answer(status))).toBe(verdict);
  });

  test('no answer is tried again', () => {
    expect(judgeAttempt({ kind: 'timeout', detail: 'UND_ERR_HEADERS_TIMEOUT' })).toBe('retry');
    expect(judgeAttempt({ kind: 'network', detail: 'ECONNRESET' })).toBe('retry');
  });

  test('an address we may not reach is refused, so that staff see it', () => {
    expect(judgeAttempt({ kind: 'blocked', detail: 'private' })).toBe('refused');
  });
});

describe('the retry schedule', () => {
  const delayAfter = (attempt: number, random = middle) =>
    (nextAttemptAt(attempt, now, random, null)?.getTime() ?? Number.NaN) - now.getTime();

  test('begins within seconds, slows down and ends after three days', () => {
    const delays = Array.from({ length: 14 }, (_, index) => delayAfter(index + 1));
    expect(delays[0]).toBe(5_000);
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(delays.reduce((sum, delay) => sum + delay) / hour).toBeCloseTo(72, -1);
    expect(nextAttemptAt(15, now, middle, null)).toBeNull();
  });

  test('is spread by a fifth either way', () => {
    expect(delayAfter(2, () => 0)).toBe(24_000);
    expect(delayAfter(2, () => 1)).toBe(36_000);
  });

  test('never comes before what the agency asked for, and not all at once after it', () => {
    const asked = new Date(now.getTime() + 600_000);
    expect(nextAttemptAt(1, now, () => 0, asked)).toEqual(asked);
    expect(nextAttemptAt(1, now, () => 1, asked)?.getTime()).toBe(asked.getTime() + 10_000);
  });

  test('is not hastened by an agency that asks for less', () => {
    expect(nextAttemptAt(6, now, middle, now)?.getTime()).toBe(now.getTime() + hour);
  });
});

describe('Retry-After', () => {
  const seconds = (header: string | null) => {
    const at = parseRetryAfter(header, now);
    return at === null ? null : (at.getTime() - now.getTime()) / 1000;
  };

  test.each([
    ['120', 120],
    [' 0 ', 0],
    ['Sun, 22 Nov 2026 03:10:00 GMT', 600],
    ['Sunday, 22-Nov-26 03:10:00 GMT', 600],
    ['Sun, 22 Nov 2020 03:10:00 GMT', 0],
    ['99999999999999999999', 6 * 3600],
    ['Fri, 22 Nov 2126 03:10:00 GMT', 6 * 3600],
  ])('%s is %i seconds from now', (header, expected) => expect(seconds(header)).toBe(expected));

  test.each([null, '', '-5', '1.5', 'soon', '5 apples', '2026-11-22', 'Someday, maybe GMT'])(
    '%s says nothing',
    (header) => expect(seconds(header)).toBeNull(),
  );
});

describe('a settled attempt', () => {
  test('that was accepted is finished', () => {
    expect(settleAttempt(answer(202), 1, now, middle)).toEqual({
      verdict: 'accepted',
      error: null,
      nextAttemptAt: null,
      agencyAway: false,
      retryAfter: null,
    });
  });

  test('that came too early comes back when the agency said', () => {
    const settled = settleAttempt(answer(429, '300'), 1, now, () => 0);
    expect(settled.verdict).toBe('retry');
    expect(settled.nextAttemptAt).toEqual(new Date(now.getTime() + 300_000));
  });

  test('that was the last of the schedule is refused, and says that it was given up', () => {
    const settled = settleAttempt({ kind: 'network', detail: 'ECONNREFUSED' }, 15, now, middle);
    expect(settled.verdict).toBe('refused');
    expect(settled.nextAttemptAt).toBeNull();
    expect(settled.error).toBe('given up after 15 attempts, the last: network: ECONNREFUSED');
  });

  test('that was redirected tells staff what to do', () => {
    expect(settleAttempt(answer(307), 1, now, middle).error).toBe(
      'answered 307: redirects are not followed, register the final address',
    );
  });
});

describe('an endpoint that fails', () => {
  const restSeconds = (failures: number, retryAfter: Date | null = null) => {
    const until = restUntil(failures, now, retryAfter);
    return until === null ? null : (until.getTime() - now.getTime()) / 1000;
  };

  test('rests after five failures in a row, twice as long each time, a quarter of an hour at most', () => {
    expect([1, 4, 5, 6, 7, 9, 10, 11, 5000].map((failures) => restSeconds(failures))).toEqual([
      null,
      null,
      30,
      60,
      120,
      480,
      900,
      900,
      900,
    ]);
  });

  test('rests at once where it named the time', () => {
    expect(restSeconds(1, new Date(now.getTime() + 7_000))).toBe(7);
    expect(restSeconds(5, new Date(now.getTime() + 600_000))).toBe(600);
  });
});
