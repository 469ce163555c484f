import type { WorkerContext } from '../src/context.ts';
import { crashPoint } from '../src/crash-points.ts';
import { setAsideMessages } from '../src/db/messages.ts';
import { type Db, transaction } from '../src/db/pool.ts';
import { type FinishedMessage, finishTaken, lockTaken, type TakenMessage } from '../src/db/taken-messages.ts';
import { describeFailure } from '../src/errors.ts';
import { type Next, nothingNext } from './next-jobs.ts';
import { NotYet } from './not-yet.ts';
import { describeRefused, type TakenFiles } from './take-files.ts';

export type FinishContext = Pick<WorkerContext, 'db' | 'clock' | 'attachments' | 'log'>;

/** What was decided about a message. */
export type Decision = { readonly next: Next } & Pick<FinishedMessage, 'fate' | 'reportId' | 'outcome'>;

/** Decides, unless somebody else did; files that are not wanted then are deleted. Where a commit is in doubt the sweep looks. */
export async function finish(
  { db, clock, attachments, log }: FinishContext,
  { id, form, fileAnyway }: TakenMessage,
  {
    fileCount,
    files,
    lock,
  }: {
    readonly fileCount: number;
    readonly files: TakenFiles;
    /** What others who decide about the same hold while they do: before any message is locked. */
    readonly lock?: (tx: Db) => Promise<void>;
  },
  decide: (tx: Db) => Promise<Decision>,
): Promise<Next> {
  const discard = () =>
    attachments.discard(files.uploads).catch((error: unknown) => {
      log.warn({ event: 'uploads_not_discarded', error: describeFailure(error) });
    });
  const done = await transaction(db, async (tx) => {
    await lock?.(tx);
    const locked = await lockTaken(tx, id);
    if (locked === null) return null;
    // Staff ordered it meanwhile: what was made of it did not know that.
    if (locked.fileAnyway !== fileAnyway) throw new NotYet(clock());
    const { next, ...what } = await decide(tx);
    const filesNotTaken = files.refused.length;
    const outcome = filesNotTaken === 0 ? what.outcome : what.outcome + describeRefused(files);
    await finishTaken(tx, id, { ...what, outcome, fileCount, filesNotTaken }, clock());
    crashPoint('messages:before-commit');
    return { next, fate: what.fate };
  }).catch(async (error: unknown) => {
    if (error instanceof NotYet) await discard();
    throw error;
  });
  crashPoint('messages:after-commit');
  if (done === null) {
    await discard();
    return nothingNext;
  }
  log.info({ event: `${form}_done`, messageId: id, fate: done.fate });
  return done.next;
}

export async function setAsideUnopenable(
  { db, clock, log }: FinishContext,
  { id }: TakenMessage,
): Promise<Next> {
  const error = 'the seal does not open';
  log.error({ event: 'message_set_aside', messageIds: [id], error });
  await setAsideMessages(db, [id], error, clock());
  return nothingNext;
}
