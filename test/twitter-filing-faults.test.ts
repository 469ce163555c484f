import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Posts } from '../channels/channel.ts';
import { takeMessage } from '../src/db/taken-messages.ts';
import type { MessageId } from '../src/domain/message.ts';
import { after } from '../src/domain/moment.ts';
import { sweep } from '../workers/sweep.ts';
import type { createCore } from './support/core.ts';
import { runLapor } from './support/lapor.ts';
import { openPostStage } from './support/post-stage.ts';
import { found, readingChannel, writePost } from './support/posts.ts';
import { testDataDir } from './support/sealing.ts';
import { uniqueWord } from './support/unique-word.ts';

const stage = await openPostStage();
const { receive, leave, workOn, listReports, onlyReport, listMessages, database, context } = stage;
afterEach(() => stage.forget());
afterAll(() => stage.close());

const post = () => writePost({ text: `#lapor jalan rusak di ${uniqueWord()} Kota Bandung` });
type Context = Awaited<ReturnType<typeof createCore>>['context'];
const reading = (read: Posts['read']): Partial<Context> => ({ channels: [readingChannel({ read })] });

describe('a post that cannot be read', () => {
  test('is a report that says so, for staff to see first, and holds up none of those around it', async () => {
    const broken = found(post());
    const posts = [
      ...Array.from({ length: 20 }, post).map((each) => found(each)),
      { ...broken, original: { ...broken.original, body: Buffer.from('{"data":{"id":') } },
      ...Array.from({ length: 20 }, post).map((each) => found(each)),
    ];
    await workOn(await leave(...posts));
    const reports = await listReports();
    expect(reports).toHaveLength(41);
    expect(reports.filter(({ hold }) => hold !== null)).toMatchObject([
      { text: expect.stringMatching(/^\(unggahan ini tidak terbaca, diterima /), confidential: true },
    ]);
    expect((await listMessages()).filter(({ fate }) => fate !== 'report')).toMatchObject([
      { state: 'done', fate: 'unreadable', outcome: 'filed unread: it could not be read' },
    ]);
  });

  test('whatever it does to us', async () => {
    const ids = await leave(post());
    await workOn(
      ids,
      reading(() => {
        throw new RangeError('Maximum call stack size exceeded');
      }),
    );
    expect(await listMessages()).toMatchObject([{ fate: 'unreadable', outcome: 'filed unread: RangeError' }]);
  });

  test('is not read any more once it took the worker with it three times', async () => {
    const [id = '' as MessageId] = await leave(post());
    for (let death = 0; death < 3; death += 1) {
      await takeMessage(database.pool, id, context.clock(), after(context.clock(), 120_000));
      await workOn([id]);
      expect(await listMessages()).toMatchObject([{ state: 'pending' }]);
      stage.wait(121_000);
    }
    await workOn(
      [id],
      reading(() => {
        throw new Error('it was read');
      }),
    );
    expect(await listMessages()).toMatchObject([
      { fate: 'unreadable', outcome: 'filed unread: reading it ended the worker several times' },
    ]);
  });

  test('for its seal does not open is set aside', async () => {
    const [id = '' as MessageId] = await leave(post());
    await database.pool.query('update report_identities set sealed = set_byte(sealed, 90, 7)');
    await workOn([id]);
    expect(await listMessages()).toMatchObject([{ state: 'set_aside', outcome: 'the seal does not open' }]);
  });

  test('for no channel reads it here waits for who has one', async () => {
    const [id = '' as MessageId] = await leave(post());
    await expect(stage.handlers({ channels: [] }).messages({ messageIds: [id] })).rejects.toMatchObject({
      code: 'config',
    });
    await workOn([id]);
    expect(await listMessages()).toMatchObject([{ fate: 'report' }]);
  });
});

describe('where the worker dies, or loses PostgreSQL', () => {
  /** A pool whose connection is lost at the first `commit` of a post that is finished, before it or behind it. */
  function losing(when: 'before' | 'behind') {
    let lost = false;
    const connect = async () => {
      const client = await database.pool.connect();
      let finishes = false;
      const query = async (...given: readonly unknown[]) => {
        const [what] = given as [string | { readonly name?: string }];
        if (typeof what !== 'string') finishes ||= what.name === 'finish-taken';
        if (what !== 'commit' || !finishes || lost) return client.query(...(given as [string]));
        lost = true;
        if (when === 'behind') await client.query('commit');
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
      };
      return { query, release: (error?: Error) => client.release(error) };
    };
    const db = { query: database.pool.query.bind(database.pool), connect } as never;
    return { db, wasLost: () => lost };
  }

  test.each(['before', 'behind'] as const)(
    'nothing is lost and nothing doubled: %s the end of it',
    async (when) => {
      const first = post();
      const thread = [
        first,
        writePost({ text: '#lapor sudah sebulan', replyTo: first }),
        writePost({ edits: first, text: '#lapor jalan rusak parah' }),
      ];
      for (const each of thread) {
        const [id = '' as MessageId] = await leave(each);
        const { db, wasLost } = losing(when);
        await expect(stage.handlers({ db }).messages({ messageIds: [id] })).rejects.toThrow('terminated');
        expect(wasLost()).toBe(true);
        await workOn([id]);
        await workOn([id]);
      }
      const report = await onlyReport();
      expect(await stage.listAdditions(report.id)).toHaveLength(2);
      expect((await listMessages()).map(({ fate }) => fate)).toEqual(['report', 'addition', 'version']);
    },
  );

  test('it is read again once the lease of the dead one ran out', async () => {
    const [id = '' as MessageId] = await leave(post());
    await takeMessage(database.pool, id, context.clock(), after(context.clock(), 120_000));
    stage.wait(119_000);
    await sweep(context);
    expect(stage.core.jobs).toEqual([]);
    stage.wait(2_000);
    await sweep(context);
    await stage.work();
    expect(await listReports()).toHaveLength(1);
  });
});

test('lapor message shows a post as it came to whoever says why, by its id or that of its report', async () => {
  const given = post();
  const [id = ''] = await receive(given);
  const run = (...args: readonly string[]) =>
    runLapor(['message', ...args], { DATABASE_URL: database.url, DATA_DIR: testDataDir });
  for (const name of [id, (await onlyReport()).id]) {
    const shown = await run('original', name, '--reason', 'pelapor meminta salinan unggahannya');
    expect(JSON.parse(shown.stdout)).toEqual(given.payload);
  }
  const { rowCount } = await database.pool.query(
    `select from audit_log where action = 'mail_disclosed' and subject = $1`,
    [`message:${id}`],
  );
  expect(rowCount).toBe(2);
});
