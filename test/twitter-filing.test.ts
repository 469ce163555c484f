import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { lookAtTables } from '../chaos/leaks.ts';
import { orderPost } from '../src/db/ordered-posts.ts';
import { countFates, orderFiling } from '../src/db/taken-messages.ts';
import { openPostStage } from './support/post-stage.ts';
import { budi, found, ourAccount, siti, writePost } from './support/posts.ts';
import { readSealed } from './support/sealing.ts';
import { uniqueWord } from './support/unique-word.ts';

const stage = await openPostStage();
const { receive, leave, workOn, listReports, onlyReport, listMessages, listVersions, outbox, database } =
  stage;
afterEach(() => stage.forget());
afterAll(() => stage.close());

const lamp = (more = '') => `Lampu jalan mati di gang ${uniqueWord()} Kota Bandung${more} @LAPOR1708`;

/** A post of Siti's, filed, and the post in which we answered it. */
async function file(text = lamp()) {
  const post = writePost({ text });
  await receive(post);
  const [report] = (await listReports()).slice(-1);
  const [told] = outbox.splice(0);
  if (report === undefined || told === undefined) throw new Error('not filed, or not answered');
  const answer = writePost({ by: ourAccount, text: 'Terima kasih', replyTo: post });
  return { post, report, answer: { ...answer, id: `1${told.id.replace(/\D/g, '').slice(0, 17)}` } };
}

describe('a post becomes a report', () => {
  test('with its words masked, its author and the post itself sealed, and an answer to it', async () => {
    const street = uniqueWord();
    const post = writePost({
      text: `@LAPOR1708 lampu jalan mati di gang ${street} Kota Bandung, hubungi 0812-3333-4444`,
    });
    const [messageId] = await receive(post);
    const report = await onlyReport();
    expect(report).toMatchObject({
      text: `lampu jalan mati di gang ${street} Kota Bandung, hubungi [nomor]`,
      routed: 'D32.73',
      anonymous: false,
      confidential: false,
      hold: null,
      joins: null,
    });
    const sealed = await stage.sealOf(report);
    expect(sealed).toMatchObject({
      identity: { name: 'Siti Rahayu', account: { id: siti.id, handle: siti.handle } },
      original: { contentType: 'application/json', messageId: post.id, summoned: true },
    });
    expect(JSON.parse(String(sealed?.original.body))).toEqual(post.payload);
    expect((await readSealed(database.pool, messageId as never, 'nobody'))?.original.messageId).toBe(post.id);
    expect(await listMessages()).toMatchObject([
      { id: messageId, state: 'done', fate: 'report', outcome: 'filed as a report', report_id: report.id },
    ]);
    expect(outbox).toMatchObject([
      { kind: 'tracking_id', inReplyTo: post.id, summoned: true, params: { trackingId: report.tracking_id } },
    ]);
    const { rows } = await database.pool.query('select * from posts');
    expect(rows).toMatchObject([
      { report_id: report.id, message_id: messageId, language: 'in', hashtags: [], gone_at: null },
    ]);
    expect(rows[0].posted_at.toISOString()).toBe(post.payload.data['created_at']);
  });

  test('and nothing of who wrote it, or of its id, is in any table in the clear', async () => {
    const { post, answer } = await file();
    await receive(writePost({ text: 'nomor saya 0812-3333-4444', replyTo: answer }));
    const seen: string[] = [];
    await lookAtTables({ look: (where, content) => void seen.push(`${where}\n${content}`) }, database.pool);
    expect(seen.join('\n')).toContain('nomor saya [nomor]');
    for (const secret of [post.id, siti.id, siti.handle, siti.name, '3333-4444']) {
      expect(seen.join('\n')).not.toContain(secret);
    }
  });

  test('once, however often it is found and however many workers have it', async () => {
    const posts = Array.from({ length: 8 }, () => writePost({ text: lamp() }));
    const ids = await leave(...posts, ...posts.map((post) => found(post, 'stream')));
    expect(new Set(ids).size).toBe(8);
    await Promise.all([1, 2, 3].map(() => stage.handlers().messages({ messageIds: [...new Set(ids)] })));
    expect(await listReports()).toHaveLength(8);
    expect(await countFates(database.pool)).toEqual([
      { form: 'post', mailbox: null, fate: 'report', count: 8 },
    ]);
  });

  test.each([
    ['@LAPOR1708 RAHASIA pungli di kantor desa', { confidential: true, anonymous: false }],
    ['ANONIM ada pungli di kantor desa #lapor', { confidential: false, anonymous: true }],
    ['ada pungli di kantor desa #lapor #RAHASIA', { confidential: true, anonymous: false }],
    ['Rahasia umum: ada pungli di kantor desa #lapor', { confidential: false, anonymous: false }],
  ])('that asks for secrecy as an SMS does: %s', async (text, flags) => {
    await receive(writePost({ text }));
    expect(await onlyReport()).toMatchObject(flags);
  });

  test('where it happened goes with it, and hashtags help to find out who is meant', async () => {
    await receive(
      writePost({ text: `rusak parah ${uniqueWord()} #lapor`, place: 'Coblong, Kota Bandung' }),
      writePost({ text: `parah sekali, ${uniqueWord()} #lapor #JalanRusak #Bandung` }),
    );
    expect(await listReports()).toMatchObject([
      { place_text: expect.stringContaining('Coblong'), routed: 'D32.73' },
      { routed: 'D32.73', topic: expect.any(String) },
    ]);
  });

  test('that has only pictures says so, and what its author says is to be seen', async () => {
    const at = new Date('2026-11-22T03:00:00Z');
    const photos = [{ url: 'https://10.0.0.1/a.jpg', alt: 'lubang di tengah jalan' }];
    await receive(writePost({ text: '@LAPOR1708', at, photos }));
    expect(await onlyReport()).toMatchObject({
      text: '(unggahan tanpa teks, hanya foto, diunggah 22 November 2026 pukul 10.00.00)\n\n[Foto: lubang di tengah jalan]',
    });
  });
});

describe('a post becomes no report', () => {
  test('where it is ours, or calls nobody and belongs to nothing', async () => {
    await receive(
      writePost({ by: ourAccount, text: 'Laporkan dengan #lapor' }),
      found(writePost({ text: 'cuaca cerah' }), 'thread'),
    );
    expect(await listReports()).toEqual([]);
    expect((await listMessages()).map(({ state, fate }) => [state, fate])).toEqual([
      ['done', 'own'],
      ['done', 'unrelated'],
    ]);
    expect(outbox).toEqual([]);
  });

  test('unless staff want it, at once or afterwards', async () => {
    const [, id] = await receive(
      found(writePost({ text: `jembatan ambruk ${uniqueWord()}` }), 'staff'),
      writePost({ text: `banjir ${uniqueWord()}` }),
    );
    expect(await listReports()).toHaveLength(1);
    expect(await orderFiling(database.pool, id ?? '', stage.context.clock())).toBe(true);
    await workOn([id as never]);
    expect(await listReports()).toHaveLength(2);
    expect(await orderFiling(database.pool, id ?? '', stage.context.clock())).toBe(false);
  });

  test('unless staff want it while a worker has it in hand', async () => {
    const [id = ''] = await leave(writePost({ text: `tanggul bocor ${uniqueWord()}` }));
    const open: typeof stage.context.open = async (...sealed) => {
      await orderPost(database.pool, id, stage.context.clock());
      return stage.context.open(...sealed);
    };
    await workOn([id as never], { open });
    expect(await listMessages()).toMatchObject([{ state: 'pending' }]);
    await workOn([id as never]);
    expect(await listReports()).toHaveLength(1);
  });
});

describe('an edited post', () => {
  const versions = (count: number) => {
    const word = uniqueWord();
    const list = [writePost({ text: `jalan rusak di ${word} #lapor` })];
    for (let version = 2; version <= count; version += 1) {
      const edits = list.at(-1);
      if (edits !== undefined)
        list.push(writePost({ edits, text: `jalan rusak di ${word}, versi ${version} #lapor` }));
    }
    return list;
  };

  test('is the same report, with each version added to it', async () => {
    await receive(...versions(6));
    const report = await onlyReport();
    expect((await listVersions()).map(({ version }) => version)).toEqual([2, 3, 4, 5, 6]);
    expect((await listVersions())[4]?.text).toContain('versi 6');
    expect((await listMessages()).map(({ fate, report_id }) => [fate, report_id])).toEqual(
      ['report', ...Array(5).fill('version')].map((fate) => [fate, report.id]),
    );
    expect(outbox).toHaveLength(1);
  });

  test('is handed to the agency that has the report like all that is added to it', async () => {
    await receive(...versions(2));
    const { rows } = await database.pool.query(
      'select agency_code, addition_id is null as whole from deliveries order by whole desc',
    );
    expect(rows.map(({ whole }) => whole)).toEqual([true, false]);
    expect(rows[1].agency_code).toBe(rows[0].agency_code);
  });

  test('of which a later version is here first keeps that one', async () => {
    const [first, second, third] = versions(3);
    await receive(...[third, first, second].filter((post) => post !== undefined));
    expect(await onlyReport()).toMatchObject({ text: expect.stringContaining('versi 3') });
    expect(await listVersions()).toEqual([]);
    expect((await listMessages()).map(({ fate }) => fate)).toEqual(['report', 'version', 'version']);
  });

  test.each([1, 2, 3])('whose versions are here at the same time is one report, turn %i', async () => {
    const ids = await leave(...versions(6));
    await Promise.all(ids.map((id) => stage.handlers().messages({ messageIds: [id] })));
    for (let turn = 0; turn < 8; turn += 1) await stage.handlers().messages({ messageIds: [...ids] });
    const { text } = await onlyReport();
    const latest = (await listVersions()).at(-1)?.text ?? text;
    expect(latest).toContain('versi 6');
    expect(new Set((await listMessages()).map(({ state }) => state))).toEqual(new Set(['done']));
  });
});

describe('a post that answers ours', () => {
  test('is added to the report, and its author is told so under it', async () => {
    const { report, answer } = await file();
    const reply = writePost({ text: '@LAPOR1708 sudah dua minggu, hubungi 0812-3333-4444', replyTo: answer });
    const [id] = await receive(reply);
    expect(await onlyReport()).toMatchObject({ id: report.id });
    expect(await stage.listAdditions(report.id)).toMatchObject([
      { text: 'sudah dua minggu, hubungi [nomor]', channel: 'twitter' },
    ]);
    expect(outbox).toMatchObject([
      { kind: 'added', inReplyTo: reply.id, params: { trackingId: report.tracking_id } },
    ]);
    expect((await listMessages()).at(-1)).toMatchObject({ id, fate: 'addition', report_id: report.id });
  });

  test('only to say thanks is added as well; one without words is kept', async () => {
    const { report, answer } = await file();
    await receive(
      writePost({ text: '@LAPOR1708 terima kasih', replyTo: answer }),
      writePost({ text: '@LAPOR1708', replyTo: answer }),
    );
    expect(await stage.listAdditions(report.id)).toMatchObject([{ text: 'terima kasih' }]);
    expect((await listMessages()).map(({ fate }) => fate)).toEqual(['report', 'addition', 'empty']);
  });

  test('of somebody else is a report of theirs', async () => {
    const { report, answer } = await file();
    await receive(writePost({ by: budi, text: `@LAPOR1708 di sini juga, ${uniqueWord()}`, replyTo: answer }));
    expect(await listReports()).toHaveLength(2);
    expect(await stage.listAdditions(report.id)).toEqual([]);
  });

  test('and asks for secrecy that its report does not have is a report of its own', async () => {
    const { report, answer } = await file();
    await receive(writePost({ text: '@LAPOR1708 RAHASIA pelakunya kepala desa', replyTo: answer }));
    expect((await listReports()).at(-1)).toMatchObject({ confidential: true });
    expect(await stage.listAdditions(report.id)).toEqual([]);
  });
});

describe('a post about somebody else’s', () => {
  test('that is a report joins it, and what it quotes is its context', async () => {
    const { post, report } = await file();
    await receive(writePost({ by: budi, text: '#lapor di tempat saya juga', quote: post }));
    const joined = (await listReports()).at(-1);
    expect(joined).toMatchObject({ joins: report.tracking_id, duplicate_of: report.id });
    expect(joined?.text).toMatch(/^.*di tempat saya juga\n\nMengutip unggahan: "Lampu jalan mati di gang /);
  });

  test('that is a report joins it when it answers it, or another version of it', async () => {
    const first = writePost({ text: 'belum lengkap' });
    await receive(writePost({ edits: first, text: lamp() }));
    const report = await onlyReport();
    await receive(
      writePost({ by: budi, text: '#lapor sama, pak', replyTo: first }),
      writePost({ by: budi, text: '#lapor ini juga', quote: first }),
    );
    expect((await listReports()).slice(1)).toMatchObject([
      { joins: report.tracking_id },
      { joins: report.tracking_id },
    ]);
  });

  test.each(['RAHASIA', 'ANONIM'])('that asked for secrecy does not join it: %s', async (word) => {
    const secret = writePost({ text: `@LAPOR1708 ${word} pungli di kantor ${uniqueWord()}` });
    await receive(secret, writePost({ by: budi, text: '#lapor sama', quote: secret }));
    expect((await listReports()).at(-1)).toMatchObject({ joins: null, duplicate_of: null });
  });

  test('waits a moment for it to be a report, and no longer than that', async () => {
    const post = writePost({ text: lamp() });
    const [first = '' as never, second = '' as never] = await leave(
      post,
      writePost({ by: budi, text: '#lapor sama', quote: post }),
    );
    await workOn([second]);
    expect(await listReports()).toEqual([]);
    await workOn([first]);
    await workOn([second]);
    expect((await listReports()).at(-1)?.joins).toBe((await listReports())[0]?.tracking_id);

    const [, never = '' as never] = await leave(
      writePost({ text: lamp() }),
      writePost({ by: budi, text: '#lapor sama', quote: writePost({ text: 'lain' }) }),
    );
    stage.wait(61_000);
    await workOn([never]);
    expect((await listReports()).at(-1)).toMatchObject({ joins: null });
  });

  test('that is none is a report with it as its context', async () => {
    const news = writePost({ by: budi, text: `Jembatan Cikapundung ambruk ${'x'.repeat(2_000)}` });
    await receive(writePost({ text: '#lapor mohon ditindak', quote: news }));
    const { text, joins } = await onlyReport();
    expect(joins).toBeNull();
    expect(text).toContain('Mengutip unggahan: "Jembatan Cikapundung ambruk');
    expect(text.length).toBeLessThan(1_200);
  });
});
