import { appendFileSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toLine } from '../src/spool/line.ts';
import { diskError, filePrototype } from './support/file-calls.ts';
import {
  drainAll,
  lamp,
  lamps,
  listSegmentFiles,
  makeSpoolFolder,
  openWithLog,
  readCorrupt,
} from './support/spool-folder.ts';

let folder: string;
beforeEach(() => {
  folder = makeSpoolFolder();
});
afterEach(() => vi.restoreAllMocks());

describe('a file that was not left as it should be', () => {
  /** Three records in one file, closed. */
  async function leaveThree(): Promise<string> {
    const spool = await openWithLog(folder);
    await spool.append(lamps(3));
    await spool.close();
    return join(folder, '000001.spool');
  }

  test('loses a torn end, which is said, and nothing else', async () => {
    const file = await leaveThree();
    truncateSync(file, statSync(file).size - 5);
    const spool = await openWithLog(folder);
    expect(spool.logged).toEqual([
      {
        event: 'spool_torn_record_cut',
        segment: file,
        offset: expect.any(Number),
        bytes: expect.any(Number),
      },
    ]);
    expect(spool.facts()).toEqual({ records: 2, bytes: statSync(file).size, corrupt: 0 });
    expect(await drainAll(spool)).toEqual(lamps(2));
    await spool.close();
  });

  test('is removed where nothing but a torn record is in it', async () => {
    await leaveThree();
    writeFileSync(join(folder, '000002.spool'), '\n1234abcd {"text":"Sampah');
    const spool = await openWithLog(folder);
    expect(listSegmentFiles(folder)).toEqual([join(folder, '000001.spool')]);
    expect(await drainAll(spool)).toEqual(lamps(3));
    await spool.close();
  });

  test('has its damaged record set aside as it is, said and counted, and the others handed over', async () => {
    const file = await leaveThree();
    const content = readFileSync(file);
    const at = content.indexOf('"number":1');
    content.write('"number":7', at);
    writeFileSync(file, content);
    const offset = content.lastIndexOf('\n', at) + 1;
    const aside = join(folder, 'corrupt', `000001-${offset}`);
    const bytes = content.toString('latin1', offset, content.indexOf('\n', at));

    const spool = await openWithLog(folder);
    const event = { event: 'spool_record_corrupt', segment: file, offset, bytes: bytes.length, file: aside };
    expect(spool.logged).toEqual([event]);
    expect(spool.facts()).toMatchObject({ records: 2, corrupt: 1 });
    expect(readCorrupt(folder)).toEqual({ [`000001-${offset}`]: bytes });
    expect(statSync(aside).mode & 0o777).toBe(0o600);
    expect(await drainAll(spool)).toEqual([lamp(0), lamp(2)]);
    expect(spool.logged).toEqual([event]);
    await spool.close();

    const next = await openWithLog(folder);
    expect(next.facts()).toEqual({ records: 0, bytes: 0, corrupt: 1 });
    await next.append([lamp(3)]);
    expect(listSegmentFiles(folder)).toEqual([join(folder, '000002.spool')]); // 000001 names what is in corrupt/
    await next.close();
  });

  test('is noticed when it is damaged between append and drain', async () => {
    const spool = await openWithLog(folder);
    await spool.append(lamps(3));
    const file = join(folder, '000001.spool');
    const content = readFileSync(file);
    content.write('X', content.length - 1);
    writeFileSync(file, content);
    appendFileSync(file, 'never acknowledged');
    expect(await drainAll(spool)).toEqual(lamps(2));
    expect(spool.facts()).toEqual({ records: 0, bytes: 0, corrupt: 1 });
    expect(Object.values(readCorrupt(folder))).toEqual([expect.stringContaining(`${lamp(2)}X`)]);
    await spool.close();
  });

  test('hands over its sound records even while the damaged one cannot be kept, and is kept itself', async () => {
    const spool = await openWithLog(folder);
    await spool.append(lamps(2));
    const file = join(folder, '000001.spool');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"number":0', '"number":5'));
    const sync = vi.spyOn(await filePrototype(), 'sync').mockRejectedValueOnce(diskError('ENOSPC'));
    const handed: string[] = [];
    const drain = () => spool.drain(async (records) => void handed.push(...records));
    await expect(drain()).rejects.toMatchObject({ code: 'unavailable', cause: { code: 'ENOSPC' } });
    expect(handed).toEqual([lamp(1)]);
    sync.mockRestore();
    await drain();
    expect(spool.facts()).toEqual({ records: 0, bytes: 0, corrupt: 1 });
    await spool.close();
  });

  test('does not hold up the next where it cannot be read, and is not forgotten', async () => {
    const file = await leaveThree();
    const spool = await openWithLog(folder);
    await spool.append(lamps(2, 3));
    renameSync(file, `${file}.away`);
    const handed: string[] = [];
    const drain = () => spool.drain(async (records) => void handed.push(...records));
    await expect(drain()).rejects.toMatchObject({ code: 'unavailable', cause: { code: 'ENOENT' } });
    expect(spool.logged).toEqual([{ event: 'spool_segment_stuck', segment: file, error: 'Error ENOENT' }]);
    expect(handed).toEqual(lamps(2, 3));
    renameSync(`${file}.away`, file);
    expect(await drain()).toBe(3);
    expect(handed).toEqual([...lamps(2, 3), ...lamps(3)]);
    await spool.close();
  });
});

test('whatever is cut from the end and whichever byte is damaged, every other record comes out, once and in order', async () => {
  const complaint = fc.record({
    text: fc.oneof(
      fc.constantFrom('TANGKAB jln rusak parah', 'Sampah 🗑️ menumpuk'),
      fc.string({ unit: 'binary' }),
    ),
  });
  const damage = fc.record({
    /** How much of the file is left, and where in it a byte is damaged: as a part of the whole. */
    keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    flip: fc.option(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
    mask: fc.integer({ min: 1, max: 255 }),
  });
  const appends = fc
    .array(fc.array(complaint, { maxLength: 4 }), { maxLength: 5 })
    .filter((batches) => batches.flat().length > 0);
  await fc.assert(
    fc.asyncProperty(appends, damage, async (batches, { keep, flip, mask }) => {
      const own = makeSpoolFolder();
      const first = await openWithLog(own);
      for (const batch of batches) await first.append(batch.map((record) => JSON.stringify(record)));
      await first.close();
      const records = batches.flat().map((record) => JSON.stringify(record));
      const file = join(own, '000001.spool');

      const whole = readFileSync(file);
      const content = Buffer.from(whole.subarray(0, Math.ceil(whole.length * keep)));
      const at = flip === null || content.length === 0 ? -1 : Math.floor(content.length * flip);
      if (at >= 0) content.writeUInt8(content.readUInt8(at) ^ mask, at);
      writeFileSync(file, content);

      const spans = findSpans(records);
      const acknowledged = spans.filter(({ end }) => end <= content.length);
      const sound = acknowledged.filter(({ start, end }) => at < start || at >= end);
      const second = await openWithLog(own);
      expect(second.facts().records).toBe(sound.length);
      expect(await drainAll(second)).toEqual(sound.map(({ record }) => record));
      expect(await drainAll(second)).toEqual([]);

      const harmed = acknowledged.find(({ start, end }) => at >= start && at < end);
      const aside = Object.entries(readCorrupt(own));
      expect(second.facts().corrupt).toBe(aside.length);
      if (harmed !== undefined) expect(aside.length).toBeGreaterThan(0);
      for (const [name, bytes] of aside) {
        const offset = Number(name.split('-')[1]);
        expect(content.toString('latin1', offset, offset + bytes.length)).toBe(bytes);
      }
      if (at < 0) expect(aside).toEqual([]);
      await second.close();
    }),
    { numRuns: 50 },
  );
});

/** Where each record lies in the file, its newlines included. */
function findSpans(records: readonly string[]) {
  let end = 0;
  return records.map((record) => {
    const start = end;
    end += Buffer.byteLength(toLine(record));
    return { record, start, end };
  });
}
