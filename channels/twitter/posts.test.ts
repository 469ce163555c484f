import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseTwitterConfig } from '../../src/config/twitter.ts';
import { type Budget, type Cost, judgeBudget, nothingSpent } from '../../src/domain/budget.ts';
import type { NewMessage } from '../../src/domain/message.ts';
import { AppError } from '../../src/errors.ts';
import { type SimulatedX, startSimulatedX } from '../../src/simulated-x/server.ts';
import type { Posts } from '../channel.ts';
import { createXClients } from './client.ts';
import { listGone } from './lookup/list-gone.ts';
import { createPosts } from './posts.ts';

let x: SimulatedX;
let spent: Cost;
beforeEach(async () => {
  x = await startSimulatedX();
  spent = nothingSpent;
});
afterEach(() => x.stop());

/** One that only this test spends from. */
function createBudget(posts: number): Budget {
  const limits = { daily: { posts, microdollars: 0 }, monthly: nothingSpent };
  const add = (cost: Cost) => {
    spent = { posts: spent.posts + cost.posts, microdollars: spent.microdollars + cost.microdollars };
  };
  return {
    reserve: async (most) => {
      if (spent.posts + most.posts > posts) return null;
      add(most);
      return {
        settle: async (actual) =>
          add({ posts: actual.posts - most.posts, microdollars: actual.microdollars - most.microdollars }),
      };
    },
    state: async () =>
      judgeBudget(limits, { today: spent, thisMonth: spent }, new Date('2026-11-22T10:00:00Z')),
  };
}

const config = () => parseTwitterConfig({ TWITTER_BEARER_TOKEN: 'bearer-rahasia', TWITTER_API_URL: x.url });
function openClients() {
  const clients = createXClients(config());
  if (clients === null) throw new Error('the channel is off');
  return clients;
}
const open = (posts = 10_000): Posts => createPosts(config(), openClients(), createBudget(posts));

const textsOf = (posts: Posts, messages: readonly NewMessage[]) =>
  messages
    .map(({ original }) => posts.read(original.body))
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
    .map(({ text }) => text);

const refusalOf = async (call: Promise<unknown>): Promise<AppError> => {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error('it was not refused', { cause: error });
  return error;
};

describe('finding a post', () => {
  test('by the address that somebody copied, with all that belongs to it', async () => {
    const quoted = x.publish({ author: 'dinas', text: 'Jalan sudah mulus & rata' });
    const id = x.publish({
      author: 'warga',
      text: 'Masih rusak di #Cirebon @LAPOR1708 https://example.org/foto',
      quote: quoted,
      lang: 'in',
      place: { fullName: 'Cirebon, Jawa Barat', coordinates: [108.55, -6.7] },
    });
    const posts = open();
    const message = await posts.find(`https://mobile.twitter.com/warga/status/${id}?s=20`);
    expect(message).toMatchObject({ externalId: id, content: { kind: 'post', origin: id, found: 'staff' } });
    expect(posts.read(message.original.body)).toMatchObject({
      permalink: `https://x.com/warga/status/${id}`,
      text: 'Masih rusak di Cirebon https://example.org/foto',
      summons: 'mention',
      language: 'in',
      quoted: { id: quoted, text: 'Jalan sudah mulus & rata', handle: 'dinas' },
      place: { text: 'Cirebon, Jawa Barat', lat: -6.7, lon: 108.55 },
    });
  });

  test('of a repost that which was reposted', async () => {
    const id = x.publish({ author: 'warga', text: 'Banjir di Jalan Merdeka' });
    const repost = x.publish({ author: 'lain', text: '', retweetOf: id });
    expect((await open().find(repost)).externalId).toBe(id);
  });

  test('says what is no address, what is gone, and asks X only for what can be a post', async () => {
    const id = x.publish({ text: 'Banjir' });
    x.delete(id);
    expect(await refusalOf(open().find('https://x.com/warga'))).toMatchObject({ code: 'invalid' });
    expect(x.delivered.requests).toEqual({});
    expect(await refusalOf(open().find(id))).toMatchObject({ code: 'not-found', message: /deleted/ });
    expect(spent).toEqual(nothingSpent);
  });

  test('says where the author hides it', async () => {
    const type = 'https://api.twitter.com/2/problems/not-authorized-for-resource';
    x.fault({ path: /tweets/, status: 200, body: { errors: [{ type, resource_id: '123' }] } });
    expect(await refusalOf(open().find('123'))).toMatchObject({ code: 'not-found', message: /suspended/ });
  });

  test.each([
    [{ status: 401, body: { title: 'Unauthorized' } }, /credentials/],
    [{ status: 402, body: { title: 'CreditsDepleted' } }, /credits/],
    [{ status: 429, headers: { 'x-rate-limit-remaining': '0' } }, /no more requests/],
    [{ status: 503 }, /failed/],
    [{ cut: 'before' }, /broke off/],
  ] as const)('is not possible now: %j', async (fault, message) => {
    x.fault({ path: /tweets/, ...fault });
    expect(await refusalOf(open().find('123'))).toMatchObject({ code: 'unavailable', message });
  });

  test('asks nothing where the budget is spent', async () => {
    const id = x.publish({ text: 'Banjir' });
    const refusal = await refusalOf(open(2).find(id));
    expect(refusal).toMatchObject({ code: 'unavailable', message: /2026-11-23T00:00:00.000Z/ });
    expect(x.delivered.requests).toEqual({});
  });

  test('no refusal holds what was asked for, or what X said', async () => {
    const detail = 'Siti Rohmah 1860000000000000000';
    for (const status of [400, 401, 403, 404, 500]) {
      const forget = x.fault({ path: /tweets/, status, body: { title: detail, detail, type: detail } });
      expect((await refusalOf(open().find('1860000000000000000'))).message).not.toMatch(/Siti|186000/);
      forget();
    }
  });
});

describe('finding a thread', () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

  test('finds what its author posted in the conversation, page by page, and nobody else', async () => {
    const first = x.publish({ author: 'warga', text: '1/40 Jalan rusak @LAPOR1708' });
    let last = first;
    for (let number = 2; number <= 40; number += 1) {
      last = x.publish({ author: 'warga', text: `${number}/40 Keluhan ${number}`, replyTo: last });
    }
    x.publish({ author: 'lain', text: 'Setuju', replyTo: first });
    x.publish({ author: 'warga', text: 'Hal lain' });
    const posts = open();
    const thread = await posts.findThread(posts.read((await posts.find(first)).original.body));
    expect(textsOf(posts, thread)).toEqual([
      'Jalan rusak',
      ...Array.from({ length: 39 }, (_, index) => `Keluhan ${index + 2}`),
    ]);
    expect(new Set(thread.map(({ content }) => 'thread' in content && content.thread)).size).toBe(1);
    expect(x.delivered.requests['GET /2/tweets/search/recent']).toBe(2);
    expect(spent.posts).toBeGreaterThanOrEqual(40);
  });

  test('goes up to what search knows no more, as far as it is of the same author', async () => {
    const other = x.publish({ author: 'lain', text: 'Di mana?', at: daysAgo(10) });
    const oldest = x.publish({ author: 'warga', text: 'Bagian lama', at: daysAgo(9), replyTo: other });
    const old = x.publish({ author: 'warga', text: 'Bagian kedua', at: daysAgo(8), replyTo: oldest });
    const now = x.publish({ author: 'warga', text: 'Bagian ketiga @LAPOR1708', replyTo: old });
    const posts = open();
    const thread = await posts.findThread(posts.read((await posts.find(now)).original.body));
    expect(textsOf(posts, thread)).toEqual(['Bagian lama', 'Bagian kedua', 'Bagian ketiga']);
  });

  test('is content with what is still there', async () => {
    const gone = x.publish({ author: 'warga', text: 'Bagian satu', at: daysAgo(8) });
    const now = x.publish({ author: 'warga', text: 'Bagian dua', replyTo: gone });
    const posts = open();
    const post = posts.read((await posts.find(now)).original.body);
    x.delete(gone);
    expect(textsOf(posts, await posts.findThread(post))).toEqual(['Bagian dua']);
  });

  test('asks for nothing where nobody knows whose post it is', async () => {
    const posts = open();
    const body = Buffer.from(JSON.stringify({ data: { id: '123', text: '1/3 Banjir' }, includes: {} }));
    expect(await posts.findThread(posts.read(body))).toEqual([]);
    expect(x.delivered.requests).toEqual({});
  });

  test('takes nothing of somebody else who has the handle by now', async () => {
    const first = x.publish({ author: 'warga', text: '1/2 Banjir' });
    x.publish({ author: 'warga', text: '2/2 Besar', replyTo: first });
    const posts = open();
    const post = posts.read((await posts.find(first)).original.body);
    expect(await posts.findThread({ ...post, author: { ...post.author, id: '999' } })).toEqual([]);
  });

  test('never reads more than the budget has', async () => {
    const first = x.publish({ author: 'warga', text: 'Bagian satu' });
    const posts = open(80);
    const post = posts.read((await posts.find(first)).original.body);
    await posts.findThread(post);
    expect(await refusalOf(open(70).findThread(post))).toMatchObject({ code: 'unavailable' });
  });
});

describe('listing what is gone', () => {
  test('costs nothing where X lets us have a job of compliance', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => x.publish({ text: `Banjir ${index}` }));
    const [first = '', second = ''] = ids;
    x.delete(first);
    x.delete(second);
    expect(await open().listGone(ids)).toEqual(new Set([first, second]));
    expect(x.delivered.lookupPosts).toBe(0);
    expect(spent).toEqual(nothingSpent);
  });

  test('waits until the job is done, and gives up in the end', async () => {
    const id = x.publish({ text: 'Banjir' });
    const job = { id: '1', type: 'tweets', status: 'in_progress' };
    const forget = x.fault({ path: /jobs\/\d+$/, method: 'GET', status: 200, body: { data: job } });
    const pauses: number[] = [];
    const parts = {
      client: openClients().app,
      budget: createBudget(100),
      prices: config().prices,
      clock: () => new Date(),
    };
    const pause = async (ms: number) => void pauses.push(ms);
    expect(await refusalOf(listGone({ ...parts, pause }, [id]))).toMatchObject({ code: 'unavailable' });
    expect(pauses.reduce((sum, ms) => sum + ms)).toBe(240_000);
    forget();
    x.delete(id);
    expect(await listGone({ ...parts, pause }, [id])).toEqual(new Set([id]));
  });

  test('what lost only its place is still there, and what was not asked for is not told', async () => {
    const id = x.publish({ text: 'Banjir' });
    const line = (of: string, reason: string) => JSON.stringify({ id: of, action: 'delete', reason });
    const body = [line(id, 'scrub_geo'), line('7', 'deleted'), line('8', 'suspended'), '{"id":"9"}'].join(
      '\n',
    );
    x.fault({ path: /download/, status: 200, headers: { 'content-type': 'text/plain' }, body });
    expect(await open().listGone([id, '8', '9'])).toEqual(new Set(['8']));
  });

  test('is looked up post by post where it is refused, each for its price', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => x.publish({ text: `Banjir ${index}` }));
    const [first = ''] = ids;
    x.delete(first);
    x.fault({ path: /compliance/, status: 403, body: { title: 'Forbidden', reason: 'client-not-enrolled' } });
    expect(await open().listGone(ids)).toEqual(new Set([first]));
    expect(spent).toEqual({ posts: 149, microdollars: 149 * 5_000 });
    expect(x.delivered.lookupPosts).toBe(149);
  });

  test('what X cannot give for a moment is not gone', async () => {
    x.fault({ path: /compliance/, status: 403, body: { title: 'Forbidden' } });
    const problem = (kind: string, id: string) => ({
      type: `https://api.x.com/2/problems/${kind}`,
      resource_id: id,
    });
    const errors = [
      problem('resource-not-found', '1'),
      problem('not-authorized-for-resource', '2'),
      problem('resource-unavailable', '3'),
      problem('internal-error', '4'),
    ];
    x.fault({ path: /tweets$/, status: 200, body: { errors } });
    expect(await open().listGone(['1', '2', '3', '4', '5'])).toEqual(new Set(['1', '2']));
  });

  test('asks nothing about nothing, and says where X is away', async () => {
    expect(await open().listGone([])).toEqual(new Set());
    expect(x.delivered.requests).toEqual({});
    x.fault({ path: /compliance/, status: 503 });
    expect(await refusalOf(open().listGone(['1']))).toMatchObject({ code: 'unavailable' });
  });
});
