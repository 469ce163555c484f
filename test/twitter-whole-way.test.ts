import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedX, startSimulatedX } from '../src/simulated-x/server.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { testRedisUrl } from './support/redis.ts';
import { uniqueWord } from './support/unique-word.ts';
import { letWaitingTimePass } from './support/waiting-time.ts';

let database: TestDatabase;
let x: SimulatedX;
let photo: Buffer;
let env: Readonly<Record<string, string>>;
let running: Running[] = [];

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  x = await startSimulatedX();
  x.addUser({ handle: 'siti_aminah', name: 'Siti Aminah' });
  photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#445566' } })
    .jpeg()
    .toBuffer();
  env = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    QUEUE_NAMESPACE: `uji-${randomUUID().slice(0, 8)}`,
    OUTBOUND_ALLOW: new URL(x.url).host,
    TWITTER_API_URL: x.url,
    TWITTER_BEARER_TOKEN: 'token-pembaca',
    TWITTER_APP_KEY: 'app-key-rahasia',
    TWITTER_APP_SECRET: 'app-secret-rahasia',
    TWITTER_ACCESS_TOKEN: 'access-token-rahasia',
    TWITTER_ACCESS_SECRET: 'access-secret-rahasia',
    TWITTER_POLL_SECONDS: '15',
    TWITTER_MAX_PER_AUTHOR: '0',
  };
  // as if all that was posted before a minute ago had been read
  await database.pool.query('insert into sources (name, cursor) values ($1, $2)', [
    'twitter/search',
    JSON.stringify({ upTo: Date.now() - 60_000, gaps: [], lost: null }),
  ]);
}, 120_000);
afterEach(async () => {
  await Promise.all(running.map((gateway) => gateway.end('SIGKILL')));
  running = [];
});
afterAll(async () => {
  await x?.stop();
  await database?.drop();
});

async function start(more: Readonly<Record<string, string>> = {}): Promise<Running> {
  const gateway = await startGateway('all', { ...env, ...more });
  running.push(gateway);
  return gateway;
}

const listReports = async (word: string) =>
  (
    await database.pool.query<{
      id: string;
      text: string;
      tracking_id: string;
      agency: string;
      files: number;
    }>(
      `select report.id, report.text, filing.tracking_id, route.agency_code as agency,
         (select count(*)::int from attachments where report_id = report.id) as files
       from reports as report join filings as filing on filing.report_id = report.id
       join routes as route on route.report_id = report.id
       where report.text like '%' || $1 || '%'`,
      [word],
    )
  ).rows;
const listAdditions = async (reportId: string) =>
  (
    await database.pool.query<{ text: string; version: number | null }>(
      'select text, version from additions where report_id = $1 order by received_at, id',
      [reportId],
    )
  ).rows;
const answersTo = (id: string) => x.answers.filter(({ inReplyTo }) => inReplyTo === id);
const soon = { timeout: 40_000, interval: 100 };

/** From somebody's post to our answer under it and back, with nothing in between that is not as it will be but X itself. */
test('the whole way of a post: report, tracking ID, answer, the answer to that, an edit', {
  timeout: 180_000,
}, async () => {
  await start();
  const word = uniqueWord();
  const post = x.publish({
    author: 'siti_aminah',
    text: `@LAPOR1708 lampu jalan mati di gang ${word} Kota Bandung, hubungi 0812-3456-7890 #lapor`,
    media: [{ kind: 'photo', bytes: photo, altText: 'tiang lampu' }],
  });
  await expect.poll(() => answersTo(post).length, soon).toBe(1);
  const [report] = await listReports(word);
  expect(report).toMatchObject({ agency: 'D32.73', files: 1 });
  expect(report?.text).toMatch(/hubungi \[nomor\].*\n\n\[Foto: tiang lampu\]$/);
  const spelled = report?.tracking_id.replace(/(.{4})(.{4})(.{4})/, '$1-$2-$3') ?? '';
  const [answer] = answersTo(post);
  expect(answer?.text).toContain(spelled);
  expect(answer?.text).not.toMatch(/https?:|\.id\b/);

  const reply = x.publish({
    author: 'siti_aminah',
    text: '@LAPOR1708 sudah dua minggu, dekat pos ronda',
    replyTo: answer?.id ?? '',
  });
  x.edit(post, `@LAPOR1708 lampu jalan mati di gang ${word} dan gang sebelahnya, Kota Bandung #lapor`);
  await expect.poll(() => listAdditions(report?.id ?? ''), soon).toHaveLength(2);
  expect(
    (await listAdditions(report?.id ?? '')).toSorted((a, b) => (a.version ?? 0) - (b.version ?? 0)),
  ).toMatchObject([
    { text: 'sudah dua minggu, dekat pos ronda', version: null },
    { text: expect.stringContaining('dan gang sebelahnya'), version: 2 },
  ]);
  await expect.poll(() => answersTo(reply).length, soon).toBe(1);
  expect(answersTo(post)).toHaveLength(1);
  expect(await listReports(word)).toHaveLength(1);
});

describe('a gateway that is killed while it has posts in hand', () => {
  test.each([
    'source:after-take',
    'messages:before-commit',
    'messages:after-commit',
    'messages:after-enqueue',
  ] as const)('at %s loses none and doubles none', { timeout: 180_000 }, async (point) => {
    const words = [uniqueWord(), uniqueWord(), uniqueWord()];
    const posts = words.map((word) =>
      x.publish({
        author: 'siti_aminah',
        text: `@LAPOR1708 Bandung, jalan rusak di ${word}`,
        media: [{ kind: 'photo', bytes: photo }],
      }),
    );
    const dying = await start({ CRASH_AT: point });
    expect(await dying.ended).toBe('SIGKILL');
    await letWaitingTimePass(database.pool);
    await database.pool.query('update messages set taken_until = null, due_at = now()');
    const gateway = await start();
    for (const [index, word] of words.entries()) {
      await expect.poll(() => listReports(word), soon).toMatchObject([{ files: 1 }]);
      await expect.poll(() => answersTo(posts[index] ?? '').length, soon).toBe(1);
    }
    await gateway.end('SIGTERM');
    for (const word of words) expect(await listReports(word)).toHaveLength(1);
    for (const id of posts) expect(answersTo(id)).toHaveLength(1);
  });
});
