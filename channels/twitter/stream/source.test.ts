import { pino } from 'pino';
import { expect, it } from 'vitest';
import { parseTwitterConfig } from '../../../src/config/twitter.ts';
import { type Budget, judgeBudget, nothingSpent } from '../../../src/domain/budget.ts';
import type { Accepted } from '../../../src/domain/report.ts';
import type { SourceDoor } from '../../channel.ts';
import { firstIdAt } from '../snowflake.ts';
import { createStreamSource } from './source.ts';
import { createWire } from './wire.ts';

const now = new Date('2026-11-22T12:00:00Z');

it('counts what the search found to be lost while it paused, though it is stopped before it goes on', async () => {
  const config = parseTwitterConfig({ TWITTER_BEARER_TOKEN: 'token-pembaca' });
  let spent = 0;
  const budget: Budget = {
    reserve: async ({ posts }) => {
      spent += posts;
      return {
        settle: async (actual) => {
          spent += actual.posts - posts;
        },
      };
    },
    state: async () =>
      judgeBudget(
        { daily: nothingSpent, monthly: nothingSpent },
        { today: nothingSpent, thisMonth: nothingSpent },
        now,
      ),
  };
  const wire = createWire(config.prices);
  wire.open(now);
  wire.close(now, false);
  const stopping = new AbortController();
  const source = createStreamSource({
    ...{ config, bearerToken: 'token-pembaca', budget, wire },
    client: () => Promise.reject(new Error('broken off')),
    pause: async () => {
      wire.found([{ data: { id: firstIdAt(now) }, includes: {} }], [{ repeated: false } as Accepted]);
      stopping.abort();
    },
  });
  const door = { clock: () => now, alarm: () => {}, log: pino({ level: 'silent' }) } as Partial<SourceDoor>;
  await source.run(door as SourceDoor, stopping.signal);
  expect(spent).toBe(1);
});
