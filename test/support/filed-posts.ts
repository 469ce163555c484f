import type { Db } from '../../src/db/pool.ts';
import type { NewMessage } from '../../src/domain/message.ts';
import type { PostFate } from '../../src/domain/post-filing.ts';
import type { NewReport, ReportId } from '../../src/domain/report.ts';
import { createIntake } from '../../workers/intake.ts';
import { createTestAccept } from './accept.ts';
import { type createCore, newReport } from './core.ts';

/** Posts as they come in and are filed, for tests of what becomes of them afterwards. */

type Core = Awaited<ReturnType<typeof createCore>>;

/** A post with this id as a channel hands it over. */
export const postMessage = (id: string, more: Partial<NewMessage['content']> = {}): NewMessage => ({
  channel: 'twitter',
  externalId: id,
  identity: {
    name: 'Ratna Dewi',
    phone: null,
    email: null,
    onBehalfOf: null,
    account: {
      id: '1700000000000000001',
      handle: 'ratna_dago',
      permalink: `https://x.com/ratna_dago/status/${id}`,
    },
  },
  receivedAt: new Date(),
  original: {
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ data: { id } })),
    messageId: id,
  },
  content: { kind: 'post', origin: id, thread: id, found: 'search', ...more } as NewMessage['content'],
});

/** Takes a post in that was added to a report afterwards, as workers do that read it. */
export async function addPost({ context }: Core, id: string, reportId: ReportId): Promise<void> {
  const [message] = await (await createTestAccept(context))([postMessage(id)]);
  if (message === undefined) throw new Error('nothing was accepted');
  await finishAs(context.db, message.reportId, reportId, 'addition');
}

async function finishAs(db: Db, messageId: ReportId, reportId: ReportId, fate: PostFate): Promise<void> {
  await db.query(
    `update messages set state = 'done', finished_at = now(), report_id = $2, fate = $3, outcome = 'filed'
     where id = $1`,
    [messageId, reportId, fate],
  );
}

/** Takes the post in and files it as a report, as workers do that read it. */
export async function filePost(
  { context }: Core,
  id: string,
  { postedAt = new Date(), ...more }: Partial<NewReport> & { readonly postedAt?: Date } = {},
): Promise<{ readonly reportId: ReportId; readonly messageId: ReportId; readonly trackingId: string }> {
  const { db } = context;
  const accept = await createTestAccept(context);
  const [message] = await accept([postMessage(id)]);
  const [report] = await accept([newReport({ channel: 'twitter', receivedAt: postedAt, ...more })]);
  if (message === undefined || report === undefined) throw new Error('nothing was accepted');
  const { reportId } = report;
  await finishAs(db, message.reportId, reportId, 'report');
  await db.query(
    `insert into posts (report_id, message_id, posted_at, look_at) values ($1, $2, $3, $3::timestamptz + interval '11 hours')`,
    [reportId, message.reportId, postedAt],
  );
  await createIntake(context)({ reportIds: [reportId] });
  const { rows } = await db.query<{ tracking_id: string }>(
    'select tracking_id from filings where report_id = $1',
    [reportId],
  );
  return { reportId, messageId: message.reportId, trackingId: rows[0]?.tracking_id ?? '' };
}
