import type { WorkerContext } from '../src/context.ts';
import { giveMailBack, type TakenMail, takeMail } from '../src/db/mails.ts';
import { setAsideMessages } from '../src/db/messages.ts';
import { isUnavailable } from '../src/db/pool.ts';
import type { MessageId } from '../src/domain/message.ts';
import { after } from '../src/domain/moment.ts';
import { AppError, describeFailure } from '../src/errors.ts';
import { createLanes } from '../src/outbound/lanes.ts';
import { fileMail, fileUnread, type MailContext } from './file-mail.ts';
import { enqueueNext, type Next } from './next-jobs.ts';

type MailsContext = MailContext & Pick<WorkerContext, 'enqueue'>;

/** Mails that one process reads at once. A large one is several times its size in memory, so those go one after the other. */
const smallLanes = { total: 4, perLane: 4 } as const;
const largeLanes = { total: 1, perLane: 1 } as const;
const largeFromBytes = 4 * 1024 * 1024;

/** A job begins mails for so long and puts the rest on the queue again: what else is asked of us waits for the same workers. */
const startWithinMs = 3_000;

/** Past it another worker may read the mail; both may go on, and the first to finish does it. */
const leaseMs = 120_000;

/** A mail that so often took the worker with it is not read any more. */
const mostTakes = 3;

/** What could not be stored is tried again after this. */
const storeAgainMs = 60_000;

/**
 * Files the e-mails it is given, several at a time; each is read, and its files looked at, before one transaction decides what
 * becomes of it. One that cannot be filed becomes a report that says so, and holds up no other.
 */
export function createMails(
  context: MailsContext,
): (mails: readonly { readonly id: MessageId; readonly bytes: number }[]) => Promise<void> {
  const { db, clock, log, enqueue } = context;
  const inSmallLane = createLanes(smallLanes);
  const inLargeLane = createLanes(largeLanes);

  return async (mails) => {
    const startBy = after(clock(), startWithinMs);
    const left: MessageId[] = [];
    const results = await Promise.allSettled(
      mails.map(({ id, bytes }) =>
        (bytes < largeFromBytes ? inSmallLane : inLargeLane)('mail', async () => {
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
    const mail = await takeMail(db, id, now, after(now, leaseMs));
    if (mail === null) return;
    try {
      const next =
        mail.takeCount > mostTakes
          ? await fileUnread(context, mail, 'reading it ended the worker several times')
          : await fileMail(context, mail).catch((error: unknown) => fileDefeated(mail, error));
      enqueueNext(context, next);
    } catch (error) {
      if (isNoFaultOfMail(error)) return giveBack(mail, error);
      log.error({ event: 'message_set_aside', messageIds: [id], error: describeFailure(error) });
      await setAsideMessages(db, [id], describeFailure(error), clock());
    }
  }

  /** Whatever a mail does to us, it ends with staff as a report. */
  function fileDefeated(mail: TakenMail, error: unknown): Promise<Next> {
    if (isNoFaultOfMail(error)) throw error;
    log.error({ event: 'mail_not_filed', messageId: mail.id, error: describeFailure(error) });
    return fileUnread(context, mail, describeFailure(error));
  }

  /** Where it is for want of room the job is done: it comes back by itself. Anything else is for the job to fail with. */
  async function giveBack({ id }: TakenMail, error: unknown): Promise<void> {
    const wantsRoom = error instanceof AppError && error.code === 'storage-full';
    const dueAt = after(clock(), wantsRoom ? storeAgainMs : 0);
    await giveMailBack(db, id, dueAt).catch(() => undefined);
    if (!wantsRoom) throw error;
    log.warn({ event: 'mail_waits_for_room', messageId: id });
  }
}

/** A database that is away, a key that is not here yet, no room for files. */
const isNoFaultOfMail = (error: unknown): boolean =>
  isUnavailable(error) ||
  (error instanceof AppError && ['config', 'unavailable', 'storage-full'].includes(error.code));
