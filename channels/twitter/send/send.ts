import type { Budget, Reservation } from '../../../src/domain/budget.ts';
import type { FoundOutcome, SendOutcome } from '../../../src/domain/notification.ts';
import { postWordings } from '../../../src/domain/notifications/post/post-text.ts';
import type { Channel, OutgoingMessage } from '../../channel.ts';
import type { XClient } from '../client.ts';
import { readFailure } from '../failure.ts';
import { toSendOutcome } from './outcome.ts';
import { createFindOwnAnswer, type SendConfig, type Sought } from './own-answers.ts';
import { isPostId } from './post-id.ts';

/** All calls for one answer together: a worker holds no answer for longer. */
const sendMs = 15_000;

/**
 * The way out to X: an answer to the post, for all to read. X does not know a repeat by any id of ours, but our own posts can
 * be looked through, so what is in doubt is found out.
 */
export function createTwitterSend(
  account: XClient,
  config: SendConfig,
  budget: Budget,
  clock: () => Date = () => new Date(),
): Required<Pick<Channel, 'send' | 'reconcile' | 'isPublic'>> {
  const findOwnAnswer = createFindOwnAnswer(account, config, budget, clock);

  /** One call; null where X says that we posted the same before. */
  async function post(text: string, inReplyTo: string, signal: AbortSignal): Promise<SendOutcome | null> {
    const reservation = await reserve();
    if ('kind' in reservation) return reservation;
    try {
      const { data } = await account(
        (api) => api.v2.tweet(text, { reply: { in_reply_to_tweet_id: inReplyTo } }),
        signal,
      );
      if (isPostId(data?.id)) return { kind: 'sent', providerId: null, answeredAs: data.id };
      return { kind: 'unknown', reason: 'X answered, but did not say as what it posted it' };
    } catch (error) {
      const failure = readFailure(error, clock());
      // What may have been posted may cost as much; and one that cannot be taken off the count is counted.
      if (failure.kind !== 'in-doubt') await reservation.settle(free).catch(() => undefined);
      return failure.kind === 'forbidden' && failure.reason === 'duplicate' ? null : toSendOutcome(failure);
    }
  }

  /** Counts the answer, which is no post that is read; or says when there is money for one again. */
  async function reserve(): Promise<Reservation | SendOutcome> {
    try {
      const reservation = await budget.reserve({ posts: 0, microdollars: config.prices.answer });
      if (reservation !== null) return reservation;
      const { renewsAt } = await budget.state();
      return { kind: 'retry', reason: 'the budget for X is spent', retryAfter: renewsAt.toUTCString() };
    } catch {
      return { kind: 'retry', reason: 'the budget for X could not be looked at', retryAfter: null };
    }
  }

  return {
    isPublic: true,
    send: async (message) => {
      const { inReplyTo } = message;
      if (!isPostId(inReplyTo)) return { kind: 'refused', reason: 'there is no post to answer' };
      if (config.plan === 'pay-per-use' && message.summoned === false) {
        return { kind: 'not_summoned', reason: 'the post neither mentions nor quotes our account' };
      }
      const signal = AbortSignal.timeout(sendMs);
      const wordings = wordingsInTurn(message);
      for (const text of wordings) {
        const outcome = await post(text, inReplyTo, signal);
        if (outcome !== null) return outcome;
        // What we said before may have been this very answer, by an attempt that nobody heard of again.
        const sought = await findOwnAnswer(message, inReplyTo, wordings, signal);
        if (sought.kind === 'absent') continue;
        const found = toOutcome(sought);
        return found.kind === 'ask_again' ? { ...found, kind: 'unknown' } : found;
      }
      return {
        kind: 'retry',
        reason: 'X takes none of the wordings: we have posted them all',
        retryAfter: null,
      };
    },
    reconcile: async (message) => {
      const { inReplyTo } = message;
      if (!isPostId(inReplyTo)) return { kind: 'refused', reason: 'there is no post to answer' };
      const signal = AbortSignal.timeout(sendMs);
      const sought = await findOwnAnswer(message, inReplyTo, wordingsInTurn(message), signal);
      if (sought.kind === 'absent') {
        return { kind: 'retry', reason: 'it was never posted', retryAfter: null };
      }
      return toOutcome(sought);
    },
  };
}

const free = { posts: 0, microdollars: 0 };

const toOutcome = (sought: Exclude<Sought, { readonly kind: 'absent' }>): FoundOutcome =>
  sought.kind === 'found' ? { kind: 'sent', providerId: null, answeredAs: sought.id } : sought;

/** Each message begins with another wording, and on every attempt with the same, so that few are refused for the words. */
function wordingsInTurn({ id, kind, params, language }: OutgoingMessage): readonly string[] {
  const wordings = postWordings(kind, params, language);
  const first = Number.parseInt(id.slice(-4), 16) % wordings.length;
  return [...wordings.slice(first), ...wordings.slice(0, first)];
}
