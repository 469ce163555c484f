import { describe, expect, it } from 'vitest';
import { describeXFailure, readFailure, readRefusal } from './failure.ts';

const now = new Date('2026-11-22T10:00:00Z');
const refuse = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
  readRefusal({ status, headers, body }, now);

describe('a failure at X', () => {
  it('is told apart by its status', () => {
    expect(refuse(401).kind).toBe('unauthorized');
    expect(refuse(404).kind).toBe('not-found');
    expect(refuse(503)).toEqual({ kind: 'in-doubt', answered: true });
    expect(refuse(400, { errors: [{ parameters: { since_id: ['1'] } }] })).toEqual({
      kind: 'invalid',
      parameter: 'since_id',
    });
  });

  it('is about money, whichever status X gives it', () => {
    const depleted = {
      title: 'CreditsDepleted',
      type: 'https://api.x.com/2/problems/credits',
      detail: 'Your enrolled account [17080] does not have any credits to fulfill this request.',
    };
    expect(refuse(402)).toEqual({ kind: 'credits' });
    expect(refuse(403, depleted)).toEqual({ kind: 'credits' });
    expect(refuse(429, { type: 'https://api.x.com/2/problems/usage-capped' })).toEqual({ kind: 'credits' });
  });

  it('has the reason of a 403 as a code, also where X has only words for it', () => {
    const because = (body: object) => refuse(403, body);
    expect(because({ detail: 'You are not allowed to create a Tweet with duplicate content.' })).toEqual({
      kind: 'forbidden',
      reason: 'duplicate',
    });
    expect(
      because({
        type: 'https://api.x.com/2/problems/client-forbidden',
        reason: 'client-not-enrolled',
      }),
    ).toEqual({ kind: 'forbidden', reason: 'client-not-enrolled' });
    expect(because({ type: 'about:blank', detail: 'Hubungi @siti_aminah' })).toEqual({
      kind: 'forbidden',
      reason: null,
    });
  });

  it('waits until what is used up is there again, by the clock of X', () => {
    const at = (seconds: number) => String(now.getTime() / 1_000 + seconds);
    const headers = {
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': at(400),
      'x-app-limit-24hour-remaining': '17',
      'x-app-limit-24hour-reset': at(80_000),
    };
    expect(refuse(429, {}, headers)).toEqual({
      kind: 'rate-limited',
      until: new Date(now.getTime() + 400_000),
    });
    const ahead = { ...headers, date: new Date(now.getTime() + 300_000).toUTCString() };
    expect(refuse(429, {}, ahead)).toEqual({
      kind: 'rate-limited',
      until: new Date(now.getTime() + 100_000),
    });
    expect(refuse(429)).toEqual({ kind: 'rate-limited', until: new Date(now.getTime() + 60_000) });
  });

  it('is in doubt unless it is certain that nothing was sent', () => {
    const failed = (code: string, syscall: string) => ({
      _options: { error: Object.assign(new Error('failed'), { code, syscall }) },
    });
    expect(readFailure(failed('ECONNREFUSED', 'connect'), now)).toEqual({ kind: 'unreachable' });
    expect(readFailure(failed('ENOTFOUND', 'getaddrinfo'), now)).toEqual({ kind: 'unreachable' });
    expect(readFailure(failed('ECONNRESET', 'read'), now)).toEqual({ kind: 'in-doubt', answered: false });
    expect(readFailure(new Error('whatever'), now)).toEqual({ kind: 'in-doubt', answered: false });
  });

  it('is told without a word of the answer', () => {
    const words = describeXFailure(
      refuse(403, { detail: '@siti_aminah is suspended', title: 'Forbidden', type: 'about:blank' }),
    );
    expect(words).toBe('X refuses it (403, suspended)');
  });
});
