import type { BegunReport, RelatedReport } from '../domain/post-filing.ts';
import type { ChannelName, ReportId } from '../domain/report.ts';
import type { StoredMessage } from './messages.ts';
import type { Db } from './pool.ts';

/** Posts among the messages, and what is known besides of the reports that were posts. */

/** By what posts that belong together are found: blind indexes of a post's first version, and of its author and conversation. */
export type PostPlace = { readonly origin: Buffer; readonly thread: Buffer };

/** Has all who decide about these posts wait for each other until the transaction ends. */
export async function lockPosts(db: Db, { origin, thread }: PostPlace): Promise<void> {
  // In this order by all: a post has one author's conversation, and its versions have it in common.
  for (const index of [thread, origin]) {
    await db.query({
      name: 'lock-posts',
      text: `select pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 1709))`,
      values: [index],
    });
  }
}

export type StoredPost = StoredMessage & {
  readonly state: 'pending' | 'done';
  readonly fileAnyway: boolean;
  readonly report: BegunReport | null;
};

/** An author who posts more than that in a conversation is not followed any further. */
const mostOfOne = 200;

/**
 * Other versions of the post with this id, and what else its author posted in its conversation; those first that wait, then the
 * latest.
 */
export async function listAround(
  db: Db,
  id: string,
  { origin, thread }: PostPlace,
): Promise<readonly StoredPost[]> {
  const { rows } = await db.query<Omit<StoredPost, 'report'> & BegunReport & { reportId: ReportId | null }>({
    name: 'list-around-post',
    text: `
      select message.id, message.receipt, message.channel, message.external_id as "externalId",
        message.received_at as "receivedAt", message.accepted_at as "acceptedAt", person.key_id as "keyId",
        person.sealed as bytes, person.phone_index as "phoneIndex", message.state,
        message.file_anyway as "fileAnyway", report.id as "reportId", report.anonymous, report.confidential,
        post.posted_at as "postedAt"
      from messages as message join report_identities as person on person.report_id = message.id
      left join reports as report on report.id = message.report_id
      left join posts as post on post.report_id = message.report_id
      where (message.thread_index = $2 or message.origin_index = $3) and message.id <> $1
        and message.state <> 'set_aside'
      order by message.state = 'pending' desc, message.accepted_at desc, message.id
      limit ${mostOfOne}`,
    values: [id, thread, origin],
  });
  return rows.map(({ reportId, anonymous, confidential, postedAt, ...message }) => ({
    ...message,
    report: reportId === null ? null : { reportId, anonymous, confidential, postedAt },
  }));
}

/** Whether the platform was asked for what else was posted with this. */
export async function wasThreadAsked(db: Db, id: string): Promise<boolean> {
  const { rows } = await db.query<{ thread_asked: boolean }>({
    name: 'was-thread-asked',
    text: 'select thread_asked from messages where id = $1',
    values: [id],
  });
  return rows[0]?.thread_asked === true;
}

export async function recordThreadAsked(db: Db, id: string): Promise<void> {
  await db.query({
    name: 'record-thread-asked',
    text: 'update messages set thread_asked = true where id = $1',
    values: [id],
  });
}

/** The report of this account that the answer with this index told of; null where there is none. */
export async function findReportAnswered(
  db: Db,
  answerIndex: Buffer,
  accountIndex: Buffer,
): Promise<RelatedReport | null> {
  const { rows } = await db.query<RelatedReport>({
    name: 'find-report-answered',
    text: `
      select report.id as "reportId", filing.tracking_id as "trackingId", report.anonymous, report.confidential
      from notifications as notification
      join reports as report on report.id = notification.report_id
      join filings as filing on filing.report_id = report.id
      join report_identities as person on person.report_id = report.id and person.account_index = $2
      where notification.answer_index = $1
      limit 1`,
    values: [answerIndex, accountIndex],
  });
  return rows[0] ?? null;
}

/**
 * The report that the first of these posts became which is one, or that it was added to; `unfiled` where that is on its way to
 * be one; null where none is known.
 */
export async function findReportSpokenOf(
  db: Db,
  channel: ChannelName,
  posts: readonly { readonly externalId: string; readonly origin: Buffer }[],
): Promise<RelatedReport | 'unfiled' | null> {
  const { rows } = await db.query<Omit<RelatedReport, 'trackingId'> & { readonly trackingId: string | null }>(
    {
      name: 'find-report-spoken-of',
      text: `
      select report.id as "reportId", filing.tracking_id as "trackingId", report.anonymous, report.confidential
      from unnest($2::text[], $3::bytea[]) with ordinality as named (external_id, origin_index, position)
      join messages as message on message.channel = $1 and message.form = 'post'
        and (message.external_id = named.external_id or message.origin_index = named.origin_index)
      left join reports as report on report.id = message.report_id
      left join filings as filing on filing.report_id = report.id
      where message.state = 'pending' or report.id is not null
      order by named.position, filing.tracking_id is null, message.accepted_at limit 1`,
      values: [channel, posts.map(({ externalId }) => externalId), posts.map(({ origin }) => origin)],
    },
  );
  const [found] = rows;
  if (found === undefined) return null;
  const { trackingId, ...report } = found;
  return trackingId === null ? 'unfiled' : { ...report, trackingId };
}

export type NewPost = {
  readonly reportId: ReportId;
  /** Whose seal has the post as it came; of a thread the first one's. */
  readonly messageId: string;
  readonly postedAt: Date;
  readonly language: string | null;
  readonly hashtags: readonly string[];
};

export async function insertPost(db: Db, post: NewPost): Promise<void> {
  await db.query({
    name: 'insert-post',
    text: `
      insert into posts (report_id, message_id, posted_at, language, hashtags) values ($1, $2, $3, $4, $5)
      on conflict do nothing`,
    values: [post.reportId, post.messageId, post.postedAt, post.language, post.hashtags],
  });
}

/** The hashtags of those of these reports that were posts with any. */
export async function listHashtags(
  db: Db,
  reportIds: readonly ReportId[],
): Promise<ReadonlyMap<ReportId, readonly string[]>> {
  const { rows } = await db.query<{ reportId: ReportId; hashtags: readonly string[] }>({
    name: 'list-hashtags',
    text: `select report_id as "reportId", hashtags from posts where report_id = any($1::uuid[]) and hashtags <> '{}'`,
    values: [reportIds],
  });
  return new Map(rows.map(({ reportId, hashtags }) => [reportId, hashtags]));
}
