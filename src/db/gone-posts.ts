import type { MessageId } from '../domain/message.ts';
import type { AgencyCode, ReportId } from '../domain/report.ts';
import type { Sealed } from '../sealing/seal.ts';
import type { Db } from './pool.ts';

/** Posts that became reports, and whether they are still there. */

const hours = (count: number) => count * 60 * 60_000;

/** Twice a day, with an hour to spare; what is not seen then is tried again and again within the 24 hours. */
const lookEveryMs = hours(11);
/** So long nobody else is given what was given out; and posts come due by such steps, for asking about many costs as little as about one. */
const stepMs = 15 * 60_000;

/** Up to `limit` posts that it is time to look at; they are given out again after a while unless somebody looked. */
export async function listPostsDue(db: Db, now: Date, limit: number): Promise<readonly ReportId[]> {
  const { rows } = await db.query<{ report_id: ReportId }>({
    name: 'list-posts-due',
    text: `
      update posts set look_at = $2
      where report_id in (
        select report_id from posts where look_at <= $1 order by look_at limit $3 for update skip locked
      )
      returning report_id`,
    values: [now, new Date(now.getTime() + stepMs), limit],
  });
  return rows.map((row) => row.report_id);
}

/** A post that a report is made of, or was added to it, with the seal that has its id. */
export type SealedPost = Sealed & { readonly reportId: ReportId; readonly messageId: MessageId };

/** All posts of those reports of the list that nobody has looked at lately: a job that comes twice costs nothing. */
export async function listPostsToLookAt(
  db: Db,
  reportIds: readonly string[],
  now: Date,
): Promise<readonly SealedPost[]> {
  const { rows } = await db.query<SealedPost>({
    name: 'list-posts-to-look-at',
    text: `
      select post.report_id as "reportId", part.message_id as "messageId", person.key_id as "keyId",
        person.sealed as bytes
      from posts as post
      cross join lateral (
        select post.message_id
        union
        select message.id from messages as message
        where message.report_id = post.report_id and message.form = 'post' and message.fate in ('report', 'addition')
      ) as part (message_id)
      join report_identities as person on person.report_id = part.message_id
      where post.report_id = any($1::uuid[]) and post.look_at is not null and coalesce(post.checked_at <= $2, true)
      order by coalesce(post.checked_at, post.posted_at), post.report_id`,
    values: [reportIds, new Date(now.getTime() - lookEveryMs)],
  });
  return rows;
}

/** They are still there; one that was posted so many days ago is not looked at again. */
export async function recordPostsThere(
  db: Db,
  reportIds: readonly ReportId[],
  now: Date,
  days: number,
): Promise<void> {
  await db.query({
    name: 'record-posts-there',
    text: `
      update posts set checked_at = $2, look_at = case when posted_at > $4 then $3::timestamptz end
      where report_id = any($1::uuid[]) and gone_at is null`,
    values: [
      reportIds,
      now,
      new Date(Math.ceil((now.getTime() + lookEveryMs) / stepMs) * stepMs),
      new Date(now.getTime() - hours(24) * days),
    ],
  });
}

/** They are there no more, and stay so: nobody looks again. Returns those that were, for all that is known. */
export async function recordPostsGone(
  db: Db,
  reportIds: readonly ReportId[],
  now: Date,
): Promise<readonly ReportId[]> {
  const { rows } = await db.query<{ report_id: ReportId }>({
    name: 'record-posts-gone',
    text: `
      update posts set gone_at = $2, look_at = null
      where report_id = any($1::uuid[]) and gone_at is null
      returning report_id`,
    values: [reportIds, now],
  });
  return rows.map((row) => row.report_id);
}

/** A report whose post is there no more, as staff see it. */
export type GonePost = {
  readonly reportId: ReportId;
  readonly trackingId: string;
  /** Who has the report now. */
  readonly agency: AgencyCode;
  readonly goneAt: Date;
};

/** Newest first: those that these agencies have, or all where it is null. */
export async function listGonePosts(
  db: Db,
  agencies: readonly AgencyCode[] | null,
  limit: number,
): Promise<readonly GonePost[]> {
  const { rows } = await db.query<GonePost>({
    name: 'list-gone-posts',
    text: `
      select post.report_id as "reportId", filing.tracking_id as "trackingId", route.agency_code as agency,
        post.gone_at as "goneAt"
      from posts as post
      join filings as filing on filing.report_id = post.report_id
      join lateral (
        select agency_code from routes where report_id = post.report_id order by hop desc limit 1
      ) as route on $1::text[] is null or route.agency_code = any($1)
      where post.gone_at is not null
      order by post.gone_at desc, post.report_id
      limit $2`,
    values: [agencies, limit],
  });
  return rows;
}

/** How many nobody could look at for more than a day: what was deleted of them may still be public. */
export async function countUnseenPosts(db: Db, now: Date): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'count-unseen-posts',
    text: `
      select count(*)::int as count from posts
      where look_at is not null and (
        checked_at < $1
        -- one that was posted long ago, and found just now, was seen when it was found
        or checked_at is null and posted_at < $1
          and exists (select from messages where messages.id = posts.message_id and accepted_at < $1)
      )`,
    values: [new Date(now.getTime() - hours(24))],
  });
  return rows[0]?.count ?? 0;
}
