import { describe, expect, test } from 'vitest';
import { kindOfFiling, settleFound, settleSend } from './notification.ts';
import type { ReportId } from './report.ts';

const now = new Date('2026-11-22T03:00:00Z');
const hour = 3_600_000;
const middle = () => 0.5;

describe('what a reporter is told of a filing', () => {
  test('others are mentioned where the report joined a case, but never to one who reported in confidence', () => {
    const first = '0190c0de-0000-7000-8000-000000000001' as ReportId;
    expect(kindOfFiling({ duplicateOf: null, confidential: false })).toBe('tracking_id');
    expect(kindOfFiling({ duplicateOf: first, confidential: false })).toBe('linked');
    expect(kindOfFiling({ duplicateOf: first, confidential: true })).toBe('tracking_id');
  });
});

describe('an attempt to send', () => {
  test('that succeeded keeps the name the provider gave', () => {
    expect(settleSend({ kind: 'sent', providerId: 'SM01' }, 3, now, middle)).toEqual({
      verdict: 'sent',
      providerId: 'SM01',
      reason: null,
      nextAttemptAt: null,
    });
  });

  test('whose outcome is unknown is parked at once, however many attempts are left', () => {
    expect(settleSend({ kind: 'unknown', reason: 'no answer: ECONNRESET' }, 1, now, middle)).toEqual({
      verdict: 'parked',
      providerId: null,
      reason: 'it may have been sent: no answer: ECONNRESET',
      nextAttemptAt: null,
    });
  });

  test('that was refused is not made again', () => {
    expect(settleSend({ kind: 'refused', reason: 'no contact' }, 1, now, middle)).toMatchObject({
      verdict: 'refused',
      reason: 'no contact',
      nextAttemptAt: null,
    });
  });

  const failed = { kind: 'retry', reason: 'answered 503', retryAfter: null } as const;

  test('that failed is made again within seconds, then ever later, for about a day, then staff decide', () => {
    const delays = [];
    let attempt = 1;
    for (;;) {
      const { nextAttemptAt } = settleSend(failed, attempt, now, middle);
      if (nextAttemptAt === null) break;
      delays.push(nextAttemptAt.getTime() - now.getTime());
      attempt += 1;
    }
    expect(delays[0]).toBe(10_000);
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(delays.reduce((sum, delay) => sum + delay) / hour).toBeCloseTo(24, -1);
    expect(settleSend(failed, attempt, now, middle)).toMatchObject({
      verdict: 'parked',
      reason: `not sent, given up after ${attempt} attempts, the last: answered 503`,
    });
  });

  test('is not made again before the provider says', () => {
    const { nextAttemptAt } = settleSend({ ...failed, retryAfter: '300' }, 1, now, () => 0);
    expect(nextAttemptAt).toEqual(new Date(now.getTime() + 300_000));
  });
});

describe('an attempt in doubt', () => {
  const silent = { kind: 'ask_again', reason: 'X cannot be reached' } as const;
  const askedAfter = (ms: number) =>
    settleFound(silent, { number: 1, begunAt: new Date(now.getTime() - ms) }, now, middle);

  test('is settled by what the provider says', () => {
    const attempt = { number: 2, begunAt: now };
    const found = { kind: 'retry', reason: 'it was never posted', retryAfter: null } as const;
    expect(settleFound(found, attempt, now, middle)).toEqual(settleSend(found, 2, now, middle));
  });

  test('is asked about again where the provider cannot be asked: soon, then ever later, once an hour at least', () => {
    expect(askedAfter(hour / 60)).toEqual({
      verdict: 'in_doubt',
      providerId: null,
      reason: 'it may have been sent, and is asked about again: X cannot be reached',
      nextAttemptAt: new Date(now.getTime() + hour / 60),
    });
    const pauses = [0, 0.25, 1, 6, 23.9].map(
      (hours) => (askedAfter(hours * hour).nextAttemptAt?.getTime() ?? Number.NaN) - now.getTime(),
    );
    expect(pauses).toEqual([hour / 60, hour / 4, hour, hour, hour]);
  });

  test('is for staff to decide where it could not be asked for a day', () => {
    expect(askedAfter(24 * hour)).toEqual({
      verdict: 'parked',
      providerId: null,
      reason: 'it may have been sent: X cannot be reached',
      nextAttemptAt: null,
    });
  });
});
