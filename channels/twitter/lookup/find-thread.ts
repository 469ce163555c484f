import type { TwitterPrices } from '../../../src/config/twitter.ts';
import { continuesOwn, type ReadPost } from '../../../src/domain/post.ts';
import { AppError } from '../../../src/errors.ts';
import { costOf, mostCostOf } from '../cost.ts';
import { postFields } from '../read/fields.ts';
import type { Payload } from '../read/payload.ts';
import { readPayload } from '../read/read-post.ts';
import { splitAnswer } from '../read/split.ts';
import type { Us } from '../read/us.ts';
import { findPost } from './find-post.ts';
import { type Reading, readWithinBudget } from './read-within-budget.ts';

/** Threads have 25 posts at most where X's app makes them; so many more are asked for when they went on. */
const onPage = 25;
const mostPages = 4;
/** Upwards each post is a call of its own. */
const mostUpwards = 10;

/**
 * What its author posted in the conversation of this post during the last seven days, which is as far as search goes, and of
 * what came before that the posts that it continues, one by one. Costs a post read for each that is found.
 */
export async function findThread(
  reading: Reading,
  { prices, us }: { readonly prices: TwitterPrices; readonly us: Us },
  post: ReadPost,
): Promise<readonly Payload[]> {
  if (post.author.id === '') return [];
  const found = new Map<string, Payload>();
  for await (const payload of searchConversation(reading, prices, post)) found.set(payload.data.id, payload);
  let at = post;
  for (let step = 0; step < mostUpwards && at.repliedTo !== null && continuesOwn(at); step += 1) {
    const { id } = at.repliedTo;
    const payload = found.get(id) ?? (await findIfThere(reading, prices, id));
    if (payload === null) break;
    found.set(payload.data.id, payload);
    at = readPayload(payload, us);
  }
  return [...found.values()];
}

async function* searchConversation(
  reading: Reading,
  prices: TwitterPrices,
  { conversationId, author }: ReadPost,
): AsyncGenerator<Payload> {
  let token: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await readWithinBudget(
      reading,
      mostCostOf(onPage, prices),
      (api) =>
        api.v2.get<{ readonly meta?: { readonly next_token?: string } }>('tweets/search/recent', {
          query: `conversation_id:${conversationId} from:${author.handle ?? author.id} -is:retweet`,
          ...postFields,
          max_results: onPage,
          ...(token === undefined ? {} : { next_token: token }),
        }),
      (given) => costOf(given, prices),
    );
    // A handle may be somebody else's by now.
    yield* splitAnswer(answer).payloads.filter(({ data }) => data['author_id'] === author.id);
    token = answer.meta?.next_token;
    if (token === undefined) return;
  }
}

/** The part above may have been deleted: the others are a thread all the same. */
const findIfThere = (reading: Reading, prices: TwitterPrices, id: string): Promise<Payload | null> =>
  findPost(reading, prices, id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not-found') return null;
    throw error;
  });
