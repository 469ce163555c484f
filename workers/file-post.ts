import type { Posts } from '../channels/channel.ts';
import type { WorkerContext } from '../src/context.ts';
import { insertMessages } from '../src/db/messages.ts';
import type { Db } from '../src/db/pool.ts';
import { lockPosts, recordThreadAsked, wasThreadAsked } from '../src/db/posts.ts';
import type { TakenMessage } from '../src/db/taken-messages.ts';
import { after } from '../src/domain/moment.ts';
import { isSameMedia, type PostMedia } from '../src/domain/post.ts';
import { isSamePlan, isSamePost, type Plan, planPost } from '../src/domain/post-filing.ts';
import { AppError, describeFailure } from '../src/errors.ts';
import { toInboxEntry } from '../src/inbox/entry.ts';
import { createLook, openPost, placeOf, readPost, toWhole, type WholePost } from './around-post.ts';
import { finish, setAsideUnopenable } from './finish-filing.ts';
import type { Next } from './next-jobs.ts';
import { NotYet } from './not-yet.ts';
import { toIncomingFile } from './post-files.ts';
import { carryOut, type StoreContext, storeUnread } from './store-post.ts';
import { noFiles, takeFiles } from './take-files.ts';

export type PostContext = StoreContext &
  Pick<WorkerContext, 'db' | 'log' | 'config' | 'channels' | 'download' | 'open'>;

/** Pictures and videos that are not there keep their post waiting for so long; then it goes without them. */
const waitForMediaMs = 5 * 60_000;

/** What was found besides is brought in by who asked for it, unless they died. */
const bringInWithinMs = 120_000;

/**
 * Does with a post what it is for: a report, with others of its thread; a version of one, or an addition to one; or nothing. It
 * is planned, and its pictures are fetched, before there is any transaction. Under the locks of its thread and its versions it is
 * planned again, and where anything came between all begins anew.
 */
export async function filePost(context: PostContext, cause: TakenMessage): Promise<Next> {
  const { db, clock, config } = context;
  const posts = postsOf(context, cause);
  const sealed = await openPost(context, cause);
  if (sealed === null) return setAsideUnopenable(context, cause);
  const post = readPost(posts, sealed);
  if (post === null) return filePostUnread(context, cause, 'it could not be read');

  const row = { ...cause, state: 'pending', report: null } as const;
  const me = toWhole(row, { ...sealed, post });
  const lookAround = createLook(context, posts, me, cause);
  const makePlan = async (at: Db) => {
    const around = await lookAround(at);
    return { plan: planPost(me, around, config.twitter, clock()), others: around.others };
  };
  const first = await makePlan(db);
  const isMore = await askForThread(context, posts, me, first.plan, cause);
  const { plan, others } = isMore ? await makePlan(db) : first;
  if (plan.kind === 'wait') throw new NotYet(plan.until);

  const media = chooseMedia(plan, me, others);
  const files = await takeFiles(context, media.map(toIncomingFile(context)), {
    lane: cause.id,
    mayWait: clock() < after(cause.acceptedAt, config.twitter.threadMinutes * 60_000 + waitForMediaMs),
  });
  const lock = (tx: Db) => lockPosts(tx, placeOf(context, me.content));
  return finish(context, cause, { fileCount: media.length, files, lock }, async (tx) => {
    const { plan: now } = await makePlan(tx);
    if (now.kind === 'wait' || !isSamePlan(now, plan)) throw new NotYet(clock());
    return carryOut(context, tx, { cause, me }, now, files);
  });
}

/** Files what could not be read as a report that says so, for staff to see first; confidential, for it may have asked to be. */
export async function filePostUnread(context: PostContext, cause: TakenMessage, why: string): Promise<Next> {
  const sealed = await openPost(context, cause);
  if (sealed === null) return setAsideUnopenable(context, cause);
  const lock = (tx: Db) => lockPosts(tx, placeOf(context, sealed.content));
  return finish(context, cause, { fileCount: 0, files: noFiles, lock }, (tx) =>
    storeUnread(context, tx, cause, sealed, why),
  );
}

function postsOf({ channels }: Pick<PostContext, 'channels'>, { channel }: TakenMessage): Posts {
  const posts = channels.find(({ name }) => name === channel)?.posts;
  if (posts === undefined) throw new AppError('config', `no channel reads what is posted on ${channel}`);
  return posts;
}

/**
 * Takes in what else its author posted with it, once, where nobody else may bring it; true where there is more now. Where the
 * platform cannot be asked the report goes without.
 */
async function askForThread(
  { db, clock, log, blindIndex, sealAgain }: PostContext,
  posts: Posts,
  { post, content }: WholePost,
  plan: Plan,
  { id, keyId }: TakenMessage,
): Promise<boolean> {
  if (plan.kind !== 'report' || !plan.isOpenEnded || content.found === 'thread') return false;
  if (await wasThreadAsked(db, id)) return false;
  const found = await posts.findThread(post).catch((error: unknown) => {
    log.warn({ event: 'thread_not_found', messageId: id, error: describeFailure(error) });
    return [];
  });
  const seal = await sealAgain(keyId);
  const entries = found.map((message) => toInboxEntry(message, { seal, blindIndex, clock }));
  const fresh = await insertMessages(db, entries, after(clock(), bringInWithinMs));
  await recordThreadAsked(db, id);
  return fresh.size > 0;
}

/** What comes with a post that is filed; of one that was edited, what it did not have before. */
function chooseMedia(
  plan: Plan<WholePost>,
  me: WholePost,
  others: readonly WholePost[],
): readonly PostMedia[] {
  switch (plan.kind) {
    case 'report':
      return plan.parts.flatMap(({ post }) => post.media);
    case 'add':
      return me.post.media;
    case 'version': {
      const before = others.filter((other) => isSamePost(other, me)).flatMap(({ post }) => post.media);
      return me.post.media.filter((media) => !before.some((known) => isSameMedia(known, media)));
    }
    default:
      return [];
  }
}
