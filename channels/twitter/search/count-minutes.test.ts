import { describe, expect, it } from 'vitest';
import type { Cost } from '../../../src/domain/budget.ts';
import type { XClient } from '../client.ts';
import { countMinutes } from './count-minutes.ts';
import type { ReadParts } from './read-page.ts';

const from = Date.parse('2026-11-22T10:00:00Z');
const until = Date.parse('2026-11-22T12:00:00Z');
const price = 5_000;
const bucket = (start: string, count: number) => ({ start, end: start, tweet_count: count });
const refusal = (code: number, data: unknown = {}) =>
  Object.assign(new Error('Siti'), { type: 'response', code, headers: {}, data });

/** Against X that gives these answers one after the other, with money for so many. */
async function count(answers: readonly unknown[], affordable = 10) {
  const asked: Record<string, unknown>[] = [];
  const left = [...answers];
  const spent: number[] = [];
  const get = async (_path: string, wanted: Record<string, unknown>) => {
    asked.push(wanted);
    const answer = left.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const reserve = async ({ microdollars }: Cost) => {
    if (spent.length === affordable) return null;
    const index = spent.push(microdollars) - 1;
    return { settle: async (actual: Cost) => void spent.splice(index, 1, actual.microdollars) };
  };
  const parts = {
    config: { prices: { count: price } },
    client: ((call: (api: unknown) => unknown) => call({ v2: { get } })) as unknown as XClient,
    budget: { reserve },
    query: '#lapor',
    clock: () => new Date(until),
    signal: new AbortController().signal,
  } as unknown as ReadParts;
  return { counted: await countMinutes(parts, from, until), asked, spent };
}

describe('counting by the minute', () => {
  it('reads all pages, and pays for each', async () => {
    const { counted, asked, spent } = await count([
      { data: [bucket('2026-11-22T11:00:00.000Z', 2)], meta: { total_tweet_count: 2, next_token: 'two' } },
      {
        data: [bucket('2026-11-22T10:00:00.000Z', 0), bucket('2026-11-22T10:01:00.000Z', 7)],
        meta: { total_tweet_count: 7 },
      },
    ]);
    expect(counted).toEqual({
      kind: 'counted',
      byMinute: new Map([
        [from + 60 * 60_000, 2],
        [from + 60_000, 7],
      ]),
    });
    const query = {
      query: '#lapor',
      granularity: 'minute',
      start_time: '2026-11-22T10:00:00Z',
      end_time: '2026-11-22T12:00:00Z',
    };
    expect(asked).toEqual([query, { ...query, next_token: 'two' }]);
    expect(spent).toEqual([price, price]);
  });

  it('does not go on for ever', async () => {
    const { counted, asked } = await count(Array(10).fill({ data: [], meta: { next_token: 'more' } }));
    expect(counted).toEqual({ kind: 'unknown', reason: 'too-many-pages' });
    expect(asked).toHaveLength(3);
  });

  it('does not ask where there is no money left for it', async () => {
    expect(await count([], 0)).toEqual({
      counted: { kind: 'unknown', reason: 'spent' },
      asked: [],
      spent: [],
    });
  });

  it.each([
    [refusal(402), 'credits', 0],
    [refusal(429), 'rate-limited', 0],
    [refusal(503), 'in-doubt', price],
    [new Error('socket hang up'), 'in-doubt', price],
    ['<html>Siti', 'unreadable', price],
    [{ data: [{ start: 'Siti' }], meta: {} }, 'unreadable', price],
  ])('says in a word of ours why X did not answer (%#)', async (answer, reason, paid) => {
    const { counted, spent } = await count([answer]);
    expect(counted).toEqual({ kind: 'unknown', reason });
    expect(spent).toEqual([paid]);
  });
});
