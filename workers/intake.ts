import { randomInt } from 'node:crypto';
import type { Context } from '../src/context.ts';
import { crashPoint } from '../src/crash-points.ts';
import { insertDeliveries } from '../src/db/deliveries.ts';
import { claimFingerprints, insertFilings, insertFirstRoutes } from '../src/db/filings.ts';
import { listFromSameReporter } from '../src/db/identities.ts';
import { deleteFromInbox, lockUnfiled, quarantineReport, type UnfiledReport } from '../src/db/inbox.ts';
import { type Joined, listJoined } from '../src/db/joined-reports.ts';
import { insertNotifications } from '../src/db/notifications.ts';
import { type Db, isUnavailable, transaction } from '../src/db/pool.ts';
import { listHashtags } from '../src/db/posts.ts';
import { listFilesNotTaken } from '../src/db/taken-messages.ts';
import { processHalving } from '../src/domain/batches.ts';
import {
  type Duplicate,
  explainDuplicate,
  findDuplicates,
  joinReason,
} from '../src/domain/duplicates/find-duplicates.ts';
import { fingerprint } from '../src/domain/duplicates/fingerprint.ts';
import { kindOfFiling } from '../src/domain/notification.ts';
import type { DeliveryId, NotificationId, ReportId } from '../src/domain/report.ts';
import { spellHashtags } from '../src/domain/routing/hashtags.ts';
import { routeWith } from '../src/domain/routing/route-report.ts';
import { mintTrackingId } from '../src/domain/tracking-id.ts';
import { wordBackChannel } from '../src/domain/word-back.ts';
import { AppError, describeFailure } from '../src/errors.ts';
import { createGroupCommit } from '../src/group-commit.ts';
import { newId } from '../src/ids.ts';
import type { Handlers, JobName, Payload } from '../src/queue/jobs.ts';
import { setAside } from './set-aside.ts';
import { markSurges } from './surges.ts';
import { type UnpackContext, unpackBundles } from './unpack.ts';

type IntakeContext = UnpackContext &
  Pick<Context, 'db' | 'enqueue' | 'directory' | 'channels' | 'config' | 'clock' | 'log'>;

/**
 * Files accepted reports: unpack what is bundled, set aside copies and what staff should see first, deduplicate, give tracking IDs, route, write the deliveries and the word back to the
 * reporters, take them out of the inbox. Jobs that are there at the same time are filed together, in one transaction.
 * What is filed already is passed over, so a job may come twice. A report that cannot be filed is set aside in
 * quarantine with its error, and the rest of its batch goes through.
 */
export function createIntake(context: IntakeContext): Handlers['intake'] {
  const fileTogether = createGroupCommit(
    async (jobs: readonly Payload<'intake'>[]) => {
      const bundleIds = jobs.flatMap((job) => ('bundleIds' in job ? job.bundleIds : []));
      const reportIds = jobs.flatMap((job) => ('reportIds' in job ? job.reportIds : []));
      const [unpacked] = await Promise.allSettled([unpackBundles(context, bundleIds)]);
      await fileOrQuarantine(context, [
        ...reportIds,
        ...(unpacked.status === 'fulfilled' ? unpacked.value : []),
      ]);
      // Where a key is missing what needs none is filed all the same.
      if (unpacked.status === 'rejected') throw unpacked.reason;
      return jobs.map(() => undefined);
    },
    {
      maxItems: 4,
      maxWriting: 2,
      maxWaiting: 1_000,
      overflow: () => new AppError('unavailable', 'too many jobs wait to be filed'),
    },
  );
  return (payload) => fileTogether(payload);
}

async function fileOrQuarantine(context: IntakeContext, reportIds: readonly string[]): Promise<void> {
  let notSetAside: unknown;
  await processHalving(
    reportIds,
    async (part) => {
      const { deliveryIds, notificationIds } = await fileWithFreshIds(context, part);
      crashPoint('intake:after-commit');
      if (deliveryIds.length > 0) enqueueNext(context, 'deliver', { deliveryIds });
      if (notificationIds.length > 0) enqueueNext(context, 'notify', { notificationIds });
    },
    async (reportId, error) => {
      context.log.error({ event: 'report_quarantined', reportId, error: describeFailure(error) });
      // The others go on; the job fails at the end and comes again.
      await quarantineReport(context.db, reportId as ReportId, describeFailure(error)).catch((failure) => {
        notSetAside ??= failure;
      });
    },
    isUnavailable,
  );
  if (notSetAside !== undefined) throw notSetAside;
}

/** What is to be done about filed reports. */
type Filed = { readonly deliveryIds: DeliveryId[]; readonly notificationIds: NotificationId[] };

/** With ten million reports stored, one in ten thousand draws a tracking ID that is taken: its batch is done again. */
async function fileWithFreshIds(context: IntakeContext, reportIds: readonly string[]): Promise<Filed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction(context.db, (db) => file(context, db, reportIds));
    } catch (error) {
      if (attempt === 3 || !isTakenTrackingId(error)) throw error;
    }
  }
}

async function file(context: IntakeContext, db: Db, reportIds: readonly string[]): Promise<Filed> {
  const reports = await setAside(context, db, await lockUnfiled(db, reportIds));
  if (reports.length === 0) return { deliveryIds: [], notificationIds: [] };

  const joined = await findJoined(db, reports);
  const duplicates = await findDuplicatesOf(context, db, reports, joined);
  const directory = context.directory();
  const spelled = await spellHashtagsOf(db, reports);
  const routes = reports.map((report) => {
    const told = spelled.get(report.id) ?? report;
    const { agency, topic, reason, confidence } = routeWith(directory, told, joined.get(report.id) ?? null);
    return { reportId: report.id, agency, topic, reason, confidence };
  });

  const trackingIds = new Map(reports.map(({ id }) => [id, mintTrackingId((limit) => randomInt(limit))]));
  await insertFilings(
    db,
    [...trackingIds].map(([reportId, trackingId]) => ({
      reportId,
      trackingId,
      duplicateOf: duplicates.get(reportId)?.of ?? null,
      duplicateReason: duplicates.get(reportId)?.reason ?? null,
    })),
  );
  await insertFirstRoutes(db, routes);
  const now = context.clock();
  const deliveryIds = await insertDeliveries(
    db,
    routes.map((route) => ({
      id: newId<DeliveryId>(),
      reportId: route.reportId,
      agencyCode: route.agency,
    })),
    now,
  );
  const caseOf = (id: ReportId) => duplicates.get(id)?.of ?? id;
  const viralIds = await markSurges(context, db, reports, routes, caseOf);
  const withFiles = reports.filter(({ channel }) => channel === 'email' || channel === 'twitter');
  const filesNotTaken: ReadonlyMap<ReportId, number> =
    withFiles.length === 0
      ? new Map()
      : await listFilesNotTaken(
          db,
          withFiles.map(({ id }) => id),
        );
  const notifications = planNotifications(context, reports, duplicates, trackingIds, filesNotTaken);
  if (notifications.length > 0) await insertNotifications(db, notifications, now);
  await deleteFromInbox(
    db,
    reports.map((report) => report.id),
  );
  crashPoint('intake:before-commit');
  return { deliveryIds: [...deliveryIds, ...viralIds], notificationIds: notifications.map(({ id }) => id) };
}

/** Posts with what their hashtags say behind their words: `#JalanRusak #Bandung` is how people say what and where. */
async function spellHashtagsOf(
  db: Db,
  reports: readonly UnfiledReport[],
): Promise<ReadonlyMap<ReportId, UnfiledReport>> {
  const posts = reports.filter(({ channel }) => channel === 'twitter');
  if (posts.length === 0) return new Map();
  const hashtags = await listHashtags(
    db,
    posts.map(({ id }) => id),
  );
  return new Map(
    posts.map((post) => [
      post.id,
      { ...post, text: `${post.text}\n${spellHashtags(hashtags.get(post.id) ?? [])}` },
    ]),
  );
}

/** Where a channel can send. Whether there is anybody to send to is found when it is sent: intake knows nobody. */
function planNotifications(
  { channels }: IntakeContext,
  reports: readonly UnfiledReport[],
  duplicates: ReadonlyMap<ReportId, Duplicate>,
  trackingIds: ReadonlyMap<ReportId, string>,
  filesNotTaken: ReadonlyMap<ReportId, number>,
) {
  const sending = new Set(channels.flatMap(({ name, send }) => (send === undefined ? [] : [name])));
  return reports.flatMap((report) => {
    const { id, confidential, receivedAt } = report;
    const channel = wordBackChannel(report, sending);
    if (channel === null) return [];
    return [
      {
        id: newId<NotificationId>(),
        causeId: id,
        recipientId: id,
        reportId: id,
        kind: kindOfFiling({ duplicateOf: duplicates.get(id)?.of ?? null, confidential }),
        params: {
          trackingId: trackingIds.get(id) ?? '',
          ...(filesNotTaken.has(id) ? { filesNotTaken: filesNotTaken.get(id) ?? 0 } : {}),
        },
        language: 'id' as const,
        channel,
        askedAt: receivedAt,
      },
    ];
  });
}

/** What reports join that name another ("saya juga"); a confidential one joins nothing. */
async function findJoined(db: Db, reports: readonly UnfiledReport[]): Promise<ReadonlyMap<ReportId, Joined>> {
  const wishes = reports.filter(({ joins, confidential }) => joins !== null && !confidential);
  if (wishes.length === 0) return new Map();
  const known = await listJoined(db, [...new Set(wishes.map(({ joins }) => joins ?? ''))]);
  return new Map(
    wishes.flatMap(({ id, joins }) => {
      const joined = known.get(joins ?? '');
      return joined === undefined ? [] : [[id, joined] as const];
    }),
  );
}

/** Reports that join another claim no fingerprint: "saya juga" says the same of every event. */
async function findDuplicatesOf(
  context: IntakeContext,
  db: Db,
  reports: readonly UnfiledReport[],
  joined: ReadonlyMap<ReportId, Joined>,
): Promise<ReadonlyMap<ReportId, Duplicate>> {
  const joining = [...joined].map(([id, { first }]) => [id, { of: first, reason: joinReason }] as const);
  const telling = reports.filter(({ id }) => !joined.has(id));
  if (telling.length === 0) return new Map(joining);
  const printed = telling.map((report) => ({
    id: report.id,
    receivedAt: report.receivedAt,
    fingerprint: fingerprint(report),
  }));
  // Reports come oldest first: within the batch the oldest speaks for its fingerprint.
  const first = new Map<string, (typeof printed)[number]>();
  for (const report of printed) {
    const key = report.fingerprint.toString('hex');
    if (!first.has(key)) first.set(key, report);
  }
  const windowStart = new Date(context.clock().getTime() - context.config.duplicateWindowDays * 86_400_000);
  const claims = await claimFingerprints(
    db,
    [...first.values()].map(({ id, ...claim }) => ({ reportId: id, ...claim })),
    windowStart,
  );
  const duplicates = findDuplicates(printed, claims);
  if (duplicates.size === 0) return new Map(joining);
  const sameReporter = await listFromSameReporter(db, duplicates);
  return new Map([
    ...joining,
    ...[...duplicates].map(
      ([id, of]) => [id, { of, reason: explainDuplicate(sameReporter.has(id)) }] as const,
    ),
  ]);
}

/** Never awaited: what is to be done are rows already, and the sweeper makes up for a queue that is away. */
function enqueueNext<Name extends JobName>(
  { enqueue, log }: IntakeContext,
  job: Name,
  payload: Payload<Name>,
): void {
  enqueue(job, payload).then(
    () => crashPoint('intake:after-enqueue'),
    (error: unknown) => log.warn({ event: `${job}_not_enqueued`, error: describeFailure(error) }),
  );
}

function isTakenTrackingId(error: unknown): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === 'filings_tracking_id_key';
}
