import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { countRows } from './support/core.ts';
import { openPostStage } from './support/post-stage.ts';
import { writePost } from './support/posts.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';
import { uniqueWord } from './support/unique-word.ts';

const stage = await openPostStage({ ATTACHMENTS_MAX_MB: '1' });
const { receive, workOn, listReports, onlyReport, listMessages, database } = stage;
const photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#445566' } })
  .jpeg()
  .toBuffer();
const other = await sharp({ create: { width: 48, height: 48, channels: 3, background: '#665544' } })
  .jpeg()
  .toBuffer();

/** What the host of pictures answers with, by path; not found where there is nothing. */
const shelf = new Map<string, Buffer | number>();
const host: ReceivingAgency = await startReceivingAgency(({ path }, response) => {
  const kept = shelf.get(path) ?? 404;
  if (typeof kept === 'number') response.writeHead(kept).end();
  else response.end(kept);
});
await stage.allow([host.host]);
afterEach(async () => {
  shelf.clear();
  await stage.forget();
});
afterAll(async () => {
  await stage.close();
  await host.stop();
});

const at = (path: string) => `${host.origin}${path}`;
const text = () => `jalan rusak di ${uniqueWord()} @LAPOR1708`;

const listFiles = async () => {
  const { rows } = await database.pool.query<{ type: string; added: boolean }>(
    'select type, addition_id is not null as added from attachments order by report_id, position',
  );
  return rows;
};

describe('pictures of a post', () => {
  test('are attachments of its report, those of all its parts', async () => {
    shelf.set('/1.jpg', photo).set('/2.jpg', other);
    const first = writePost({ text: '1/2 jalan rusak #lapor', photos: [{ url: at('/1.jpg') }] });
    const photos = [{ url: at('/2.jpg'), alt: 'lubang sedalam lutut' }];
    await receive(first, writePost({ text: '2/2 parah #lapor', replyTo: first, photos }));
    expect(await onlyReport()).toMatchObject({
      text: 'jalan rusak\n\nparah\n\n[Foto: lubang sedalam lutut]',
    });
    expect(await listFiles()).toEqual([
      { type: 'image/jpeg', added: false },
      { type: 'image/jpeg', added: false },
    ]);
  });

  test('that a version has anew are added with it, and no others', async () => {
    shelf.set('/1.jpg', photo).set('/2.jpg', other);
    const first = writePost({ text: text(), photos: [{ url: at('/1.jpg') }] });
    await receive(
      first,
      writePost({ edits: first, text: text(), photos: [{ url: at('/1.jpg') }, { url: at('/2.jpg') }] }),
    );
    expect(await listFiles()).toEqual([
      { type: 'image/jpeg', added: false },
      { type: 'image/jpeg', added: true },
    ]);
  });

  test('that are late are waited for, without holding up another post', async () => {
    const ids = await receive(
      writePost({ text: text(), photos: [{ url: at('/1.jpg') }], video: at('/late.mp4') }),
      writePost({ text: text() }),
    );
    expect(await listReports()).toHaveLength(1);
    shelf.set('/1.jpg', photo).set('/late.mp4', 503);
    await workOn(ids);
    expect(await listReports()).toHaveLength(1);
    // what was taken in so far is not kept
    expect(await countRows(database.pool, 'uploads')).toBe(0);
    shelf.set('/late.mp4', other);
    await workOn(ids);
    expect(await listReports()).toHaveLength(2);
    expect(await listFiles()).toHaveLength(2);
  });

  test('that never come are left out after some minutes, and staff and its author are told how many', async () => {
    shelf.set('/1.jpg', photo);
    const ids = await receive(
      writePost({ text: text(), photos: [{ url: at('/1.jpg') }], video: at('/never.mp4') }),
    );
    expect(await listReports()).toEqual([]);
    stage.wait(9 * 60_000);
    await workOn(ids);
    expect(await listMessages()).toMatchObject([
      {
        fate: 'report',
        file_count: 2,
        files_not_taken: 1,
        outcome: 'filed as a report, 1 of 2 files not taken: late',
      },
    ]);
    expect(stage.outbox).toMatchObject([{ params: { filesNotTaken: 1 } }]);
    expect(await listFiles()).toHaveLength(1);
  });

  test('of a video come in the best version that turns out to be small enough', async () => {
    shelf
      .set('/largest.mp4', 500)
      .set('/large.mp4', Buffer.alloc(1024 * 1024 + 1))
      .set('/small.mp4', photo);
    const video = [
      { url: at('/small.mp4'), bytes: 512 },
      { url: at('/large.mp4'), bytes: 1024 },
      { url: at('/largest.mp4'), bytes: 1024 * 1024 + 1 },
    ];
    await receive(writePost({ text: text(), video }));
    expect(await listMessages()).toMatchObject([{ fate: 'report', file_count: 1, files_not_taken: 0 }]);
    expect(await listFiles()).toEqual([{ type: 'image/jpeg', added: false }]);
  });

  test.each([
    ['forbidden', '/forbidden.jpg', 'gone'],
    ['elsewhere', '/moved.jpg', 'gone'],
    ['too large', '/large.jpg', 'size'],
    ['no picture', '/page.jpg', 'type'],
  ])('that are %s are left out at once', async (_, path, why) => {
    shelf.set('/forbidden.jpg', 403).set('/moved.jpg', 302);
    shelf.set('/large.jpg', Buffer.alloc(1024 * 1024 + 1)).set('/page.jpg', Buffer.from('<html>maaf</html>'));
    await receive(writePost({ text: text(), photos: [{ url: at(path) }] }));
    expect(await listMessages()).toMatchObject([
      { fate: 'report', outcome: `filed as a report, 1 of 1 files not taken: ${why}` },
    ]);
  });

  test('at addresses inside are not asked for', async () => {
    const before = host.received.length;
    await stage.allow([]);
    await receive(writePost({ text: text(), photos: [{ url: at('/1.jpg') }] }));
    await stage.allow([host.host]);
    expect(await listMessages()).toMatchObject([
      { fate: 'report', outcome: 'filed as a report, 1 of 1 files not taken: gone' },
    ]);
    expect(host.received).toHaveLength(before);
  });
});
