import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SimulatedX, startSimulatedX } from '../src/simulated-x/server.ts';

let x: SimulatedX;
beforeEach(async () => {
  x = await startSimulatedX({ bearerToken: 'kunci-aplikasi', heartbeatMs: 20 });
});
afterEach(() => x.stop());

const bearer = { authorization: 'Bearer kunci-aplikasi' };
const names = ['consumer_key', 'nonce', 'signature', 'signature_method', 'timestamp', 'token', 'version'];
const oauth = { authorization: `OAuth ${names.map((name) => `oauth_${name}="x"`).join(', ')}` };

type Body = Record<string, unknown> & { data?: Record<string, unknown>; errors?: Record<string, unknown>[] };

async function call(method: string, path: string, headers: object, body?: unknown) {
  const answer = await fetch(`${x.url}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
}

const get = (path: string, headers: object = bearer) => call('GET', path, headers);
const reply = (id: string, words: string) =>
  call('POST', '/2/tweets', oauth, { text: words, reply: { in_reply_to_tweet_id: id } });
const rules = (body: object, query = '') =>
  call('POST', `/2/tweets/search/stream/rules${query}`, bearer, body);

describe('whoever calls', () => {
  test('with another token, or none, is not let in', async () => {
    expect((await get('/2/tweets?ids=1', { authorization: 'Bearer salah' })).status).toBe(401);
    expect((await get('/2/tweets?ids=1', {})).status).toBe(401);
    expect((await get('/2/users/me', { authorization: 'OAuth oauth_token="x"' })).status).toBe(401);
  });

  test('is told with what else to come', async () => {
    expect(await call('POST', '/2/tweets', bearer, { text: 'x' })).toMatchObject({
      status: 403,
      body: { title: 'Unsupported Authentication' },
    });
    expect((await get('/2/users/me', oauth)).body.data).toMatchObject({ username: 'LAPOR1708' });
  });

  test('learns how often, and then must wait', async () => {
    const { headers } = await get('/2/usage/tweets');
    expect(headers.get('x-rate-limit-remaining')).toBe('49');
    const all = await Promise.all(Array.from({ length: 50 }, () => get('/2/usage/tweets')));
    expect(all.map(({ status }) => status).filter((status) => status === 429)).toHaveLength(1);
  });

  test('reads nothing once there is no credit', async () => {
    const ids = [x.publish({ text: '#lapor 1' }), x.publish({ text: '#lapor 2' })];
    x.setCredits(2);
    expect((await get(`/2/tweets?ids=${ids}`)).status).toBe(200);
    expect(await get(`/2/tweets?ids=${ids}`)).toMatchObject({
      status: 402,
      body: { title: 'CreditsDepleted' },
    });
    expect(x.delivered).toMatchObject({ lookupPosts: 2, requests: { 'GET /2/tweets': 2 } });
  });
});

describe('answers', () => {
  test('go to who called, as a post that others can find', async () => {
    const id = x.publish({ author: 'siti', text: 'Lampu mati @LAPOR1708' });
    const { status, body } = await reply(id, 'Terima kasih');
    expect({ status, text: body.data?.['text'] }).toEqual({ status: 201, text: '@siti Terima kasih' });
    expect(x.answers).toMatchObject([{ id: body.data?.['id'], inReplyTo: id, by: 'LAPOR1708' }]);
    const me = (await get('/2/users/me', oauth)).body.data?.['id'];
    const own = await get(`/2/users/${me}/tweets?max_results=5&tweet.fields=referenced_tweets`);
    expect(own.body.data).toMatchObject([{ referenced_tweets: [{ type: 'replied_to', id }] }]);
  });

  test('are refused to who did not, to what is gone, and twice', async () => {
    const tagged = x.publish({ author: 'siti', text: 'Lampu mati #lapor' });
    const ours = x.publish({ author: 'LAPOR1708', text: 'Kanal aduan' });
    const quoting = x.publish({ author: 'budi', text: 'Lampu mati', quote: ours });
    const gone = x.publish({ author: 'siti', text: 'Salah @LAPOR1708' });
    x.delete(gone);
    expect((await reply(tagged, 'Terima kasih')).body['detail']).toMatch(/not been mentioned/);
    expect((await reply(gone, 'Terima kasih')).body['detail']).toMatch(/deleted or not visible/);
    expect((await reply(quoting, 'Terima kasih')).status).toBe(201);
    expect(await reply(quoting, 'Terima kasih ')).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('duplicate content') },
    });
    expect(x.answers).toHaveLength(1);
  });
});

test('posts that are gone stand under errors, and compliance finds them for nothing', async () => {
  const [here, gone] = [x.publish({ text: 'a #lapor' }), x.publish({ text: 'b #lapor' })];
  x.delete(gone);
  const { body } = await get(`/2/tweets?ids=${here},${gone}`);
  expect(body).toMatchObject({ data: [{ id: here }], errors: [{ value: gone, title: 'Not Found Error' }] });
  const job = (await call('POST', '/2/compliance/jobs', bearer, { type: 'tweets' })).body.data;
  expect(job).toMatchObject({ status: 'created' });
  await fetch(String(job?.['upload_url']), { method: 'PUT', body: `${here}\n${gone}\n` });
  expect((await get(`/2/compliance/jobs/${job?.['id']}`)).body.data).toMatchObject({ status: 'complete' });
  const results = await (await fetch(String(job?.['download_url']))).text();
  expect(
    results
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ id: gone, action: 'delete', reason: 'deleted' }]);
});

test('photos and videos are served under the addresses that posts give', async () => {
  const media = [
    { kind: 'video', bytes: Buffer.from('film'), altText: 'Lubang' },
    { kind: 'photo', bytes: Buffer.from('foto'), contentType: 'image/png' },
  ] as const;
  const id = x.publish({ text: '#lapor', media });
  const query = 'expansions=attachments.media_keys&media.fields=variants,alt_text,url';
  const { body } = await get(`/2/tweets/${id}?${query}`);
  type Given = { alt_text: string; variants: { url: string }[]; url: string };
  const [file, photo] = (body['includes'] as { media: Given[] }).media;
  expect(file?.alt_text).toBe('Lubang');
  const read = async (url = '') => (await fetch(url)).text();
  expect(await read(file?.variants.at(-1)?.url)).toBe('film');
  expect(await read(photo?.url)).toBe('foto');
  expect(await read(photo?.url.replace('.png', '?format=png&name=orig'))).toBe('foto');
});

describe('the stream', () => {
  test('has rules, each once', async () => {
    const [tag, name] = [{ value: '#lapor', tag: 'a' }, { value: '@LAPOR1708' }];
    expect((await rules({ add: [tag] }, '?dry_run=true')).body['meta']).toMatchObject({
      summary: { created: 1 },
    });
    expect(x.stream.rules()).toEqual([]);
    const { body, status } = await rules({ add: [tag] });
    expect({ status, body }).toMatchObject({ status: 201, body: { data: [tag] } });
    expect((await rules({ add: [tag, name, { value: 'is:reply' }] })).body).toMatchObject({
      data: [name],
      errors: [{ title: 'DuplicateRule' }, { value: 'is:reply' }],
      meta: { summary: { created: 1, not_created: 2 } },
    });
    await rules({ delete: { ids: [x.stream.rules()[0]?.id] } });
    expect((await get('/2/tweets/search/stream/rules')).body).toMatchObject({ data: [name] });
  });

  test('cannot be opened without rules, nor twice', async () => {
    expect((await get('/2/tweets/search/stream')).status).toBe(409);
    await rules({ add: [{ value: '#lapor' }] });
    await fetch(`${x.url}/2/tweets/search/stream`, { headers: bearer });
    expect(await get('/2/tweets/search/stream')).toMatchObject({
      status: 429,
      body: { connection_issue: 'TooManyConnections' },
    });
  });

  test('tells what matches, in lines that end with CRLF, and beats in between', async () => {
    await rules({ add: [{ value: '#lapor', tag: 'lapor' }] });
    const lines = await openLines('?tweet.fields=lang');
    const first = x.publish({ text: 'lampu 😭 #lapor' });
    x.publish({ text: 'bukan' });
    const post = JSON.parse(await lines.nextPost());
    expect(post).toEqual({
      data: { id: first, text: 'lampu 😭 #lapor', lang: 'in', edit_history_tweet_ids: [first] },
      matching_rules: [{ id: x.stream.rules()[0]?.id, tag: 'lapor' }],
    });
    expect(await lines.next()).toBe('');
    const edited = x.edit(first, 'lampu mati #lapor');
    expect(JSON.parse(await lines.nextPost())).toMatchObject({
      data: { id: edited, edit_history_tweet_ids: [first, edited] },
    });
    x.stream.send(Buffer.from('bukan json\r\n'));
    expect(await lines.nextPost()).toBe('bukan json');
    expect(x.delivered.streamPosts).toBe(2);
    x.stream.cut();
    await expect(lines.untilEnd()).rejects.toThrow();
    expect(x.stream.connections).toBe(0);
  });

  test('without credit says so and ends', async () => {
    await rules({ add: [{ value: '#lapor' }] });
    const lines = await openLines();
    x.setCredits(0);
    x.publish({ text: '#lapor' });
    expect(await lines.nextPost()).toContain('OperationalDisconnect');
    await lines.untilEnd();
  });

  async function openLines(query = '') {
    const answer = await fetch(`${x.url}/2/tweets/search/stream${query}`, { headers: bearer });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    let rest = Buffer.alloc(0);
    const more = async (): Promise<boolean> => {
      const { value, done } = await reader.read();
      rest = Buffer.concat([rest, value ?? Buffer.alloc(0)]);
      return !done;
    };
    const next = async (): Promise<string> => {
      const end = rest.indexOf('\r\n');
      if (end < 0 && (await more())) return next();
      const line = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 2);
      return line;
    };
    const nextPost = async (): Promise<string> => (await next()) || nextPost();
    const untilEnd = async (): Promise<void> => {
      while (await more());
    };
    return { next, nextPost, untilEnd };
  }
});

describe('faults', () => {
  test('answer in its place, as often as asked for', async () => {
    x.fault({
      path: /usage/,
      times: 1,
      status: 503,
      headers: { 'x-a': 'b' },
      body: { title: 'Over capacity' },
    });
    expect(await get('/2/usage/tweets')).toMatchObject({ status: 503, body: { title: 'Over capacity' } });
    expect((await get('/2/usage/tweets')).status).toBe(200);
  });

  test('lose the answer to what was carried out, or all of it', async () => {
    const id = x.publish({ author: 'siti', text: 'Lampu mati @LAPOR1708' });
    const mend = x.fault({ path: /tweets$/, method: 'POST', cut: 'before' });
    await expect(reply(id, 'Satu')).rejects.toThrow('fetch failed');
    mend();
    x.fault({ path: /tweets$/, method: 'POST', times: 1, cut: 'after' });
    await expect(reply(id, 'Dua')).rejects.toThrow('fetch failed');
    expect(x.answers.map((answer) => answer.text)).toEqual(['Dua']);
  });

  test('keep one waiting, until the server stops', async () => {
    x.fault({ path: /usage/, hangMs: 3_600_000 });
    const waiting = get('/2/usage/tweets');
    waiting.catch(() => undefined);
    while (x.delivered.requests['GET /2/usage/tweets'] === undefined) await new Promise(setImmediate);
    await x.stop();
    await expect(waiting).rejects.toThrow('fetch failed');
  });
});
