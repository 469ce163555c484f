import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Upload } from '../src/attachments/attachments.ts';
import type { WorkerContext } from '../src/context.ts';
import type { FileProblem } from '../src/domain/attachment.ts';
import type { MailFile } from '../src/domain/mail.ts';
import { chooseFiles } from '../src/domain/mail-files.ts';
import { AppError } from '../src/errors.ts';

/** What became of the files of a mail. */
export type TakenFiles = {
  readonly uploads: readonly Upload[];
  /** Why each of the others was not taken. */
  readonly refused: readonly FileProblem[];
};

type FilesContext = Pick<WorkerContext, 'attachments' | 'config'>;

/** So many times as many files as may come are looked at, where the first of them cannot be taken. */
const looksPerFile = 3;

/**
 * Takes the files in by the way of those that are uploaded, one after the other. They are uploads that nobody else knows the
 * secrets of: put with a report within a day, or swept. Throws `AppError` `storage-full` or `unavailable` where there is no room at
 * the moment, unless there is no waiting for it any more; nothing is kept then.
 */
export async function takeFiles(
  { attachments, config }: FilesContext,
  files: readonly MailFile[],
  { lane, mayWait }: { readonly lane: string; readonly mayWait: boolean },
): Promise<TakenFiles> {
  const most = config.attachmentsMaxFiles;
  const uploads: Upload[] = [];
  const refused: FileProblem[] = [];
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  for (const [index, file] of chooseFiles(files, hash).entries()) {
    if (uploads.length === most || index >= most * looksPerFile) {
      refused.push('count');
      continue;
    }
    const taken = await takeFile({ attachments, config }, file, lane);
    if (typeof taken !== 'string' && taken.isKept) {
      uploads.push(taken);
      continue;
    }
    const noRoom = taken === 'storage' || taken === 'busy';
    if (typeof taken === 'string' && !(noRoom && mayWait)) {
      refused.push(taken);
      continue;
    }
    await attachments.discard(typeof taken === 'string' ? uploads : [...uploads, taken]);
    throw typeof taken === 'string'
      ? new AppError('storage-full', 'there is no room for the files of an e-mail')
      : new AppError('unavailable', 'the database was away while a file was taken in');
  }
  return { uploads, refused };
}

async function takeFile(
  { attachments, config }: FilesContext,
  { name, content }: MailFile,
  lane: string,
): Promise<Upload | FileProblem> {
  if (content.length > config.attachmentsMaxMb * 1024 * 1024) return 'size';
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return attachments.receive(Readable.from([bytes]), name ?? undefined, lane);
}

/** For staff: how many and why, never what they are called. */
export function describeRefused({ uploads, refused }: TakenFiles): string {
  const reasons = [...new Set(refused)].join(', ');
  return `, ${refused.length} of ${uploads.length + refused.length} files not taken: ${reasons}`;
}
