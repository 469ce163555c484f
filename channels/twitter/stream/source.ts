import { setTimeout as pause } from 'node:timers/promises';
import type { TwitterConfig } from '../../../src/config/twitter.ts';
import type { Budget } from '../../../src/domain/budget.ts';
import type { Source, SourceDoor } from '../../channel.ts';
import type { XClient } from '../client.ts';
import { readFailure } from '../failure.ts';
import { postFields } from '../read/fields.ts';
import type { Us } from '../read/us.ts';
import { alarmOfBudget, alarmOfEnd, alarmOfRules, raise } from './alarms.ts';
import { openStream, type StreamPatience, streamPatience } from './connection.ts';
import { createMeter } from './meter.ts';
import { type Attempts, noAttempts, planReconnection, type StreamEnd } from './reconnect.ts';
import { type Rules, reconcileRules } from './rules.ts';
import { type Spent, takeStream } from './take.ts';

type Parts = {
  readonly config: Pick<TwitterConfig, 'apiUrl' | 'prices'>;
  readonly bearerToken: string;
  /** Reads what is public. */
  readonly client: XClient;
  readonly budget: Budget;
  /** What is searched for. */
  readonly query: string;
  readonly us: Us;
  /** Given by tests alone. */
  readonly patience?: StreamPatience;
};

/** Limits may be raised, and what others reserved comes back. */
const lookAtBudgetEveryMs = 15 * 60_000;

/**
 * Takes posts within seconds of being posted, while X lets us and there is money to spare. What it misses the search finds, so
 * it keeps no cursor. Rejects only where posts cannot be stored or counted.
 */
export function createStreamSource(parts: Parts): Source {
  return {
    name: 'twitter/stream',
    run: async (door, signal) => {
      let attempts: Attempts = noAttempts;
      while (!signal.aborted) {
        const end = await streamOnce(parts, door, signal);
        if (signal.aborted) return;
        if (end === 'spent') {
          await waitForMoney(parts.budget, door, signal);
          continue;
        }
        const next = planReconnection(attempts, end, door.clock());
        attempts = next.attempts;
        door.log.info({ event: 'stream_ended', end: nameOf(end), pauseMs: next.pauseMs });
        const alarm = alarmOfEnd(end, next.pauseMs);
        if (alarm !== null) raise(door, alarm);
        await sleep(next.pauseMs, signal);
      }
    },
  };
}

/** One connection, from its rules to its end. */
async function streamOnce(parts: Parts, door: SourceDoor, signal: AbortSignal): Promise<StreamEnd | Spent> {
  const { budget, bearerToken, us, patience = streamPatience } = parts;
  const { apiUrl, prices } = parts.config;
  const meter = createMeter(budget, prices, door.clock);
  try {
    if (!(await meter.keepAhead())) return 'spent';
    const rules = await findRules(parts, door, signal);
    if ('kind' in rules) return rules;
    const address = { apiUrl, bearerToken, fields: postFields };
    const stream = await openStream(address, patience, door.clock, signal);
    if (stream.kind !== 'open') return stream;
    raise(door, alarmOfRules(rules.foreign));
    door.connected();
    return await takeStream(stream, { ruleIds: rules.ids, meter, us, door });
  } finally {
    await meter.close();
  }
}

async function findRules(
  { client, query }: Parts,
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

async function waitForMoney(budget: Budget, door: SourceDoor, signal: AbortSignal): Promise<void> {
  const { renewsAt } = await budget.state();
  raise(door, alarmOfBudget(renewsAt));
  const untilRenewed = renewsAt.getTime() - door.clock().getTime();
  await sleep(Math.min(Math.max(untilRenewed, 1_000), lookAtBudgetEveryMs), signal);
}

const nameOf = (end: StreamEnd): string => (end.kind === 'failed' ? end.failure.kind : end.kind);

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined);
