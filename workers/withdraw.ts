import type { Posts } from '../channels/channel.ts';
import type { WorkerContext } from '../src/context.ts';
import {
  listPostsToLookAt,
  recordPostsGone,
  recordPostsThere,
  type SealedPost,
} from '../src/db/gone-posts.ts';
import { transaction } from '../src/db/pool.ts';
import type { MessageId } from '../src/domain/message.ts';
import type { DeliveryId, ReportId } from '../src/domain/report.ts';
import { AppError, describeFailure } from '../src/errors.ts';
import type { Handlers } from '../src/queue/jobs.ts';
import { openSealedReport } from '../src/sealing/sealed-report.ts';
import { tellAgency } from './tell-agency.ts';

type WithdrawContext = Pick<
  WorkerContext,
  'channels' | 'clock' | 'config' | 'db' | 'enqueue' | 'log' | 'open'
>;

/** What the platform is asked about in one call. */
const mostAtOnce = 1_000;

/**
 * Makes the handler of `withdraw` jobs: looks whether posts are still there, and takes what is public of a report from the public
 * where one of its posts is not. The report stays, and its agency is told. Where the platform cannot be asked nothing is lost: the sweeper gives the posts
 * out again. What is gone stays gone, even where the post is back.
 */
export function createWithdraw(context: WithdrawContext): Handlers['withdraw'] {
  const { channels, clock, config, db, enqueue, log, open } = context;

  return async ({ reportIds }) => {
    const posts = channels.find(({ name }) => name === 'twitter')?.posts;
    if (posts === undefined || !config.twitter.withdraw) return;
    const due = await listPostsToLookAt(db, reportIds, clock());
    for (let start = 0; start < due.length; start += mostAtOnce) {
      if (!(await lookAt(posts, due.slice(start, start + mostAtOnce)))) return;
    }
  };

  /** False where the platform could not be asked. */
  async function lookAt(posts: Posts, some: readonly SealedPost[]): Promise<boolean> {
    const ids = new Map<MessageId, string>();
    for (const post of some) {
      const id = await readId(post);
      if (id !== null) ids.set(post.messageId, id);
    }
    const gone = await posts.listGone([...ids.values()]).catch((error: unknown) => {
      const reason = error instanceof AppError ? error.message : describeFailure(error);
      log.warn({ event: 'posts_not_looked_at', count: ids.size, reason });
      return null;
    });
    if (gone === null) return false;
    const isGone = ({ messageId }: SealedPost) => gone.has(ids.get(messageId) ?? '');
    const withdrawn = new Set(some.filter(isGone).map(({ reportId }) => reportId));
    const others = new Set(some.flatMap(({ reportId }) => (withdrawn.has(reportId) ? [] : [reportId])));
    await record([...withdrawn], [...others]);
    return true;
  }

  /** Null where the seal does not open: it is as good as still there, for nobody can ask. */
  async function readId({ messageId, keyId, bytes }: SealedPost): Promise<string | null> {
    const opened = await openSealedReport(open, messageId, { keyId, bytes }, 'nobody');
    if (opened === null) log.error({ event: 'identity_not_openable', messageId });
    return opened?.original.messageId ?? null;
  }

  async function record(gone: readonly ReportId[], there: readonly ReportId[]): Promise<void> {
    const now = clock();
    const deliveryIds = await transaction(db, async (tx) => {
      await recordPostsThere(tx, there, now, config.twitter.withdrawDays);
      const pending: DeliveryId[] = [];
      for (const reportId of await recordPostsGone(tx, gone, now)) {
        log.info({ event: 'post_gone', reportId });
        pending.push(...(await tellAgency(tx, reportId, 'post_gone', now)));
      }
      return pending;
    });
    if (deliveryIds.length === 0) return;
    // Never awaited: they are rows already, and the sweeper makes up for a queue that is away.
    enqueue('deliver', { deliveryIds }).catch((error: unknown) =>
      log.warn({ event: 'deliver_not_enqueued', error: describeFailure(error) }),
    );
  }
}
