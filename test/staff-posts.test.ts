import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Channel, Posts } from '../channels/channel.ts';
import { createTwitterChannel } from '../channels/twitter/index.ts';
import { parseTwitterConfig } from '../src/config/twitter.ts';
import { recordSourceAlarm } from '../src/db/sources.ts';
import { addSpending } from '../src/db/spending.ts';
import { recordSurges } from '../src/db/viral-cases.ts';
import { nothingSpent } from '../src/domain/budget.ts';
import { AppError } from '../src/errors.ts';
import { startSimulatedX } from '../src/simulated-x/server.ts';
import { createBudget } from '../src/spending.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { countRows } from './support/core.ts';
import { filePost } from './support/filed-posts.ts';
import { openPostStage } from './support/post-stage.ts';
import { found, type GivenPost, type PostDraft, writePost } from './support/posts.ts';
import { type SignedIn, signIn } from './support/staff.ts';
import { uniqueWord } from './support/unique-word.ts';

const url = '/petugas/unggahan';
const handle = 'warga_yang_marah';

let stage: Awaited<ReturnType<typeof openPostStage>>;
let database: (typeof stage)['database'];
let core: (typeof stage)['core'];
/** Posts that are on X, by their ids. */
const posted = new Map<string, GivenPost>();
let gateway: TestApp;
let national: SignedIn;
let bandung: SignedIn;
/** What the platform answers who asks for a post. */
let find: Posts['find'];

const twitter = {
  name: 'twitter',
  providers: [],
  posts: { find: (address) => find(address) } as Posts,
  sources: async () => [{ name: 'twitter/search', run: async () => {} }],
} satisfies Channel;

const none = { waiting: 0, active: 0, delayed: 0, failed: 0 };

beforeAll(async () => {
  stage = await openPostStage();
  ({ database, core } = stage);
  gateway = await openApp([twitter]);
  national = await signIn(database.pool, { role: 'officer', agency: 'nasional' });
  bandung = await signIn(database.pool, { role: 'officer', agency: 'D32.73', name: 'Asep Sunandar' });
});
afterAll(async () => {
  await gateway?.app.close();
  await stage?.close();
});
afterEach(async () => {
  await stage.forget();
  // neither who posted nor which post is ever logged
  expect(gateway.logged.join('')).not.toMatch(/warga_yang_marah|status\/\d/);
});

const openApp = (channels: readonly Channel[]) =>
  createTestApp(database.pool, {
    channels,
    env: { TWITTER_DAILY_POSTS: '20000', TWITTER_MONTHLY_DOLLARS: '0' },
    queues: {
      enqueue: core.context.enqueue as never,
      count: async () => ({ intake: none, messages: none, deliver: none, notify: none, withdraw: none }),
      ping: async () => {},
    },
  });

const visit = (by: SignedIn, path = url, { app } = gateway) =>
  app.inject({ url: path, headers: { accept: 'text/html', cookie: by.cookie } });

/** Sends the form as it is on the page. */
async function order(by: SignedIn, address: string, from = gateway) {
  const page = await visit(by, '/petugas', from);
  const [cookie = ''] = [page.headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0] ?? '');
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? '';
  return from.app.inject({
    method: 'POST',
    url,
    headers: {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
      cookie: `${by.cookie}; ${cookie}`,
    },
    body: new URLSearchParams({ csrf, alamat: address }).toString(),
  });
}

const postId = () => `19${String(randomInt(1e12)).padStart(17, '0')}`;
const addressOf = (id: string) => `https://x.com/${handle}/status/${id}`;

/** Somebody posts it. */
function publish(draft: Partial<PostDraft> = {}): GivenPost {
  const text = `Lampu jalan di gang ${uniqueWord()} mati, Kec. Coblong Kota Bandung`;
  const post = writePost({ by: { id: '71003', handle, name: 'Warga' }, text, ...draft });
  posted.set(post.id, post);
  return post;
}

const isThere: Posts['find'] = async (address) => {
  const post = posted.get(/\d+$/.exec(address)?.[0] ?? '');
  if (post === undefined) throw new AppError('not-found', 'gone');
  return found(post, 'staff');
};

const shown = (trackingId: string) => trackingId.replace(/(....)(....)/, '$1-$2-');

async function auditOf(by: SignedIn) {
  const { rows } = await database.pool.query<{ action: string; subject: string; details: object }>(
    'select action, subject, details from audit_log where actor = $1 order by seq',
    [`staff:${by.id}`],
  );
  return rows;
}

describe('a post that staff want filed', () => {
  test('is filed although it does not call us, and the page says that it is being filed and then as what', async () => {
    find = isThere;
    const officer = await signIn(database.pool, { role: 'officer', agency: 'nasional' });
    const { id } = publish();
    const answer = await order(officer, `  ${addressOf(id)} `);
    expect(answer.statusCode).toBe(303);
    const result = String(answer.headers.location);
    expect(result).not.toContain(id);
    expect((await visit(officer, result)).body).toContain('sedang dijadikan laporan');
    const [message] = await stage.listMessages();
    expect(await auditOf(officer)).toEqual([
      { action: 'post_sought', subject: 'agency:nasional', details: {} },
      { action: 'post_filed', subject: `message:${message?.id}`, details: { repeated: false } },
    ]);
    await stage.work();
    const { tracking_id } = await stage.onlyReport();
    const page = await visit(officer, result);
    expect(page.body).toContain('sudah menjadi laporan');
    expect(page.body).toContain(shown(tracking_id ?? ''));
  });

  test('is the same report where it is ordered again, or was found before', async () => {
    find = isThere;
    const post = publish({ text: `Jalan rusak di gang ${uniqueWord()}, Kota Bandung #lapor1708` });
    await stage.receive(post);
    const { tracking_id } = await stage.onlyReport();
    for (const answer of [
      await order(national, addressOf(post.id)),
      await order(national, addressOf(post.id)),
    ]) {
      await stage.work();
      expect((await visit(national, String(answer.headers.location))).body).toContain(
        shown(tracking_id ?? ''),
      );
    }
    expect(await stage.listReports()).toHaveLength(1);
    expect((await auditOf(national)).at(-1)).toMatchObject({ details: { repeated: true } });
  });

  test('that was found before and was no report is filed after all, and only once', async () => {
    find = isThere;
    const post = publish();
    await stage.receive(post);
    expect(await stage.listReports()).toEqual([]);
    await order(national, addressOf(post.id));
    await order(national, addressOf(post.id));
    await stage.work();
    await stage.onlyReport();
  });

  const refusals: readonly [string, AppError, number, string][] = [
    ['no address of a post', new AppError('invalid', 'no post'), 422, 'bukan alamat sebuah unggahan'],
    ['a post that was deleted', new AppError('not-found', 'gone'), 422, 'sudah dihapus'],
    ['X being away', new AppError('unavailable', 'X is away'), 503, 'X tidak dapat dihubungi'],
    ['keys that X refuses', new AppError('config', '401'), 503, 'X tidak dapat dihubungi'],
  ];
  test.each(refusals)('is refused in words for %s, with what was typed', async (_, error, status, words) => {
    find = async () => {
      throw error;
    };
    const answer = await order(national, addressOf('1234567890123456789'));
    expect(answer.statusCode).toBe(status);
    expect(answer.body).toContain(words);
    expect(answer.body).toContain(`value="${addressOf('1234567890123456789')}"`);
    expect(await countRows(database.pool, 'messages')).toBe(0);
  });

  test('is refused in words where the budget is spent, and where the channel is off', async () => {
    find = async () => {
      throw new AppError('unavailable', 'the budget is spent');
    };
    await addSpending(database.pool, 'twitter', { posts: 20_000, microdollars: 0 }, new Date());
    expect((await order(national, addressOf('1234567890123456789'))).body).toContain(
      'Anggaran untuk membaca X sudah habis',
    );
    const off = await openApp([{ name: 'twitter', providers: [] }]);
    const answer = await order(national, addressOf('1234567890123456789'), off);
    expect(answer.statusCode).toBe(422);
    expect(answer.body).toContain('belum diaktifkan');
    await off.app.close();
  });

  test('is asked of X itself, within the budget: what was posted, deleted or never a post', async () => {
    const x = await startSimulatedX();
    x.addUser({ handle, name: 'Warga' });
    const text = `Lampu jalan di gang ${uniqueWord()} mati, Kec. Coblong Kota Bandung`;
    const [there, deleted] = [
      x.publish({ author: handle, text }),
      x.publish({ author: handle, text: 'salah' }),
    ];
    x.delete(deleted);
    const config = parseTwitterConfig({ TWITTER_API_URL: x.url, TWITTER_BEARER_TOKEN: 'token-pembaca' });
    const limits = { daily: { posts: 20_000, microdollars: 0 }, monthly: nothingSpent };
    const budget = createBudget(database.pool, 'twitter', limits, () => new Date());
    const real = await openApp([createTwitterChannel(config, budget)]);
    expect((await order(national, 'https://x.com/explore', real)).body).toContain(
      'bukan alamat sebuah unggahan',
    );
    expect((await order(national, addressOf(deleted), real)).body).toContain('sudah dihapus');
    expect((await order(national, `${addressOf(there)}?s=20`, real)).statusCode).toBe(303);
    await stage.work();
    expect((await stage.onlyReport()).text).toBe(text);
    const { today } = await budget.state();
    expect(today.posts).toBe(x.delivered.lookupPosts);
    await addSpending(database.pool, 'twitter', { posts: 20_000, microdollars: 0 }, new Date());
    expect((await order(national, addressOf(there), real)).body).toContain(
      'Anggaran untuk membaca X sudah habis',
    );
    expect(real.logged.join('')).not.toMatch(/warga_yang_marah|status\/\d/);
    await real.app.close();
    await x.stop();
  });

  test('is for the national desk alone', async () => {
    find = isThere;
    expect((await order(bandung, addressOf(publish().id))).statusCode).toBe(403);
    expect((await visit(bandung)).body).not.toContain('name="alamat"');
    expect(await countRows(database.pool, 'messages')).toBe(0);
  });
});

describe('viral cases', () => {
  test('are shown newest first, to the agency that has the first report and to those above it', async () => {
    const [here, there] = [await filePost(core, postId()), await filePost(core, postId())];
    await database.pool.query(`update routes set agency_code = 'D32.71' where report_id = $1`, [
      there.reportId,
    ]);
    await recordSurges(
      database.pool,
      new Map([
        [here.reportId, { since: new Date(Date.now() - 60_000), posts: 24 }],
        [there.reportId, { since: new Date(), posts: 1_250 }],
      ]),
    );
    const all = (await visit(national)).body;
    expect(all).toContain('24 unggahan');
    expect(all).toContain('1.250 unggahan');
    expect(all.indexOf(shown(there.trackingId))).toBeLessThan(all.indexOf(shown(here.trackingId)));
    const own = (await visit(bandung)).body;
    expect(own).toContain(shown(here.trackingId));
    expect(own).toContain('Pemerintah Kota Bandung');
    expect(own).not.toContain(shown(there.trackingId));
    expect((await visit(national, '/petugas')).body).toMatch(/Unggahan di X<\/a><span class="badge">2</);
    expect((await visit(bandung, '/petugas')).body).toMatch(/Unggahan di X<\/a><span class="badge">1</);
  });

  test('are counted on the home page for a day', async () => {
    const { reportId } = await filePost(core, postId());
    const since = new Date(Date.now() - 25 * 60 * 60_000);
    await recordSurges(database.pool, new Map([[reportId, { since, posts: 24 }]]));
    expect((await visit(national, '/petugas')).body).toMatch(/Unggahan di X<\/a><\/h2>/);
  });
});

test('posts that are there no more are shown with when that was seen, and how it stands with X to the national desk', async () => {
  const { reportId, trackingId } = await filePost(core, postId());
  await database.pool.query(
    `update posts set gone_at = '2026-11-22T03:14:00Z', look_at = null where report_id = $1`,
    [reportId],
  );
  await recordSourceAlarm(database.pool, 'twitter/search', 'budget', 'more than 80 % is spent');
  await addSpending(database.pool, 'twitter', { posts: 16_400, microdollars: 41_500_000 }, new Date());
  for (const member of [national, bandung]) {
    const { body } = await visit(member);
    expect(body).toContain(shown(trackingId));
    expect(body).toContain('Unggahan aslinya tidak ada lagi');
    expect(body).toContain('22 November 2026');
  }
  const { body } = await visit(national);
  expect(body).toContain('Anggaran hampir atau sudah habis');
  expect(body).toContain('more than 80 % is spent');
  expect(body).toContain('16.400 dari 20.000 unggahan');
  expect(body).toMatch(/US\$\s?41,50, tanpa batas/);
  expect((await visit(bandung)).body).not.toContain('Anggaran');
  await recordSourceAlarm(database.pool, 'twitter/search', 'budget', null);
  expect((await visit(national, `${url}?lang=en`)).body).toContain('No alarms.');
});

describe.skipIf(!hasChromium)('in a browser', () => {
  let browser: Browser;
  let origin: string;
  beforeAll(async () => {
    browser = await launchChromium();
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    origin = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
  });
  afterAll(() => browser?.close());

  test.each([360, 1280])(
    'a post is ordered on a screen %i pixels wide, after a wrong address',
    async (width) => {
      const known = await filePost(core, postId());
      const gone = await filePost(core, postId());
      await database.pool.query('update posts set gone_at = now(), look_at = null where report_id = $1', [
        gone.reportId,
      ]);
      await recordSurges(database.pool, new Map([[known.reportId, { since: new Date(), posts: 24 }]]));
      await recordSourceAlarm(
        database.pool,
        'twitter/search',
        'behind',
        'there may be posts that were not read',
      );
      find = async () => {
        throw new AppError('invalid', 'no post');
      };
      const context = await browser.newContext({ viewport: { width, height: 800 }, locale: 'id-ID' });
      const { name, value } = national.session;
      await context.addCookies([{ name, value, url: origin }]);
      const page = await context.newPage();
      const shots = process.env['STAFF_POSTS_SHOTS'];
      const look = async (what: string) => {
        expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
        if (shots === undefined) return;
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: `${shots}/posts-${width}-${what}.png`, fullPage: true });
      };
      await page.goto(`${origin}${url}`);
      await look('first');
      await page.getByLabel('Alamat unggahan').fill('lapor1708');
      await page.getByRole('button', { name: 'Jadikan laporan' }).click();
      await page.getByRole('alert').getByText('bukan alamat sebuah unggahan').waitFor();
      await look('refused');
      find = isThere;
      await page.getByLabel('Alamat unggahan').fill(addressOf(publish().id));
      await page.getByRole('button', { name: 'Jadikan laporan' }).click();
      await page.getByRole('status').getByText('sedang dijadikan laporan').waitFor();
      await stage.work();
      await page.getByRole('link', { name: 'Muat ulang' }).click();
      await page.getByRole('status').getByText('sudah menjadi laporan').waitFor();
      await look('filed');
      await context.close();
    },
  );
});
