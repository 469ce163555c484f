import type { WorkerContext } from '../src/context.ts';
import { setAsideMessages } from '../src/db/messages.ts';
import { isUnavailable } from '../src/db/pool.ts';
import {
  giveMessageBack,
  type TakenForm,
  type TakenMessage,
  takeMessage,
  type WaitingMessage,
} from '../src/db/taken-messages.ts';
import type { MessageId } from '../src/domain/message.ts';
import { after } from '../src/domain/moment.ts';
import { AppError, describeFailure } from '../src/errors.ts';
import { createLanes } from '../src/outbound/lanes.ts';
import { fileMail, fileMailUnread, type MailContext } from './file-mail.ts';
import { filePost, filePostUnread, type PostContext } from './file-post.ts';
import { enqueueNext, type Next } from './next-jobs.ts';
import { NotYet } from './not-yet.ts';

type FilingContext = MailContext & PostContext & Pick<WorkerContext, 'enqueue'>;

/** What is done with each form: what it is for; and, where that defeats us, a report that says so. */
const filers: {
  readonly [Form in TakenForm]: {
    readonly file: (context: FilingContext, cause: TakenMessage) => Promise<Next>;
    readonly fileUnread: (context: FilingContext, cause: TakenMessage, why: string) => Promise<Next>;
  };
} = {
  mail: { file: fileMail, fileUnread: fileMailUnread },
  post: { file: filePost, fileUnread: filePostUnread },
};

/**
 * Messages that one process has in hand at once: posts, whose pictures come from elsewhere, are in nobody's way. A large mail
 * is several times its size in memory, so those go one after the other.
 */
const smallLanes = { total: 8, perLane: 4 } as const;
const largeLanes = { total: 1, perLane: 1 } as const;
const largeFromBytes = 4 * 1024 * 1024;

/** A job begins messages for so long and puts the rest on the queue again: what else is asked of us waits for the same workers. */
const startWithinMs = 3_000;

/** Past it another worker may take the message; both may go on, and the first to finish does it. */
const leaseMs = 120_000;

/** A message that so often took the worker with it is not read any more. */
const mostTakes = 3;

/** What could not be stored is tried again after this. */
const storeAgainMs = 60_000;

/**
 * Files the e-mails and posts it is given, several at a time; each is read, and its files looked at, before one transaction
 * decides what becomes of it. One that cannot be filed becomes a report that says so, and holds up no other.
 */
export function createFiling(context: FilingContext): (messages: readonly WaitingMessage[]) => Promise<void> {
  const { db, clock, log, enqueue } = context;
  const inSmallLane = createLanes(smallLanes);
  const inLargeLane = createLanes(largeLanes);

  return async (messages) => {
    const startBy = after(clock(), startWithinMs);
    const left: MessageId[] = [];
    const results = await Promise.allSettled(
      messages.map(({ id, form, bytes }) =>
        ((bytes ?? 0) < largeFromBytes ? inSmallLane : inLargeLane)(form, async () => {
          if (clock() > startBy) return void left.push(id);
          await workOn(id);
        }),
      ),
    );
    if (left.length > 0) {
      await enqueue('messages', { messageIds: left }).catch((error: unknown) =>
        log.warn({ event: 'messages_not_enqueued', error: describeFailure(error) }),
      );
    }
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  };

  async function workOn(id: MessageId): Promise<void> {
    const now = clock();
    const taken = await takeMessage(db, id, now, after(now, leaseMs));
    if (taken === null) return;
    const { file, fileUnread } = filers[taken.form];
    try {
      const next =
        taken.takeCount > mostTakes
          ? await fileUnread(context, taken, 'reading it ended the worker several times')
          : await file(context, taken).catch((error: unknown) => fileDefeated(taken, error));
      enqueueNext(context, next);
    } catch (error) {
      if (isNoFaultOfMessage(error)) return giveBack(taken, error);
      log.error({ event: 'message_set_aside', messageIds: [id], error: describeFailure(error) });
      await setAsideMessages(db, [id], describeFailure(error), clock());
    }
  }

  /** Whatever a message does to us, it ends with staff as a report. */
  function fileDefeated(taken: TakenMessage, error: unknown): Promise<Next> {
    if (isNoFaultOfMessage(error)) throw error;
    log.error({ event: `${taken.form}_not_filed`, messageId: taken.id, error: describeFailure(error) });
    return filers[taken.form].fileUnread(context, taken, describeFailure(error));
  }

  /** Where it only has to wait the job is done: it comes back by itself. Anything else is for the job to fail with. */
  async function giveBack({ id, form }: TakenMessage, error: unknown): Promise<void> {
    const wantsRoom = error instanceof AppError && error.code === 'storage-full';
    const dueAt = error instanceof NotYet ? error.until : after(clock(), wantsRoom ? storeAgainMs : 0);
    await giveMessageBack(db, id, dueAt).catch(() => undefined);
    if (error instanceof NotYet) return;
    if (!wantsRoom) throw error;
    log.warn({ event: `${form}_waits_for_room`, messageId: id });
  }
}

/** A database that is away, a key that is not here yet, no room for files, others that it belongs to. */
const isNoFaultOfMessage = (error: unknown): boolean =>
  error instanceof NotYet ||
  isUnavailable(error) ||
  (error instanceof AppError && ['config', 'unavailable', 'storage-full'].includes(error.code));
