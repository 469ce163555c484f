import type { TwitterConfig } from '../../../src/config/twitter.ts';
import type { Budget } from '../../../src/domain/budget.ts';
import { formatTrackingId } from '../../../src/domain/tracking-id.ts';
import type { OutgoingMessage } from '../../channel.ts';
import type { XClient } from '../client.ts';
import { describeXFailure, readFailure } from '../failure.ts';
import { isPostId } from './post-id.ts';

/** What X says when it is asked whether we answered a post. */
export type Sought =
  | { readonly kind: 'found'; readonly id: string }
  /** It certainly was never posted. */
  | { readonly kind: 'absent' }
  /** In words for staff. */
  | { readonly kind: 'unknown'; readonly reason: string };

export type FindOwnAnswer = (
  message: Pick<OutgoingMessage, 'params'>,
  inReplyTo: string,
  wordings: readonly string[],
  signal: AbortSignal,
) => Promise<Sought>;

/** The most that X gives at once. */
const perPage = 100;

/** We may post 300 in three hours: whoever finds nothing in so many pages looks for what is half a day old. */
const mostPages = 12;

type Page = {
  readonly data?: readonly {
    readonly id?: unknown;
    readonly text?: unknown;
    readonly referenced_tweets?: readonly { readonly type?: unknown; readonly id?: unknown }[];
  }[];
  readonly meta?: { readonly next_token?: unknown };
};

/**
 * Looks through all that we posted since the post for an answer to it that says the same. By the post alone it would take
 * an answer about something else for it; by the words alone, one to somebody else. Never rejects.
 */
export function createFindOwnAnswer(
  account: XClient,
  { prices }: Pick<TwitterConfig, 'prices'>,
  budget: Budget,
  clock: () => Date,
): FindOwnAnswer {
  let ownId: string | null = null;

  /** What the call gives, counted before it; `actual` says how many of `most` came. */
  async function read<Answer>(
    most: { readonly posts: number; readonly microdollars: number },
    call: Parameters<typeof account<Answer>>[0],
    signal: AbortSignal,
    actual: (answer: Answer) => { readonly posts: number; readonly microdollars: number },
  ): Promise<Answer> {
    const reservation = await budget.reserve(most);
    if (reservation === null) throw new BudgetSpent();
    const answer = await account(call, signal);
    await reservation.settle(actual(answer)).catch(() => undefined);
    return answer;
  }

  async function findOwnId(signal: AbortSignal): Promise<string> {
    const cost = { posts: 0, microdollars: prices.user };
    const { data } = await read(
      cost,
      (api) => api.v2.me(),
      signal,
      () => cost,
    );
    return data.id;
  }

  function listPosts(since: string, token: string | null, signal: AbortSignal): Promise<Page> {
    const cost = (posts: number) => ({ posts, microdollars: posts * prices.post });
    return read<Page>(
      cost(perPage),
      (api) =>
        api.v2.get<Page>(`users/${ownId}/tweets`, {
          since_id: since,
          max_results: perPage,
          'tweet.fields': 'referenced_tweets',
          ...(token === null ? {} : { pagination_token: token }),
        }),
      signal,
      ({ data = [] }) => cost(data.length),
    );
  }

  return async ({ params }, inReplyTo, wordings, signal) => {
    // The words may have been others when it was sent; the tracking ID was the same.
    const marks = 'trackingId' in params ? [formatTrackingId(params.trackingId)] : wordings;
    try {
      ownId ??= await findOwnId(signal);
      let token: string | null = null;
      for (let page = 0; page < mostPages; page += 1) {
        const { data = [], meta }: Page = await listPosts(inReplyTo, token, signal);
        const found = data.find(
          ({ text, referenced_tweets: referenced = [] }) =>
            referenced.some(({ type, id }) => type === 'replied_to' && id === inReplyTo) &&
            marks.some((mark) => readSigns(String(text)).includes(mark)),
        );
        if (isPostId(found?.id)) return { kind: 'found', id: found.id };
        if (typeof meta?.next_token !== 'string') return { kind: 'absent' };
        token = meta.next_token;
      }
      return { kind: 'unknown', reason: 'we posted too much since to look through all of it' };
    } catch (error) {
      if (error instanceof BudgetSpent) return { kind: 'unknown', reason: 'the budget for X is spent' };
      return { kind: 'unknown', reason: describeXFailure(readFailure(error, clock())) };
    }
  };
}

class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

/** X writes three signs of a text as HTML does. */
const readSigns = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
