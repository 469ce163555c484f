import { Readable } from 'node:stream';
import type { Upload } from '../src/attachments/attachments.ts';
import type { WorkerContext } from '../src/context.ts';
import type { FileProblem } from '../src/domain/attachment.ts';
import { after } from '../src/domain/moment.ts';
import { AppError } from '../src/errors.ts';
import { NotYet } from './not-yet.ts';

/** A file that came with a message. */
export type IncomingFile = {
  /** What its sender called it; null where they did not. */
  readonly name: string | null;
  /** Its bytes, or why there are none: `late` may be over in a while, `gone` never. */
  readonly read: () => Promise<Uint8Array | 'size' | 'late' | 'gone'>;
};

/** What became of the files of a message. */
export type TakenFiles = {
  readonly uploads: readonly Upload[];
  /** Why each of the others was not taken. */
  readonly refused: readonly (FileProblem | 'late' | 'gone')[];
};

export const noFiles: TakenFiles = { uploads: [], refused: [] };

type FilesContext = Pick<WorkerContext, 'attachments' | 'clock' | 'config'>;

/** So many times as many files as may come are looked at, where the first of them cannot be taken. */
const looksPerFile = 3;

/** What is late is asked for again after this. */
const askAgainMs = 20_000;

/**
 * Takes the files in by the way of those that are uploaded, one after the other. They are uploads that nobody else knows the
 * secrets of: put with a report within a day, or swept. Throws `AppError` `storage-full` or `unavailable` where there is no room at
 * the moment, and `NotYet` where one is late, unless there is no waiting for it any more; nothing is kept then.
 */
export async function takeFiles(
  context: FilesContext,
  files: readonly IncomingFile[],
  { lane, mayWait }: { readonly lane: string; readonly mayWait: boolean },
): Promise<TakenFiles> {
  const { attachments, clock } = context;
  const most = context.config.attachmentsMaxFiles;
  const uploads: Upload[] = [];
  const refused: TakenFiles['refused'][number][] = [];
  for (const [index, file] of files.entries()) {
    if (uploads.length === most || index >= most * looksPerFile) {
      refused.push('count');
      continue;
    }
    const taken = await takeFile(context, file, lane);
    if (typeof taken !== 'string' && taken.isKept) {
      uploads.push(taken);
      continue;
    }
    const maySucceed = taken === 'storage' || taken === 'busy' || taken === 'late';
    if (typeof taken === 'string' && !(maySucceed && mayWait)) {
      refused.push(taken);
      continue;
    }
    await attachments.discard(typeof taken === 'string' ? uploads : [...uploads, taken]);
    if (taken === 'late') throw new NotYet(after(clock(), askAgainMs));
    throw typeof taken === 'string'
      ? new AppError('storage-full', 'there is no room for the files of a message')
      : new AppError('unavailable', 'the database was away while a file was taken in');
  }
  return { uploads, refused };
}

async function takeFile(
  { attachments, config }: FilesContext,
  { name, read }: IncomingFile,
  lane: string,
): Promise<Upload | TakenFiles['refused'][number]> {
  const content = await read();
  if (typeof content === 'string') return content;
  if (content.length > config.attachmentsMaxMb * 1024 * 1024) return 'size';
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return attachments.receive(Readable.from([bytes]), name ?? undefined, lane);
}

/** For staff: how many and why, never what they are called. */
export function describeRefused({ uploads, refused }: TakenFiles): string {
  const reasons = [...new Set(refused)].join(', ');
  return `, ${refused.length} of ${uploads.length + refused.length} files not taken: ${reasons}`;
}
