import type { TwitterConfig } from '../../../src/config/twitter.ts';
import type { Budget } from '../../../src/domain/budget.ts';
import { formatTrackingId } from '../../../src/domain/tracking-id.ts';
import { AppError } from '../../../src/errors.ts';
import type { OutgoingMessage } from '../../channel.ts';
import type { XClient } from '../client.ts';
import { type Reading, readWithinBudget } from '../lookup/read-within-budget.ts';
import { createUs } from '../read/us.ts';
import { isPostId } from './post-id.ts';

export type SendConfig = Pick<TwitterConfig, 'plan' | 'prices' | 'account' | 'terms' | 'accessToken'>;

/** What X says when it is asked whether we answered a post. */
export type Sought =
  | { readonly kind: 'found'; readonly id: string }
  /** It certainly was never posted. */
  | { readonly kind: 'absent' }
  /** Nor will it say so later. In words for staff. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** It cannot be asked now. */
  | { readonly kind: 'ask_again'; readonly reason: string };

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
  /** X says 200 as well where it gives nothing, of an account that it suspended for one: then without a count. */
  readonly meta?: { readonly result_count?: unknown; readonly next_token?: unknown };
};

/**
 * Looks through all that we posted since the post for an answer to it that says the same. By the post alone it would take
 * an answer about something else for it; by the words alone, one to somebody else. Never rejects.
 */
export function createFindOwnAnswer(
  account: XClient,
  config: SendConfig,
  budget: Budget,
  clock: () => Date,
): FindOwnAnswer {
  const { prices } = config;
  let ownId = createUs(config).id;

  async function findOwnId(reading: Reading): Promise<string> {
    const cost = { posts: 0, microdollars: prices.user };
    const { data } = await readWithinBudget(
      reading,
      cost,
      (api) => api.v2.me(),
      () => cost,
    );
    return data.id;
  }

  function listPosts(reading: Reading, since: string, token: string | null): Promise<Page> {
    const cost = (posts: number) => ({ posts, microdollars: posts * prices.post });
    return readWithinBudget<Page>(
      reading,
      cost(perPage),
      (api) =>
        api.v2.get<Page>(`users/${ownId}/tweets`, {
          since_id: since,
          max_results: perPage,
          'tweet.fields': 'referenced_tweets',
          ...(token === null ? {} : { pagination_token: token }),
        }),
      ({ data = [] }) => cost(data.length),
    );
  }

  return async ({ params }, inReplyTo, wordings, signal) => {
    // The words may have been others when it was sent; the tracking ID was the same.
    const marks = 'trackingId' in params ? [formatTrackingId(params.trackingId)] : wordings;
    const reading: Reading = { client: (call) => account(call, signal), budget, clock };
    try {
      ownId ??= await findOwnId(reading);
      let token: string | null = null;
      for (let page = 0; page < mostPages; page += 1) {
        const { data = [], meta }: Page = await listPosts(reading, inReplyTo, token);
        const found = data.find(
          ({ text, referenced_tweets: referenced = [] }) =>
            referenced.some(({ type, id }) => type === 'replied_to' && id === inReplyTo) &&
            marks.some((mark) => readSigns(String(text)).includes(mark)),
        );
        if (isPostId(found?.id)) return { kind: 'found', id: found.id };
        if (typeof meta?.result_count !== 'number') {
          return { kind: 'ask_again', reason: 'X does not show what we posted' };
        }
        if (typeof meta.next_token !== 'string') return { kind: 'absent' };
        token = meta.next_token;
      }
      return { kind: 'unknown', reason: 'we posted too much since to look through all of it' };
    } catch (error) {
      const reason = error instanceof AppError ? error.message : 'the budget for X could not be looked at';
      return { kind: 'ask_again', reason };
    }
  };
}

/** X writes three signs of a text as HTML does. */
const readSigns = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
