import { existsSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { maxPerBatch } from '../src/spool/spool.ts';
import { diskError, filePrototype } from './support/file-calls.ts';
import {
  drainAll,
  drainLists,
  lamp,
  lamps,
  listSegmentFiles,
  makeSpoolFolder,
  openWithLog,
} from './support/spool-folder.ts';

let folder: string;
beforeEach(() => {
  folder = makeSpoolFolder();
});
afterEach(() => vi.restoreAllMocks());

describe('what was appended', () => {
  test('is handed over oldest first, in lists of bounded length, and then its files are gone', async () => {
    const spool = await openWithLog(folder);
    const records = lamps(maxPerBatch * 2 + 7);
    for (let from = 0; from < records.length; from += 100)
      await spool.append(records.slice(from, from + 100));
    expect(spool.facts()).toMatchObject({ records: records.length, corrupt: 0 });
    expect(spool.facts().bytes).toBe(statSync(listSegmentFiles(folder)[0]!).size);

    const lists = await drainLists(spool);
    expect(lists.flat()).toEqual(records);
    expect(lists.map((list) => list.length)).toEqual([maxPerBatch, maxPerBatch, 7]);
    expect(spool.facts()).toEqual({ records: 0, bytes: 0, corrupt: 0 });
    expect(listSegmentFiles(folder)).toEqual([]);
    expect(await drainAll(spool)).toEqual([]);
    await spool.close();
  });

  test('is still there for the next process, in files that only the owner reads', async () => {
    const first = await openWithLog(folder);
    await first.append(lamps(3));
    await first.close();
    expect(listSegmentFiles(folder)).toEqual([join(folder, '000001.spool')]);
    expect(statSync(join(folder, '000001.spool')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);

    const second = await openWithLog(folder);
    await second.append(lamps(3, 3));
    expect(second.facts().records).toBe(6);
    expect(await drainAll(second)).toEqual(lamps(6));
    expect(second.logged).toEqual([]);
    await second.close();
  });

  test('is on the disk before anybody is told, and the name of a new file too', async () => {
    const spool = await openWithLog(folder);
    const files = await filePrototype();
    const calls: string[] = [];
    const { datasync, sync } = files;
    vi.spyOn(files, 'datasync').mockImplementation(async function (this: FileHandle) {
      await datasync.call(this);
      calls.push('content');
    });
    vi.spyOn(files, 'sync').mockImplementation(async function (this: FileHandle) {
      await sync.call(this);
      calls.push('folder');
    });
    await spool.append([lamp(1)]);
    calls.push('told');
    await spool.append([lamp(2)]);
    calls.push('told');
    expect(calls).toEqual(['content', 'folder', 'told', 'content', 'told']);
    await spool.close();
  });

  test('by many at once shares few fsyncs', async () => {
    const spool = await openWithLog(folder);
    const datasync = vi.spyOn(await filePrototype(), 'datasync');
    await Promise.all(lamps(2000).map((record) => spool.append([record])));
    expect(datasync.mock.calls.length).toBeLessThan(50);
    expect(await drainAll(spool)).toEqual(lamps(2000));
    await spool.close();
  });

  test('comes out once while more is being appended and drained, over many files', async () => {
    const spool = await openWithLog(folder, 64 * 1024 ** 2);
    const large = (number: number) => JSON.stringify({ number, text: 'Banjir '.repeat(10_000) });
    const drained: string[] = [];
    const drain = () => spool.drain(async (records) => void drained.push(...records));
    const appends = Array.from({ length: 200 }, (_, number) => spool.append([large(number)]));
    const drains = [drain(), drain()];
    await appends[100];
    drains.push(drain());
    await Promise.all([...appends, ...drains]);
    await drain();
    expect(drained.length).toBe(200);
    expect(new Set(drained.map((record) => JSON.parse(record).number)).size).toBe(200);
    expect(spool.facts()).toEqual({ records: 0, bytes: 0, corrupt: 0 });
    await spool.close();
  });

  test('is waited for by a drain that comes in the middle of it', async () => {
    const spool = await openWithLog(folder);
    await spool.append([lamp(0)]);
    const files = await filePrototype();
    const { datasync } = files;
    const drains: Promise<readonly string[]>[] = [];
    vi.spyOn(files, 'datasync').mockImplementationOnce(async function (this: FileHandle) {
      drains.push(drainAll(spool));
      await datasync.call(this);
    });
    await spool.append([lamp(1)]);
    expect(await Promise.all(drains)).toEqual([lamps(2)]);
    await spool.close();
  });

  test('comes out once although two drain at a time', async () => {
    const spool = await openWithLog(folder);
    await spool.append(lamps(10));
    expect(await Promise.all([drainAll(spool), drainAll(spool)])).toEqual([lamps(10), []]);
    await spool.close();
  });

  test('is kept when handing over fails, and handed over the next time', async () => {
    const spool = await openWithLog(folder);
    await spool.append(lamps(maxPerBatch * 2));
    const given: string[] = [];
    const failing = spool.drain(async (records) => {
      if (given.length > 0) throw new Error('PostgreSQL went away again');
      given.push(...records);
    });
    await expect(failing).rejects.toThrow('went away again');
    expect(spool.facts().records).toBe(maxPerBatch * 2);
    await spool.append([lamp(maxPerBatch * 2)]);
    expect(await drainAll(spool)).toEqual(lamps(maxPerBatch * 2 + 1));
    await spool.close();
  });

  test('must be one line', async () => {
    const spool = await openWithLog(folder);
    await expect(spool.append(['{\n}'])).rejects.toThrow('one line');
    expect(spool.facts().records).toBe(0);
    await spool.close();
  });
});

describe('a closed spool', () => {
  test('has finished what was being appended, and takes no more', async () => {
    const spool = await openWithLog(folder);
    let told = 0;
    for (const record of lamps(50)) void spool.append([record]).then(() => (told += 1));
    await spool.close();
    expect(told).toBe(50);
    await expect(spool.append([lamp(50)])).rejects.toMatchObject({ code: 'unavailable' });
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    const next = await openWithLog(folder);
    expect(await drainAll(next)).toEqual(lamps(50));
    await next.close();
  });

  test('ends a drain after the batch that is under way, and loses nothing of it', async () => {
    const spool = await openWithLog(folder);
    await spool.append(lamps(maxPerBatch * 3));
    let closing: Promise<void> | undefined;
    const drain = spool.drain(async () => {
      closing ??= spool.close();
    });
    await expect(drain).rejects.toMatchObject({ code: 'unavailable' });
    await closing;
    const next = await openWithLog(folder);
    expect(await drainAll(next)).toEqual(lamps(maxPerBatch * 3));
    await next.close();
  });
});

describe('a disk that refuses', () => {
  test('in the middle of a record: the append is refused, what was there before stays, and it goes on in a new file', async () => {
    const spool = await openWithLog(folder);
    await spool.append(lamps(2));
    const files = await filePrototype();
    const { appendFile } = files;
    vi.spyOn(files, 'appendFile').mockImplementationOnce(async function (this: FileHandle, data) {
      await appendFile.call(this, (data as Buffer).subarray(0, 20));
      throw diskError('ENOSPC');
    });
    const size = statSync(join(folder, '000001.spool')).size;
    await expect(spool.append([lamp(9)])).rejects.toMatchObject({ code: 'unavailable' });
    expect(statSync(join(folder, '000001.spool')).size).toBe(size);
    expect(spool.logged).toEqual([{ event: 'spool_write_failed', folder, error: 'Error ENOSPC' }]);

    await spool.append([lamp(2)]);
    expect(listSegmentFiles(folder).length).toBe(2);
    expect(await drainAll(spool)).toEqual(lamps(3));
    await spool.close();
  });

  test('to sync: the file is never synced again, even where it cannot be cut', async () => {
    const spool = await openWithLog(folder);
    const files = await filePrototype();
    const synced: number[] = [];
    const { datasync } = files;
    const watch = vi.spyOn(files, 'datasync').mockImplementation(async function (this: FileHandle) {
      synced.push(this.fd);
      await datasync.call(this);
    });
    await spool.append([lamp(0)]);
    watch.mockRejectedValueOnce(diskError('EIO'));
    vi.spyOn(files, 'truncate').mockRejectedValueOnce(diskError('EIO'));
    await expect(spool.append([lamp(9)])).rejects.toMatchObject({ code: 'unavailable' });
    await spool.append([lamp(1)]);
    expect(synced.length).toBe(2);
    expect(listSegmentFiles(folder)).toEqual([join(folder, '000001.spool'), join(folder, '000002.spool')]);
    expect(spool.facts().records).toBe(2);
    expect(await drainAll(spool)).toEqual(lamps(2)); // and not what was refused, though it is in the file
    await spool.close();
  });

  test('from the first byte of a file: no file is left behind, however often', async () => {
    const spool = await openWithLog(folder);
    const datasync = vi.spyOn(await filePrototype(), 'datasync').mockRejectedValue(diskError('ENOSPC'));
    for (let count = 0; count < 5; count += 1) {
      await expect(spool.append([lamp(9)])).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect(listSegmentFiles(folder)).toEqual([]);
    expect(spool.facts()).toEqual({ records: 0, bytes: 0, corrupt: 0 });
    expect(spool.logged.length).toBe(1); // said once, not with every append
    datasync.mockRestore();
    await spool.append([lamp(0)]);
    expect(await drainAll(spool)).toEqual([lamp(0)]);
    await spool.close();
  });
});

describe('the bound', () => {
  test('refuses what would go beyond it, also of many at once, and a drain makes room', async () => {
    const maxBytes = 20 * (Buffer.byteLength(lamp(10)) + 11);
    const spool = await openWithLog(folder, maxBytes);
    const results = await Promise.allSettled(lamps(30, 10).map((record) => spool.append([record])));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBe(10);
    expect(refused.every(({ reason }) => reason.code === 'unavailable')).toBe(true);
    expect(spool.facts()).toEqual({ records: 20, bytes: maxBytes, corrupt: 0 });
    expect(spool.logged).toEqual([{ event: 'spool_full', folder, maxBytes }]);

    expect(await drainAll(spool)).toEqual(lamps(20, 10));
    await spool.append(lamps(20, 30));
    await spool.close();

    // What a dead process left counts too.
    const next = await openWithLog(folder, maxBytes);
    await expect(next.append([lamp(50)])).rejects.toMatchObject({ code: 'unavailable' });
    expect(await drainAll(next)).toEqual(lamps(20, 30));
    await next.close();
  });
});
