import { ApiRequestError, ApiResponseError } from 'twitter-api-v2';
import { parseTwitterConfig } from '../../src/config/twitter.ts';
import { type Budget, judgeBudget, nothingSpent } from '../../src/domain/budget.ts';
import type { Identity, NewReport } from '../../src/domain/report.ts';
import type { CallOutcome } from '../../src/outbound/provider-call.ts';
import { describeChannelContract, describeSenderContract } from '../../test/channel-contract.ts';
import type { InboundRequest, Receive, Send } from '../channel.ts';
import type { XClient } from './client.ts';
import { readPost } from './read/read-post.ts';
import { splitAnswer } from './read/split.ts';
import { toMessage } from './read/to-message.ts';
import { createUs } from './read/us.ts';
import { createTwitterSend } from './send/send.ts';

const config = parseTwitterConfig({});
const us = createUs(config);
const author = '1808123456789';
const post = '1860000000000000000';

/** Posts are fetched, and read only once they were taken: the kit sees both as one. */
const receive: Receive = ({ body, receivedAt }) => {
  const { original, content: _, ...message } = readAnswer(body, receivedAt);
  const report = { ...message, original, text: readPost(original.body, us).text } as unknown as NewReport;
  return { messages: [report], answer: () => ({ status: 200, contentType: 'text/plain', body: '' }) };
};

function readAnswer(body: Buffer, receivedAt: Date) {
  const { id } = readPost(body, us);
  const [payload = { data: { id }, includes: {} }] = splitAnswer(JSON.parse(body.toString())).payloads;
  return toMessage(payload, { found: 'search', receivedAt, us });
}

const arrive = (body: Buffer): InboundRequest => ({
  method: 'GET',
  query: '',
  headers: {},
  body,
  receivedAt: new Date('2026-11-22T03:04:05Z'),
});

/** X writes three signs of a text as HTML does, and long posts beside the short ones. */
const write = (text: string) => {
  const written = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return { text: `${written.slice(0, 279)}…`, note_tweet: { text: written } };
};

describeChannelContract('twitter', {
  receive,
  request: ({ id, text, attempt }) =>
    arrive(
      Buffer.from(
        JSON.stringify({
          data: {
            id: `${post.slice(0, 15)}${id.slice(-4)}`,
            author_id: author,
            public_metrics: { like_count: attempt },
            ...write(text),
          },
          includes: { users: [{ id: author, name: 'Siti', username: 'warga_bdg' }] },
        }),
      ),
    ),
  sender: author,
  tamper: null,
  garbage: arrive,
});

const budget: Budget = {
  reserve: async () => ({ settle: async () => {} }),
  state: async () =>
    judgeBudget(
      { daily: nothingSpent, monthly: nothingSpent },
      { today: nothingSpent, thisMonth: nothingSpent },
      new Date(0),
    ),
};

/** What the library makes of what came; it reaches for the network nowhere. */
const clientOf =
  (call: Parameters<Send>[1]): XClient =>
  (use) =>
    use({
      v2: {
        tweet: async (text: string) =>
          toAnswer(
            await call({ method: 'POST', url: 'https://api.x.com/2/tweets', headers: {}, body: text }),
          ),
      },
    } as unknown as Parameters<typeof use>[0]);

function toAnswer(outcome: CallOutcome): unknown {
  if (outcome.kind === 'answer') {
    const data = readJson(outcome.body);
    if (outcome.status < 300) return data;
    const options = { code: outcome.status, headers: {}, data, request: {}, response: {} };
    throw new ApiResponseError(
      'it was refused',
      options as unknown as ConstructorParameters<typeof ApiResponseError>[1],
    );
  }
  const failure = { code: outcome.detail, syscall: outcome.kind === 'not-sent' ? 'connect' : 'read' };
  const error = Object.assign(new Error(outcome.detail), failure);
  throw new ApiRequestError('it did not come through', {
    error,
    request: {},
  } as unknown as ConstructorParameters<typeof ApiRequestError>[1]);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const person = (account?: Identity['account']): Identity => ({
  name: 'Siti',
  phone: null,
  email: null,
  onBehalfOf: null,
  ...(account === undefined ? {} : { account }),
});
const problem = (status: number, detail: string) => ({
  status,
  body: JSON.stringify({ title: 'Forbidden', type: 'about:blank', status, detail }),
});

describeSenderContract('twitter', {
  // Who wrote is reached by the post alone: whose account is not known has none here.
  send: (message, call) =>
    createTwitterSend(clientOf(call), config, budget).send(
      { ...message, inReplyTo: message.to.account === undefined ? null : post, summoned: true },
      call,
    ),
  to: person({ id: author, handle: 'warga_bdg', permalink: `https://x.com/warga_bdg/status/${post}` }),
  contact: author,
  unreachable: [{ label: 'somebody without a post', to: person() }],
  taken: [
    { status: 201, body: JSON.stringify({ data: { id: '1860000000000000001', text: 'Terima kasih' } }) },
  ],
  // X says when by headers of its own: see failure.test.ts.
  busy: [],
  refusal: [
    problem(403, 'You attempted to reply to a Tweet that is deleted or not visible to you.'),
    problem(403, `User ${author} has restricted who can reply to this Tweet.`),
    problem(400, `in_reply_to_tweet_id ${post} of ${author}`),
  ],
  strange: [
    { status: 200, body: '{}' },
    { status: 200, body: '<html>' },
    problem(500, 'Internal Server Error'),
    { status: 503, body: '' },
    { status: 504, body: '<html>' },
  ],
});
