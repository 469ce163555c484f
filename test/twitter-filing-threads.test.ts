import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../src/errors.ts';
import { sweep } from '../workers/sweep.ts';
import { openPostStage } from './support/post-stage.ts';
import { budi, found, type GivenPost, ourAccount, type PostDraft, writePost } from './support/posts.ts';
import { readSealed } from './support/sealing.ts';
import { uniqueWord } from './support/unique-word.ts';

const stage = await openPostStage({ TWITTER_THREAD_MINUTES: '3', TWITTER_THREAD_HOURS: '24' });
const { receive, leave, workOn, listReports, onlyReport, listMessages, database } = stage;
afterEach(() => stage.forget());
afterAll(() => stage.close());

const minutes = 60_000;
const hours = 60 * minutes;

/** Posts that each answer the one before. */
function writeThread(...drafts: readonly (string | PostDraft)[]): readonly GivenPost[] {
  const thread: GivenPost[] = [];
  for (const draft of drafts) {
    const replyTo = thread.at(-1);
    const more = typeof draft === 'string' ? { text: draft } : draft;
    thread.push(writePost({ ...(replyTo === undefined ? {} : { replyTo }), ...more }));
  }
  return thread;
}

const fates = async () => (await listMessages()).map(({ fate }) => fate);

describe('a thread is one report', () => {
  test('as soon as all its parts are there, whatever their order', async () => {
    const word = uniqueWord();
    const [one, two, three] = writeThread(
      `1/3 #lapor1708 Jembatan di ${word} retak`,
      '2/3 #lapor1708 sudah sebulan',
      '3/3 #lapor1708 mohon ditindak',
    );
    await receive(...[three, one].filter((post) => post !== undefined));
    expect(await listReports()).toEqual([]);
    await receive(two as GivenPost);
    const report = await onlyReport();
    expect(report.text).toBe(`Jembatan di ${word} retak\n\nsudah sebulan\n\nmohon ditindak`);
    expect(new Set((await listMessages()).map(({ report_id }) => report_id))).toEqual(new Set([report.id]));
    expect((await fates()).toSorted()).toEqual(['addition', 'addition', 'report']);
    expect(stage.asked()).toEqual([]);
    const sealed = await stage.sealOf(report);
    expect(JSON.parse(String(sealed?.original.body)).posts).toEqual(
      [one, two, three].map((post) => post?.payload),
    );
    const { rows } = await database.pool.query(
      'select count(distinct report_id) from receipt_aliases where receipt in (select receipt from messages)',
    );
    expect(rows).toEqual([{ count: '1' }]);
  });

  test('with what is found of it when its time is over, asked for once', async () => {
    const [one, two, three, aside] = writeThread(
      'Jalan berlubang di depan pasar',
      'sudah dua motor jatuh',
      '#lapor1708 mohon diperbaiki',
      { text: 'terima kasih', replyTo: writePost({ by: budi, text: 'di mana?' }) },
    ) as [GivenPost, GivenPost, GivenPost, GivenPost];
    stage.tellThread(async () => [one, two, three, aside].map((post) => found(post, 'thread')));
    const ids = await receive(three);
    expect(await listReports()).toEqual([]);
    stage.wait(3 * minutes - 1_000);
    await workOn(ids);
    expect(stage.asked()).toEqual([]);
    stage.wait(2_000);
    await workOn(ids);
    const report = await onlyReport();
    expect(report.text).toBe('Jalan berlubang di depan pasar\n\nsudah dua motor jatuh\n\nmohon diperbaiki');
    expect(stage.asked()).toEqual([three.id]);
    // what its author said to somebody else is nobody's report
    stage.wait(3 * minutes);
    await sweep(stage.context);
    await stage.work();
    expect((await fates()).toSorted()).toEqual(['addition', 'addition', 'report', 'unrelated']);
    expect(await onlyReport()).toMatchObject({ id: report.id });
    expect(stage.asked()).toHaveLength(1);
    const { rows } = await database.pool.query<{ message_id: string; posted_at: Date }>(
      'select * from posts',
    );
    const first = await readSealed(database.pool, (rows[0]?.message_id ?? '') as never, 'nobody');
    expect(first?.original.messageId).toBe(one.id);
  });

  test('answered under the first of its posts that called us', async () => {
    const [one, two] = writeThread('1/2 jalan rusak #lapor', '2/2 parah @LAPOR1708') as [
      GivenPost,
      GivenPost,
    ];
    await receive(one, two);
    expect(stage.outbox).toMatchObject([{ inReplyTo: two.id, summoned: true }]);
  });

  test('with what is there, where the platform cannot be asked', async () => {
    stage.tellThread(() => Promise.reject(new AppError('unavailable', 'the budget is spent')));
    const [, two] = writeThread('awal', '2/3 #lapor1708 lampu mati') as [GivenPost, GivenPost];
    const ids = await receive(two);
    stage.wait(3 * minutes + 1_000);
    await workOn(ids);
    expect(await onlyReport()).toMatchObject({ text: 'lampu mati' });
    expect(await listMessages()).toMatchObject([{ outcome: 'filed as a report; 2 posts of it missing' }]);
  });

  test('asked for again by nobody where its pictures keep it waiting', async () => {
    const [, two] = writeThread('awal', {
      text: '#lapor1708 lampu mati',
      photos: [{ url: 'https://pbs.contoh.id/a.jpg' }],
    }) as [GivenPost, GivenPost];
    const ids = await receive(two);
    stage.wait(3 * minutes + 1_000);
    const late = { download: async () => ({ kind: 'answer', status: 404 }) as const };
    for (let turn = 0; turn < 3; turn += 1) await workOn(ids, late);
    expect(await listReports()).toEqual([]);
    expect(stage.asked()).toHaveLength(1);
  });

  test('whose parts are worked on at the same time is not two, and the platform is asked once', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const [one, ...others] = writeThread(
        `Banjir di ${uniqueWord()}`,
        '#lapor1708 sejak pagi',
        '#lapor1708 setinggi lutut',
        '#lapor1708 mohon bantuan',
      ) as [GivenPost, ...GivenPost[]];
      stage.tellThread(async () => [found(one, 'thread')]);
      const ids = await leave(...others);
      await Promise.all(ids.map((id) => stage.handlers().messages({ messageIds: [id] })));
      stage.wait(3 * minutes + 1_000);
      await Promise.all(ids.map((id) => stage.handlers().messages({ messageIds: [id] })));
      expect(await listReports()).toHaveLength(turn + 1);
      expect(stage.asked()).toHaveLength(turn + 1);
      expect((await listReports()).at(-1)?.text).toMatch(
        /^Banjir di .*\n\nsejak pagi\n\nsetinggi lutut\n\nmohon bantuan$/,
      );
    }
    expect((await fates()).filter((fate) => fate === 'report')).toHaveLength(3);
  });

  test('of versions: each part as it reads last', async () => {
    const [one, two] = writeThread('1/2 #lapor jalan rusk', '2/2 #lapor parah') as [GivenPost, GivenPost];
    const mended = writePost({ edits: one, text: '1/2 #lapor jalan rusak' });
    await receive(one, mended, two);
    expect(await onlyReport()).toMatchObject({ text: 'jalan rusak\n\nparah' });
    expect((await fates()).toSorted()).toEqual(['addition', 'report', 'version']);
    const again = writePost({ edits: two, replyTo: one, text: '2/2 #lapor parah sekali' });
    await receive(again);
    expect(await stage.listVersions()).toEqual([{ version: 2, text: 'parah sekali' }]);
  });

  test('asked for secrecy by any of its parts', async () => {
    await receive(...writeThread('1/2 #lapor ada pungli', '2/2 RAHASIA #lapor oleh kepala desa'));
    expect(await onlyReport()).toMatchObject({ confidential: true });
  });
});

describe('what its author posts later in the conversation', () => {
  test('is added within a day, and a report of its own after that', async () => {
    const start = Date.now();
    const at = (ms: number) => new Date(start + ms);
    const first = writePost({ text: `#lapor jalan rusak di ${uniqueWord()}`, at: at(0) });
    const soon = writePost({ text: 'belum ada tindakan #lapor', replyTo: first, at: at(23 * hours) });
    const late = writePost({ text: 'masih rusak juga #lapor', replyTo: soon, at: at(25 * hours) });
    await receive(first, soon);
    const report = await onlyReport();
    expect(await stage.listAdditions(report.id)).toMatchObject([{ text: 'belum ada tindakan' }]);
    // it was told nothing of that: only who answers us is
    expect(stage.outbox).toHaveLength(1);
    const ids = await receive(late);
    stage.wait(3 * minutes + 1_000);
    await workOn(ids);
    expect((await listReports())[1]).toMatchObject({ text: 'masih rusak juga' });
  });

  test('under our answer, and under their own answer to that, is added too', async () => {
    const first = writePost({ text: `#lapor jalan rusak di ${uniqueWord()}` });
    await receive(first);
    const [told] = stage.outbox;
    const answer = {
      ...writePost({ by: ourAccount, text: 'Laporan Anda', replyTo: first }),
      id: `1${told?.id.replace(/\D/g, '').slice(0, 17)}`,
    };
    const reply = writePost({ text: '@LAPOR1708 di RT 3', replyTo: answer });
    await receive(reply, writePost({ text: '@LAPOR1708 RW 5', replyTo: reply }));
    const report = await onlyReport();
    expect((await stage.listAdditions(report.id)).map(({ text }) => text)).toEqual(['di RT 3', 'RW 5']);
  });

  test('to somebody who asks is added where it calls us', async () => {
    const first = writePost({ text: `#lapor jalan rusak di ${uniqueWord()}` });
    const question = writePost({ by: budi, text: 'di mana itu?', replyTo: first });
    await receive(
      first,
      writePost({ text: '#lapor dekat pasar', replyTo: question }),
      found(writePost({ text: 'ya begitulah', replyTo: question }), 'thread'),
    );
    const report = await onlyReport();
    expect((await stage.listAdditions(report.id)).map(({ text }) => text)).toEqual(['dekat pasar']);
    expect(await fates()).toEqual(['report', 'addition', 'unrelated']);
  });

  test('in the conversation of somebody else is a report each, where they speak to others', async () => {
    const theirs = writePost({ by: budi, text: 'Selamat pagi' });
    await receive(
      writePost({ text: `#lapor lampu mati di ${uniqueWord()}`, replyTo: theirs }),
      writePost({ text: `#lapor sampah di ${uniqueWord()}`, replyTo: theirs }),
    );
    expect(await listReports()).toHaveLength(2);
  });
});
