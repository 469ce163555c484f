import { expect, it } from 'vitest';
import type { SourceDoor } from '../../channel.ts';
import { createUs } from '../read/us.ts';
import { createTally } from '../search/tally.ts';
import { firstIdAt } from '../snowflake.ts';
import { takeStream } from './take.ts';
import { createWire } from './wire.ts';

const minute = 60_000;
const now = Date.parse('2026-11-22T10:00:00Z');
const clock = () => new Date(now + minute);
const idOf = (number: number) => String(BigInt(firstIdAt(new Date(now))) + BigInt(number));
const lineOf = (number: number, rule = '1') =>
  JSON.stringify({ data: { id: idOf(number), text: '#lapor' }, matching_rules: [{ id: rule }] });

/** Takes a stream of these lines, and says how many of its posts of that minute the search knows to be taken. */
async function takeLines(lines: readonly string[], take: SourceDoor['take']): Promise<number> {
  const tally = createTally();
  tally.begin(null, now);
  const stream = {
    kind: 'open' as const,
    batches: (async function* () {
      yield lines;
    })(),
    leftOver: () => 0,
    close: () => {},
  };
  const meter = {
    count: () => {},
    countUnread: () => {},
    countLost: () => {},
    keepAhead: async () => true,
    close: async () => {},
  };
  const door = { take, clock, connected: () => {} } as unknown as SourceDoor;
  const us = createUs({ account: 'LAPOR1708', terms: ['#lapor'], accessToken: null });
  const wire = createWire({ post: 0, user: 0, answer: 0, count: 0 });
  await takeStream(stream, { ruleIds: new Set(['1']), meter, us, door, tally, wire }).catch(() => {});
  return tally.read(now).taken;
}

const lines = [...Array.from({ length: 250 }, (_, number) => lineOf(number)), lineOf(900, '2')];

it('tells the search of what it took, once that is durable, and of nothing else', async () => {
  const take: SourceDoor['take'] = async (inbound) => inbound.map(() => ({ repeated: false }) as never);
  expect(await takeLines(lines, take)).toBe(250);
  expect(await takeLines(lines, () => Promise.reject(new Error('PostgreSQL is away')))).toBe(0);
});
