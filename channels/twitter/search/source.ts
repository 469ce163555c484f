import { setTimeout as wait } from 'node:timers/promises';
import type { TwitterConfig } from '../../../src/config/twitter.ts';
import type { Budget } from '../../../src/domain/budget.ts';
import { AppError } from '../../../src/errors.ts';
import type { Source, SourceDoor } from '../../channel.ts';
import type { XClient } from '../client.ts';
import { describeXFailure, type XFailure } from '../failure.ts';
import { splitAnswer } from '../read/split.ts';
import { toMessage } from '../read/to-message.ts';
import { createUs } from '../read/us.ts';
import { momentOf } from '../snowflake.ts';
import type { Wire } from '../stream/wire.ts';
import {
  afterGap,
  afterNews,
  askForGap,
  askForNews,
  type Cursor,
  type Gap,
  giveUpTooOld,
  resume,
  unreadSince,
  withMinutes,
  withoutToken,
} from './cursor.ts';
import { buildQuery } from './query.ts';
import { countPosts, type Doubt, type PageOutcome, type ReadParts, readPage } from './read-page.ts';
import { createRecount } from './recount.ts';
import { createTally, minuteMs, type Tally } from './tally.ts';
import { tellOfBudget, tellOfDelay, tellOfLoss, tellOfWaiting } from './words.ts';

type Parts = {
  readonly config: TwitterConfig;
  readonly client: XClient;
  readonly budget: Budget;
  /** Where the stream notes what it takes, too. */
  readonly tally?: Tally;
  /** Where the stream learns what it lost. */
  readonly wire?: Wire;
  /** Resolves then, or once the signal is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** While nothing may be read it is told so often how much waits. */
const countEveryMs = 15 * 60_000;
/** X's usual limits begin anew each quarter of an hour; staff are told of those that take longer. */
const usualLimitMs = 16 * 60_000;

/**
 * Searches for posts, again and again, and takes what it finds: what is new first, and between that what was left of it when
 * there was more than a page, or than the budget. Throws `AppError` `config` where the query is too long.
 */
export function createSearchSource({
  config,
  client,
  budget,
  tally = createTally(),
  wire,
  pause = pauseFor,
}: Parts): Source {
  const query = buildQuery(config);
  const us = createUs(config);
  const overlapMs = config.overlapSeconds * 1_000;
  const pollMs = config.pollSeconds * 1_000;
  const recount = createRecount(tally, overlapMs);
  /** Of X's clock, against ours. */
  let aheadMs = 0;
  let hasFailed = false;
  /** Of pages of what was new. */
  let doubts: readonly Doubt[] = [];

  return {
    name: 'twitter/search',
    run: async (door, signal) => {
      const reading: ReadParts = { config, client, budget, query, clock: door.clock, signal };
      const now = () => door.clock().getTime() + aheadMs;
      const saved = await door.readCursor();
      let cursor = resume(saved, now());
      tally.begin(saved, now());
      let newsDueAt = now();
      await save(cursor);

      while (!signal.aborted) {
        await giveUp();
        await lookForMore();
        const gap = newsDueAt <= now() ? null : cursor.gaps[0];
        if (gap === undefined) await pause(Math.min(newsDueAt - now(), pollMs), signal);
        else await readOn(gap);
      }

      /** Where to go on from is known before anything is asked for, and only once all is durable that came before. */
      async function save(next: Cursor): Promise<void> {
        await door.saveCursor({ ...next, tally: tally.save(next.upTo, now()) });
        cursor = next;
        wire?.readUpTo(unreadSince(cursor) - overlapMs - aheadMs);
      }

      async function giveUp(): Promise<void> {
        const next = giveUpTooOld(cursor, now());
        if (next !== cursor) await save(next);
        door.alarm('lost', tellOfLoss(cursor));
        door.alarm('behind', tellOfDelay(cursor, now()));
      }

      /** What X found later than it was searched for. */
      async function lookForMore(): Promise<void> {
        if (hasFailed) return;
        const minutes = await recount(reading, door, cursor, now());
        if (minutes.length > 0) await save(withMinutes(cursor, minutes, minuteMs));
      }

      /** A page of the gap; null: of what is new. */
      async function readOn(gap: Gap | null): Promise<void> {
        const ask = gap === null ? askForNews(cursor, overlapMs, now()) : askForGap(gap);
        const outcome = await readPage(reading, ask, hasFailed);
        hasFailed = outcome.kind === 'failed';
        if (outcome.kind === 'spent') return waitForBudget();
        if (gap === null) await rememberDoubts(outcome);
        if (outcome.kind === 'failed') return goOnAfter(outcome.failure, gap);
        const { at, answer, next, notBefore } = outcome;
        if (at !== null) aheadMs = at - door.clock().getTime();
        const facts = { at: at ?? now(), newest: await take(door, answer), next };
        await save(gap === null ? afterNews(cursor, ask, facts) : afterGap(cursor, gap, facts, overlapMs));
        if (gap === null) newsDueAt = now() + pollMs;
        await tellThatItWorks();
        if (notBefore !== null) await waitUntil(notBefore);
      }

      /** A page that did not come was of the same posts as the next one, unless that is not all. */
      async function rememberDoubts(
        outcome: Exclude<PageOutcome, { readonly kind: 'spent' }>,
      ): Promise<void> {
        if (outcome.kind === 'failed') {
          if (outcome.doubt !== null) doubts = [...doubts, outcome.doubt];
          return;
        }
        const settled = outcome.next === null ? doubts : [];
        doubts = [];
        for (const settle of settled) await settle(outcome.cost);
      }

      /** X takes nothing before. */
      async function waitUntil(until: Date): Promise<void> {
        const waitMs = until.getTime() - door.clock().getTime();
        if (waitMs > usualLimitMs) door.alarm('behind', describeXFailure({ kind: 'rate-limited', until }));
        await pause(waitMs, signal);
      }

      async function tellThatItWorks(): Promise<void> {
        door.connected();
        door.alarm('credits', null);
        door.alarm('credentials', null);
        door.alarm('budget', tellOfBudget(await budget.state()));
      }

      /** Not blind: counting costs next to nothing. */
      async function waitForBudget(): Promise<void> {
        const since = unreadSince(cursor);
        const state = await budget.state();
        door.alarm('budget', tellOfWaiting(await countPosts(reading, since), since, state));
        const untilMs = state.renewsAt.getTime() - door.clock().getTime();
        await pause(Math.min(Math.max(untilMs, 1_000), countEveryMs), signal);
      }

      /** Whoever runs the source tries again, after a pause that grows. */
      async function goOnAfter(failure: XFailure, gap: Gap | null): Promise<void> {
        if (failure.kind === 'rate-limited') return waitUntil(failure.until);
        if (failure.kind === 'invalid' && gap !== null && gap.rest !== null) {
          return save(withoutToken(cursor, gap));
        }
        const words = describeXFailure(failure);
        const alarm = alarmOf(failure);
        if (alarm !== null) door.alarm(alarm, words);
        throw new AppError('unavailable', words);
      }
    },
  };

  /** Returns when the newest of them was posted; null where there is none. */
  async function take(door: SourceDoor, answer: unknown): Promise<number | null> {
    const { payloads, unreadable } = splitAnswer(answer);
    if (unreadable > 0) door.log.warn({ event: 'posts_unreadable', source: 'twitter/search', unreadable });
    const receivedAt = door.clock();
    const byId = new Map(payloads.map((payload) => [payload.data.id, payload]));
    const messages = [...byId.values()].map((payload) =>
      toMessage(payload, { found: 'search', receivedAt, us }),
    );
    if (messages.length === 0) return null;
    const accepted = await door.take(messages);
    tally.note([...byId.values()], accepted);
    wire?.found([...byId.values()], accepted);
    return Math.max(...[...byId.keys()].map((id) => momentOf(id).getTime()));
  }
}

/** What staff alone can put right. */
function alarmOf({ kind }: XFailure): 'credits' | 'credentials' | null {
  if (kind === 'credits') return 'credits';
  return kind === 'unauthorized' || kind === 'forbidden' ? 'credentials' : null;
}

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  wait(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
