import type { WorkerContext } from '../src/context.ts';
import { crashPoint } from '../src/crash-points.ts';
import {
  findPartKey,
  finishMessages,
  leadReceiptsTo,
  listParts,
  lockMessage,
  lockParts,
  putOffMessages,
  type StoredMessage,
  type StoredPartRow,
  setAsideMessages,
} from '../src/db/messages.ts';
import { type Db, isUnavailable, transaction } from '../src/db/pool.ts';
import { listToTake } from '../src/db/taken-messages.ts';
import { readText } from '../src/domain/commands.ts';
import type { Command, MessageId, NewMessage, Part } from '../src/domain/message.ts';
import { after } from '../src/domain/moment.ts';
import {
  type Assembly,
  assemble,
  describeLatePart,
  joinParts,
  lateAfterMs,
} from '../src/domain/multipart.ts';
import { normalizeText, type Original } from '../src/domain/report.ts';
import { AppError, describeFailure } from '../src/errors.ts';
import type { Handlers } from '../src/queue/jobs.ts';
import { openSealedReport, type SealedReport } from '../src/sealing/sealed-report.ts';
import { addToReport, answerMessage, type Done, fileAsReport, type Whole } from './answer-message.ts';
import { createFiling } from './filing.ts';
import { enqueueNext, mergeNext, type Next } from './next-jobs.ts';

type MessagesContext = Pick<
  WorkerContext,
  | 'config'
  | 'db'
  | 'enqueue'
  | 'channels'
  | 'open'
  | 'sealAgain'
  | 'blindIndex'
  | 'attachments'
  | 'directory'
  | 'download'
  | 'clock'
  | 'log'
>;

type Opened<Content> = SealedReport & { readonly content: Content };
type OpenedPart = StoredPartRow & { readonly text: string; readonly opened: Opened<Part> };

/**
 * Makes the handler of `messages` jobs: does what each message asks, files e-mails and posts, and puts parts together once they are there,
 * or once nobody waits for the missing ones any more. Each is one transaction, so it may come again and two workers may have the
 * same. One that cannot be processed is set aside for staff, and the others go on.
 */
export function createMessages(context: MessagesContext): Handlers['messages'] {
  const fileTaken = createFiling(context);
  return async ({ messageIds }) => {
    const toTake = await listToTake(context.db, messageIds);
    const isTaken = new Set<string>(toTake.map(({ id }) => id));
    const results = await Promise.allSettled([
      workOnEach(
        context,
        messageIds.filter((id) => !isTaken.has(id)),
      ),
      fileTaken(toTake),
    ]);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  };
}

async function workOnEach(context: MessagesContext, ids: readonly string[]): Promise<void> {
  let failure: unknown;
  for (const id of ids) {
    await workOn(context, id as MessageId).catch((error: unknown) => {
      failure ??= error;
    });
  }
  if (failure !== undefined) throw failure;
}

async function workOn(context: MessagesContext, id: MessageId): Promise<void> {
  const { db, clock, log } = context;
  /** Those a failure is about. */
  let held: readonly MessageId[] = [id];
  try {
    const next = await transaction(db, async (tx) => {
      const part = await findPartKey(tx, id);
      const done =
        part === null
          ? await doCommand(context, tx, id)
          : await putTogether(context, tx, part, (ids) => {
              held = ids;
            });
      crashPoint('messages:before-commit');
      return done;
    });
    crashPoint('messages:after-commit');
    enqueueNext(context, next);
  } catch (error) {
    // A database that is away, or a key that is not here yet, is no fault of the message.
    if (isUnavailable(error) || (error instanceof AppError && error.code === 'config')) throw error;
    log.error({ event: 'message_set_aside', messageIds: held, error: describeFailure(error) });
    await setAsideMessages(db, held, describeFailure(error), clock());
  }
}

async function doCommand(context: MessagesContext, tx: Db, id: MessageId): Promise<Next> {
  const cause = await lockMessage(tx, id);
  if (cause === null) return mergeNext([]);
  const opened = await open(context, cause);
  if (opened?.content === undefined || !isCommand(opened.content)) {
    return setAside(context, tx, [id], unopenable);
  }
  const { identity, original, content } = opened;
  const done = await answerMessage(context, tx, {
    cause,
    identity,
    original,
    reading: { command: content },
    single: true,
  });
  const { reportId, outcome } = done;
  await finishMessages(tx, [id], { reportId, assemblyId: null, outcome }, context.clock());
  return done;
}

/** Each part that comes has the others opened, so there must be an end to them; phones may use a reference for all they send. */
const mostPartsOfOneKey = (total: number): number => Math.max(100, 3 * total);

async function putTogether(
  context: MessagesContext,
  tx: Db,
  { key, total, acceptedAt }: { readonly key: Buffer; readonly total: number; readonly acceptedAt: Date },
  hold: (ids: readonly MessageId[]) => void,
): Promise<Next> {
  await lockParts(tx, key);
  // Every part of a message that this one may belong to: they may be as late as it is.
  const rows = await listParts(tx, key, after(acceptedAt, -2 * lateAfterMs));
  const most = mostPartsOfOneKey(total);
  const surplus = rows.slice(most).filter(isPending);
  if (surplus.length > 0) await setAside(context, tx, idsOf(surplus), 'too many parts under one reference');
  const kept = rows.slice(0, most);
  if (!kept.some(isPending)) return mergeNext([]);

  const waitUntil = (openedAt: Date) => after(openedAt, context.config.smsPartsWaitMinutes * 60_000);
  const dueAt = waitUntil(kept[0]?.acceptedAt ?? acceptedAt);
  const isWhole = new Set(kept.map(({ number }) => number)).size === total;
  if (kept.every(isPending) && !isWhole && dueAt > context.clock()) {
    await putOffMessages(tx, idsOf(kept), dueAt);
    return mergeNext([]);
  }

  const parts: OpenedPart[] = [];
  for (const row of kept) {
    const opened = await open(context, row);
    if (opened?.content?.kind === 'part') {
      parts.push({ ...row, text: opened.content.text, opened: { ...opened, content: opened.content } });
    } else if (row.state === 'pending') await setAside(context, tx, [row.id], unopenable);
  }
  const done: Next[] = [];
  for (const assembly of assemble(parts)) {
    const waiting = [...assembly.parts, ...assembly.late, ...assembly.repeats].filter(isPending);
    if (waiting.length === 0) continue;
    const ids = idsOf(waiting);
    hold(ids);
    const dueAt = waitUntil(assembly.openedAt);
    if (assembly.filedAs !== null) done.push(await complete(context, tx, assembly, assembly.filedAs, total));
    else if (assembly.parts.length === total || dueAt <= context.clock()) {
      done.push(await fileTogether(context, tx, assembly, total));
    } else await putOffMessages(tx, ids, dueAt);
  }
  return mergeNext(done);
}

/** Does what the whole says; a gap is marked. Without its beginning nobody knows whether it was to be secret: it is. */
async function fileTogether(
  context: MessagesContext,
  tx: Db,
  { parts, repeats }: Assembly<OpenedPart>,
  total: number,
): Promise<Next> {
  const [first] = parts.toSorted(
    (a, b) => a.acceptedAt.getTime() - b.acceptedAt.getTime() || (a.id < b.id ? -1 : 1),
  );
  if (first === undefined) return mergeNext([]);
  const reading = readText(normalizeText(joinParts(parts, total)));
  const whole = {
    cause: first,
    identity: first.opened.identity,
    original: originalOf(parts),
    reading,
    single: false,
    partMarks: parts.length === total ? parts.map(({ copyIndex }) => copyIndex) : [],
  };
  const beheaded = parts[0]?.number !== 1 && 'report' in reading;
  const done = await answerMessage(
    context,
    tx,
    beheaded ? { ...whole, reading: { report: { ...reading.report, confidential: true } } } : whole,
  );
  const ids = [...parts, ...repeats].map(({ id }) => id);
  const missing = total - parts.length;
  const outcome = missing === 0 ? done.outcome : `${done.outcome}, ${missing} of ${total} parts missing`;
  const { reportId } = done;
  await finishMessages(tx, ids, { reportId, assemblyId: first.id, outcome }, context.clock());
  if (reportId !== null && done.reportIds.length > 0) await leadReceiptsTo(tx, reportId, ids);
  return done;
}

/** Adds late parts to what was filed without them; where that was no report, each is one. */
async function complete(
  context: MessagesContext,
  tx: Db,
  { parts, late, repeats }: Assembly<OpenedPart>,
  assemblyId: MessageId,
  total: number,
): Promise<Next> {
  const reportId = parts.find((part) => part.reportId !== null)?.reportId ?? null;
  const done: Next[] = [];
  for (const part of late) {
    const text = normalizeText(describeLatePart(part, total));
    const words = { text, anonymous: false, confidential: true };
    const { identity } = part.opened;
    const whole: Whole = {
      cause: part,
      identity,
      original: part.opened.original,
      reading: { report: words },
      single: false,
    };
    if (reportId === null) {
      const filed = await fileAsReport(context, tx, whole, words, 'came late, filed as a report of its own');
      await finish(part, filed.reportId, filed.outcome);
      done.push(filed);
    } else {
      const { deliveryIds } = await addToReport(context, tx, whole, reportId, text);
      await finish(part, reportId, 'came late, added to the report');
      done.push({ reportIds: [], deliveryIds, notificationIds: [] });
    }
  }
  for (const part of repeats)
    if (part.state === 'pending') await finish(part, reportId, 'repeat of another part');
  return mergeNext(done);

  async function finish({ id }: OpenedPart, became: Done['reportId'], outcome: string): Promise<void> {
    await finishMessages(tx, [id], { reportId: became, assemblyId, outcome }, context.clock());
    if (became !== null) await leadReceiptsTo(tx, became, [id]);
  }
}

/** Null where the seal is not what was sealed. */
const open = (context: MessagesContext, { id, keyId, bytes }: StoredMessage): Promise<SealedReport | null> =>
  openSealedReport(context.open, id, { keyId, bytes }, 'nobody');

const isCommand = (content: NewMessage['content']): content is Command =>
  !['part', 'mail', 'post'].includes(content.kind);

const unopenable = 'the seal does not open';

async function setAside(
  { log, clock }: MessagesContext,
  tx: Db,
  ids: readonly MessageId[],
  error: string,
): Promise<Next> {
  log.error({ event: 'message_set_aside', messageIds: ids, error });
  await setAsideMessages(tx, ids, error, clock());
  return mergeNext([]);
}

const isPending = ({ state }: Pick<StoredPartRow, 'state'>): boolean => state === 'pending';

const idsOf = (messages: readonly StoredMessage[]): readonly MessageId[] => messages.map(({ id }) => id);

/** The parts as they came, byte for byte. */
function originalOf(parts: readonly OpenedPart[]): Original {
  const list = parts.map(({ number, opened: { original } }) => ({
    number,
    messageId: original.messageId,
    contentType: original.contentType,
    body: original.body.toString('base64'),
  }));
  return {
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ parts: list })),
    messageId: parts[0]?.opened.original.messageId ?? null,
  };
}
