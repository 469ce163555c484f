import type { WorkerContext } from '../src/context.ts';
import { leadReceiptsTo, type StoredMessage } from '../src/db/messages.ts';
import type { Db } from '../src/db/pool.ts';
import { insertPost } from '../src/db/posts.ts';
import { finishTaken, type TakenMessage } from '../src/db/taken-messages.ts';
import { type PlainWords, toPlainReport } from '../src/domain/message.ts';
import { countMissing, type Plan, type PlannedReport } from '../src/domain/post-filing.ts';
import { describeUnreadablePost, readPostWords } from '../src/domain/post-words.ts';
import type { NewReport, Original, ReportId } from '../src/domain/report.ts';
import { addToReport, storeReport, tell } from './answer-message.ts';
import type { SealedPost, WholePost } from './around-post.ts';
import type { Decision, FinishContext } from './finish-filing.ts';
import { nothingNext } from './next-jobs.ts';
import type { TakenFiles } from './take-files.ts';

export type StoreContext = FinishContext & Pick<WorkerContext, 'blindIndex' | 'channels' | 'sealAgain'>;

export type SettledPlan = Exclude<Plan<WholePost>, { readonly kind: 'wait' }>;

/** The message in hand, and its post. */
type Subject = { readonly cause: TakenMessage; readonly me: WholePost };

/** Does what was planned, in a transaction of the caller's. */
export async function carryOut(
  context: StoreContext,
  tx: Db,
  subject: Subject,
  plan: SettledPlan,
  files: TakenFiles,
): Promise<Decision> {
  switch (plan.kind) {
    case 'keep':
      return { next: nothingNext, fate: plan.fate, reportId: null, outcome: plan.outcome };
    case 'outdated': {
      const { reportId } = plan;
      await leadReceiptsTo(tx, reportId, [subject.me.id]);
      return { next: nothingNext, fate: 'version', reportId, outcome: 'a later version of it is on record' };
    }
    case 'version':
      return add(context, tx, subject, plan, files);
    case 'add':
      return add(context, tx, subject, { ...plan, version: null }, files);
    case 'report':
      return storePosts(context, tx, subject, plan, files);
  }
}

async function add(
  context: StoreContext,
  tx: Db,
  { cause, me }: Subject,
  {
    reportId,
    version,
    trackingId = null,
  }: {
    readonly reportId: ReportId;
    readonly version: number | null;
    readonly trackingId?: string | null;
  },
  files: TakenFiles,
): Promise<Decision> {
  // Under a seal of its own, for the message's has the post as it came and no words apart.
  const addition = {
    cause,
    identity: me.identity,
    original: me.original,
    single: false,
    files: files.uploads,
  };
  const { text } = readPostWords([me.post]);
  const { deliveryIds } = await addToReport(context, tx, { ...addition, version }, reportId, text);
  await leadReceiptsTo(tx, reportId, [cause.id]);
  const notTaken = files.refused.length;
  const told =
    trackingId === null
      ? nothingNext
      : await tell(context, tx, cause, {
          kind: 'added',
          // To the post itself: it called us, and its author has it before them.
          recipientId: cause.id,
          reportId,
          params: { trackingId, ...(notTaken === 0 ? {} : { filesNotTaken: notTaken }) },
          language: 'id',
        });
  return {
    next: { reportIds: [], deliveryIds, notificationIds: told.notificationIds },
    fate: version === null ? 'addition' : 'version',
    reportId,
    outcome: version === null ? 'added to the report' : `version ${version} of the report`,
  };
}

async function storePosts(
  context: StoreContext,
  tx: Db,
  { cause, me }: Subject,
  { parts, outdated, joins }: PlannedReport<WholePost>,
  { uploads }: TakenFiles,
): Promise<Decision> {
  const [first = me] = parts;
  const posts = parts.map(({ post }) => post);
  const reportId = await storeAsReport(
    context,
    tx,
    cause,
    { ...first, original: originalOf(first, parts) },
    {
      words: readPostWords(posts),
      place: posts.find(({ place }) => place !== null)?.place ?? null,
      joins,
      hold: null,
      attachments: uploads,
    },
  );
  await insertPost(tx, {
    reportId,
    messageId: first.id,
    postedAt: first.post.createdAt,
    language: posts.find(({ language }) => language !== null)?.language ?? null,
    hashtags: [...new Set(posts.flatMap(({ hashtags }) => hashtags))],
  });
  await finishOthers(context, tx, cause, reportId, { parts, outdated });
  const missing = countMissing(parts);
  const outcome = [
    parts.length > 1 ? `filed as a report, a thread of ${parts.length} posts` : 'filed as a report',
    ...(missing === 0 ? [] : [`${missing} posts of it missing`]),
    ...(joins === null ? [] : ['joins the report of the post that it speaks of']),
  ].join('; ');
  return { next: { ...nothingNext, reportIds: [reportId] }, fate: 'report', reportId, outcome };
}

/** The other posts of a thread became that report too. */
async function finishOthers(
  { clock }: StoreContext,
  tx: Db,
  { id: causeId }: TakenMessage,
  reportId: ReportId,
  { parts, outdated }: Pick<PlannedReport<WholePost>, 'parts' | 'outdated'>,
): Promise<void> {
  await leadReceiptsTo(tx, reportId, [...new Set([causeId, ...[...parts, ...outdated].map(({ id }) => id)])]);
  const nothingOfItsOwn = { reportId, fileCount: 0, filesNotTaken: 0 };
  const fates = [
    ...parts.map((one) => ({
      one,
      fate: 'addition' as const,
      outcome: 'filed with the others of its thread',
    })),
    ...outdated.map((one) => ({ one, fate: 'version' as const, outcome: 'filed as it read later' })),
  ];
  for (const { one, fate, outcome } of fates) {
    if (one.id !== causeId) await finishTaken(tx, one.id, { ...nothingOfItsOwn, fate, outcome }, clock());
  }
}

/** Files a report that says that a post could not be read; staff see it first. */
export async function storeUnread(
  context: StoreContext,
  tx: Db,
  cause: TakenMessage,
  sealed: SealedPost,
  why: string,
): Promise<Decision> {
  const words = { text: describeUnreadablePost(cause.receivedAt), anonymous: false, confidential: true };
  const hold = 'unggahan tidak terbaca; bentuk aslinya: lapor message original';
  const report = { words, place: null, joins: null, hold, attachments: [] };
  const reportId = await storeAsReport(context, tx, cause, sealed, report);
  await leadReceiptsTo(tx, reportId, [cause.id]);
  return {
    next: { ...nothingNext, reportIds: [reportId] },
    fate: 'unreadable',
    reportId,
    outcome: `filed unread: ${why}`,
  };
}

function storeAsReport(
  context: StoreContext,
  tx: Db,
  { channel, externalId, receivedAt, keyId }: StoredMessage,
  { identity, original }: Pick<SealedPost, 'identity' | 'original'>,
  {
    words,
    ...more
  }: { readonly words: PlainWords } & Pick<NewReport, 'place' | 'joins' | 'hold' | 'attachments'>,
): Promise<ReportId> {
  const report = {
    ...toPlainReport(words, { channel, externalId, identity, receivedAt, original }),
    ...more,
  };
  const account = identity?.account === undefined ? null : context.blindIndex('account', identity.account.id);
  const indexes = { phone: null, email: null, account, content: null, copy: null };
  return storeReport(context, tx, report, indexes, keyId);
}

/** The posts as they came; answered is the first of them that called us. */
function originalOf(first: WholePost, parts: readonly WholePost[]): Original {
  if (parts.length === 1) return first.original;
  const originals = parts.map(({ original }) => original);
  const { messageId, summoned } = originals.find((original) => original.summoned) ?? first.original;
  const posts = originals.map(({ body }) => JSON.parse(body.toString('utf8')) as unknown);
  return {
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ posts })),
    messageId,
    ...(summoned === undefined ? {} : { summoned }),
  };
}
