import { setTimeout as wait } from 'node:timers/promises';
import type { TwitterConfig } from '../../../src/config/twitter.ts';
import type { Budget } from '../../../src/domain/budget.ts';
import type { Source, SourceDoor } from '../../channel.ts';
import type { XClient } from '../client.ts';
import { readFailure } from '../failure.ts';
import { postFields } from '../read/fields.ts';
import { createUs, type Us } from '../read/us.ts';
import { buildQuery } from '../search/query.ts';
import type { Tally } from '../search/tally.ts';
import { alarmOfBudget, alarmOfEnd, alarmOfRules, raise } from './alarms.ts';
import { type OpenStream, openStream, type StreamPatience, streamPatience } from './connection.ts';
import { createMeter, type Meter } from './meter.ts';
import { type Attempts, noAttempts, planReconnection, type StreamEnd } from './reconnect.ts';
import { type Rules, reconcileRules } from './rules.ts';
import { type Spent, takeStream } from './take.ts';
import { createWire, type Wire } from './wire.ts';

type Parts = {
  readonly config: TwitterConfig;
  readonly bearerToken: string;
  readonly client: XClient;
  readonly budget: Budget;
  /** Of what is taken, for the search to know of it. */
  readonly tally?: Tally;
  /** Where the search says what never came. */
  readonly wire?: Wire;
  readonly patience?: StreamPatience;
  /** Resolves then, or once the signal is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** Limits may be raised, and what others reserved comes back. */
const lookAtBudgetEveryMs = 15 * 60_000;
/** While some of what is reserved is for posts that may be lost: soon the search needs it. */
const lookAtWireEveryMs = 60_000;

/**
 * Takes posts within seconds of being posted, while X lets us and there is money to spare. What it misses the search finds, so
 * it keeps no cursor. Rejects only where posts cannot be stored or counted. Throws `AppError` `config` where the query is too
 * long.
 */
export function createStreamSource({ pause = pauseFor, ...parts }: Parts): Source {
  const { budget, config } = parts;
  const { prices } = config;
  const wire = parts.wire ?? createWire(prices);
  const reading = {
    patience: streamPatience,
    ...parts,
    wire,
    query: buildQuery(config),
    us: createUs(config),
  };
  return {
    name: 'twitter/stream',
    run: async (door, signal) => {
      const meter = createMeter(budget, prices, door.clock);
      let attempts: Attempts = noAttempts;
      try {
        while (!signal.aborted) {
          const end = await streamOnce(reading, meter, door, signal);
          meter.countLost(wire.takeLost());
          if (signal.aborted) return;
          // What is ahead stays counted while some of it may be lost on the way.
          if (wire.isQuiet()) await meter.close();
          await pauseAfter(end);
        }
      } finally {
        // what the search found during the last pause
        meter.countLost(wire.takeLost());
        await meter.close();
      }

      async function pauseAfter(end: StreamEnd | Spent): Promise<void> {
        if (end === 'spent') {
          const { renewsAt } = await budget.state();
          raise(door, alarmOfBudget(renewsAt));
          const untilRenewed = renewsAt.getTime() - door.clock().getTime();
          const lookEveryMs = wire.isQuiet() ? lookAtBudgetEveryMs : lookAtWireEveryMs;
          return pause(Math.min(Math.max(untilRenewed, 1_000), lookEveryMs), signal);
        }
        const next = planReconnection(attempts, end, door.clock());
        attempts = next.attempts;
        door.log.info({ event: 'stream_ended', end: nameOf(end), pauseMs: next.pauseMs });
        const alarm = alarmOfEnd(end, next.pauseMs);
        if (alarm !== null) raise(door, alarm);
        await pause(next.pauseMs, signal);
      }
    },
  };
}

type Reading = Required<Omit<Parts, 'pause' | 'tally'>> &
  Pick<Parts, 'tally'> & { readonly query: string; readonly us: Us };

/** One connection, from its rules to its end. */
async function streamOnce(
  reading: Reading,
  meter: Meter,
  door: SourceDoor,
  signal: AbortSignal,
): Promise<StreamEnd | Spent> {
  const { bearerToken, us, patience, tally, wire } = reading;
  if (!(await meter.keepAhead())) return 'spent';
  const rules = await findRules(reading, door, signal);
  if ('kind' in rules) return rules;
  const address = { apiUrl: reading.config.apiUrl, bearerToken, fields: postFields };
  let isAllHere = false;
  wire.open(door.clock());
  try {
    const stream = await openStream(address, patience, door.clock, signal);
    isAllHere = isRefusal(stream);
    if (stream.kind !== 'open') return stream;
    raise(door, alarmOfRules(rules.foreign));
    door.connected();
    return await takeStream(stream, { ruleIds: rules.ids, meter, us, door, tally, wire });
  } finally {
    // Where we stop there is nobody left to ask the search what was on its way.
    wire.close(door.clock(), isAllHere || signal.aborted);
  }
}

/** X said so itself; who hears nothing of X may have been sent posts. */
const isRefusal = (end: OpenStream | StreamEnd): boolean =>
  end.kind === 'crowded' || (end.kind === 'failed' && end.failure.kind !== 'unreachable');

async function findRules(
  { client, query }: Reading,
  door: SourceDoor,
  signal: AbortSignal,
): Promise<Rules | StreamEnd> {
  try {
    const rules = await reconcileRules(client, query, signal);
    return rules ?? { kind: 'failed', failure: { kind: 'invalid', parameter: 'rule' } };
  } catch (error) {
    return { kind: 'failed', failure: readFailure(error, door.clock()) };
  }
}

const nameOf = (end: StreamEnd): string => (end.kind === 'failed' ? end.failure.kind : end.kind);

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  wait(ms, undefined, { signal }).catch(() => undefined);
