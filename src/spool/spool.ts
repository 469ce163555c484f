import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { AppError, describeFailure } from '../errors.ts';
import { lockFolder } from '../folder-lock.ts';
import { createGroupCommit } from '../group-commit.ts';
import { setAside } from './corrupt.ts';
import { makeFolder, proveWritable, segmentFile, syncFolder } from './files.ts';
import { type Line, readLines, toLine } from './line.ts';
import { type Recovered, recover } from './recover.ts';
import { keepRefused } from './refused.ts';
import { createSegmentWriter, type Lines, type Segment } from './segment-writer.ts';
import { unusable } from './unusable.ts';

/** Where records wait on local disk while the place they are meant for is away (docs/adr/0007-spool.md). */
export type Spool = {
  /**
   * Resolves once every record is fsynced; concurrent calls share one fsync. Throws `AppError` `unavailable` where the
   * bound is reached or the disk refuses; then none, some or all of these records may be handed over all the same.
   */
  readonly append: (records: readonly string[]) => Promise<void>;
  /**
   * Hands over everything that was appended before the call, oldest first, in lists of at most `maxPerBatch`, and answers
   * how many. What `write` has resolved for is deleted, a segment at a time. Rejects when `write` does, or when a file
   * cannot be read or removed: then nothing is lost, and some of it will be handed over again. Appending goes on
   * meanwhile; a second call waits for the first.
   */
  readonly drain: (write: Write) => Promise<number>;
  /** Keeps a record that the place it is meant for refuses in `refused/NAME.json`, durably, and says so in the log. */
  readonly refuse: (name: string, record: string) => Promise<void>;
  /** Records and bytes that wait; corrupt records set aside. */
  readonly facts: () => { readonly records: number; readonly bytes: number; readonly corrupt: number };
  /** Waits for what is being appended, and for the batch that is being drained; then gives the folder back. */
  readonly close: () => Promise<void>;
};

/** Resolves once the records are safe elsewhere; it may be given some of them again. */
type Write = (records: readonly string[]) => Promise<void>;

type Options = { readonly maxBytes: number; readonly log: Pick<Logger, 'warn' | 'error'> };

/** So many records `write` gets at once: as many as accept commits at once. */
export const maxPerBatch = 500;
/** So many appends share an fsync, and so many may wait for theirs. */
const maxPerSync = 1000;
const maxWaiting = 20_000;

/**
 * Takes the folder for this process, makes it where it is missing, and keeps what a killed process left for `drain`. Throws
 * `AppError` `config` where the folder cannot be written, `conflict` where another process has it.
 */
export async function openSpool(folder: string, options: Options): Promise<Spool> {
  const path = resolve(folder);
  let unlock = () => {};
  try {
    await makeFolder(path);
    unlock = lockFolder(path, 'gateway');
    await proveWritable(path);
    return createSpool(path, options, await recover(path, options.log), unlock);
  } catch (error) {
    unlock();
    throw error instanceof AppError ? error : unusable(path, error);
  }
}

function createSpool(
  folder: string,
  { maxBytes, log }: Options,
  recovered: Recovered,
  unlock: () => void,
): Spool {
  let sealed = recovered.segments;
  let corrupt = recovered.corrupt;
  let reservedBytes = 0;
  let closed = false;
  const appending = new Set<Promise<undefined>>();
  const complaints = createComplaints(folder, log);
  const inTurnToWrite = createTurns();
  const inTurnToDrain = createTurns();
  const writer = createSegmentWriter(folder, recovered.nextNumber, (segment) => {
    sealed = [...sealed, segment];
  });
  const commit = createGroupCommit(writeTogether, {
    maxItems: maxPerSync,
    maxWriting: 1,
    maxWaiting,
    overflow: () => new AppError('unavailable', 'too much is waiting for the spool; try again shortly'),
  });

  async function append(records: readonly string[]): Promise<void> {
    if (closed) throw isClosed();
    if (records.length === 0) return;
    const bytes = Buffer.from(records.map(toLine).join(''));
    if (facts().bytes + reservedBytes + bytes.length > maxBytes) {
      complaints.raise('spool_full', { maxBytes });
      throw new AppError('unavailable', 'the spool is full; try again later');
    }
    reservedBytes += bytes.length;
    const written = commit({ bytes, records: records.length });
    appending.add(written);
    try {
      await written;
    } finally {
      appending.delete(written);
      reservedBytes -= bytes.length;
    }
  }

  async function writeTogether(items: readonly Lines[]): Promise<readonly undefined[]> {
    const bytes = Buffer.concat(items.map((item) => item.bytes));
    const records = sum(items.map((item) => item.records));
    try {
      await inTurnToWrite(() => writer.append({ bytes, records }));
    } catch (cause) {
      complaints.raise('spool_write_failed', { error: describeFailure(cause) });
      throw new AppError('unavailable', 'the spool cannot be written; try again shortly', { cause });
    }
    complaints.settle('spool_write_failed');
    return items.map(() => undefined);
  }

  const drain: Spool['drain'] = (write) =>
    inTurnToDrain(async () => {
      await inTurnToWrite(writer.seal);
      const stuck: unknown[] = [];
      let handed = 0;
      for (const segment of sealed) {
        // One bad file must not hold up the others, so what is wrong with it is told at the end.
        const note = (error: unknown) => {
          log.error({
            event: 'spool_segment_stuck',
            segment: nameOf(segment),
            error: describeFailure(error),
          });
          stuck.push(error);
        };
        const lines = await readSegment(segment).catch(note);
        if (lines === undefined) continue;
        handed += await handOver(lines, write);
        await removeSegment(segment, lines).catch(note);
      }
      if (stuck.length > 0) throw isStuck(folder, stuck[0]);
      return handed;
    });

  const nameOf = (segment: Segment) => segmentFile(folder, segment.number);

  const readSegment = async (segment: Segment): Promise<readonly Line[]> =>
    readLines((await readFile(nameOf(segment))).subarray(0, segment.bytes));

  async function handOver(lines: readonly Line[], write: Write): Promise<number> {
    const records = lines.flatMap(({ record }) => record ?? []);
    for (let from = 0; from < records.length; from += maxPerBatch) {
      if (closed) throw isClosed();
      await write(records.slice(from, from + maxPerBatch));
    }
    return records.length;
  }

  async function removeSegment(segment: Segment, lines: readonly Line[]): Promise<void> {
    const damaged = lines.filter(({ record }) => record === null);
    corrupt += await setAside(folder, segment.number, damaged, log);
    await rm(nameOf(segment));
    sealed = sealed.filter((other) => other !== segment);
    complaints.settle('spool_full');
    await syncFolder(folder);
  }

  function facts() {
    const segments = [...sealed, writer.current() ?? []].flat();
    return {
      records: sum(segments.map((segment) => segment.records)),
      bytes: sum(segments.map((segment) => segment.bytes)),
      corrupt,
    };
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await Promise.allSettled(appending);
    await inTurnToDrain(async () => {});
    await inTurnToWrite(writer.seal);
    unlock();
  }

  async function refuse(name: string, record: string): Promise<void> {
    log.error({ event: 'spool_record_refused', file: await keepRefused(folder, name, record) });
  }

  return { append, drain, refuse, facts, close };
}

const isClosed = () => new AppError('unavailable', 'the spool is closed');

const isStuck = (folder: string, cause: unknown) =>
  new AppError('unavailable', `files of the spool in ${folder} cannot be read or removed`, { cause });

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Runs what it is given one after the other, in the order it was given. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}

type Complaint = 'spool_full' | 'spool_write_failed';

/** Says what is wrong once and not with every append, and again when it had been right in between. */
function createComplaints(folder: string, log: Options['log']) {
  const raised = new Set<Complaint>();
  return {
    raise: (event: Complaint, facts: Readonly<Record<string, unknown>>) => {
      if (!raised.has(event)) log.error({ event, folder, ...facts });
      raised.add(event);
    },
    settle: (event: Complaint) => raised.delete(event),
  };
}
