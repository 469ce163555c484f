import type { OutgoingMessage, Posts } from '../../channels/channel.ts';
import { type Addition, listAdditions } from '../../src/db/additions.ts';
import type { MessageId, NewMessage } from '../../src/domain/message.ts';
import type { ReportId } from '../../src/domain/report.ts';
import { createGuardedFetch } from '../../src/outbound/guarded-fetch.ts';
import { createReveal } from '../../src/prepare-keys.ts';
import { createHandlers } from '../../workers/index.ts';
import { openDoor } from './accept.ts';
import { createCore, forgetReports } from './core.ts';
import { createTestDatabase } from './database.ts';
import { found, type GivenPost, readingChannel } from './posts.ts';
import { readSealed, sealing } from './sealing.ts';

export type FiledPost = {
  readonly id: ReportId;
  readonly text: string;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  readonly hold: string | null;
  readonly joins: string | null;
  readonly place_text: string | null;
  readonly tracking_id: string | null;
  readonly routed: string | null;
  readonly topic: string | null;
  readonly duplicate_of: ReportId | null;
};

type Context = Awaited<ReturnType<typeof createCore>>['context'];

/** Workers with a real PostgreSQL and a channel that reads posts, and sends to nobody but the test. */
export async function openPostStage(env: Readonly<Record<string, string>> = {}) {
  const database = await createTestDatabase({ seeded: true });
  const core = await createCore(database.pool, env);
  const outbox: OutgoingMessage[] = [];
  let asked: GivenPost['id'][] = [];
  let findThread: Posts['findThread'] = async () => [];
  let ahead = 0;
  const channel = readingChannel(
    {
      findThread: async (post) => {
        asked.push(post.id);
        return findThread(post);
      },
    },
    async (message) => {
      outbox.push(message);
      return { kind: 'sent', providerId: null, answeredAs: `1${message.id.replace(/\D/g, '').slice(0, 17)}` };
    },
  );
  const others = core.context.channels.filter(({ name }) => name !== 'twitter');
  let allow: readonly string[] = [];
  let guarded = createGuardedFetch({ allow });
  const context = {
    ...core.context,
    channels: [...others, channel],
    clock: () => new Date(Date.now() + ahead),
    download: (url: string, most: number) => guarded.download(url, most),
  } as Context;
  const door = await openDoor(context);

  const handlers = (more: Partial<Context> = {}) =>
    createHandlers({
      ...context,
      post: guarded.post,
      call: async () => ({ kind: 'not-sent', detail: 'nothing is sent from here' }),
      countNotification: () => {},
      revealSender: createReveal(sealing.open, database.pool, context.log),
      ...more,
    } as Parameters<typeof createHandlers>[0]);

  /** Does all that is on the queue, and what that puts there. */
  async function work(more: Partial<Context> = {}): Promise<void> {
    const run = handlers(more) as unknown as Record<string, (payload: object) => Promise<void>>;
    for (let job = core.jobs.shift(); job !== undefined; job = core.jobs.shift()) {
      await run[job.name]?.(job.payload);
      await new Promise(setImmediate);
    }
  }

  async function leave(...messages: readonly (NewMessage | GivenPost)[]): Promise<readonly MessageId[]> {
    const accepted = await door.accept(messages.map((each) => ('payload' in each ? found(each) : each)));
    await core.emptyQueueOf(accepted);
    return accepted.map(({ reportId }) => reportId as string as MessageId);
  }

  /** As the sweep does with what is due. */
  async function workOn(ids: readonly MessageId[], more: Partial<Context> = {}): Promise<void> {
    core.jobs.push({ name: 'messages', payload: { messageIds: [...ids] } });
    await work(more);
  }

  async function receive(...messages: readonly (NewMessage | GivenPost)[]): Promise<readonly MessageId[]> {
    const ids: MessageId[] = [];
    for (const message of messages) {
      const [id] = await leave(message);
      if (id === undefined) continue;
      ids.push(id);
      await workOn([id]);
    }
    return ids;
  }

  async function listReports(): Promise<readonly FiledPost[]> {
    const { rows } = await database.pool.query<FiledPost>(`
      select report.id, text, anonymous, confidential, hold, joins, place_text, tracking_id, duplicate_of,
        route.agency_code as routed, route.topic_code as topic
      from reports as report left join filings as filing on filing.report_id = report.id
      left join routes as route on route.report_id = report.id
      order by accepted_at, report.id`);
    return rows;
  }

  return {
    database,
    context,
    core,
    handlers,
    leave,
    workOn,
    work,
    receive,
    listReports,
    outbox,
    asked: () => asked,
    tellThread: (answer: Posts['findThread']) => {
      findThread = answer;
    },
    allow: async (hosts: readonly string[]) => {
      await guarded.close();
      allow = hosts;
      guarded = createGuardedFetch({ allow });
    },
    wait: (ms: number) => {
      ahead += ms;
    },
    onlyReport: async (): Promise<FiledPost> => {
      const [report, ...more] = await listReports();
      if (report === undefined || more.length > 0) throw new Error(`${more.length + 1} reports`);
      return report;
    },
    listAdditions: (reportId: ReportId): Promise<readonly Addition[]> =>
      listAdditions(database.pool, reportId),
    listVersions: async () => {
      const { rows } = await database.pool.query<{ version: number | null; text: string }>(
        'select version, text from additions order by received_at, id',
      );
      return rows;
    },
    listMessages: async () => {
      const { rows } = await database.pool.query<{
        readonly id: MessageId;
        readonly state: string;
        readonly fate: string | null;
        readonly outcome: string | null;
        readonly report_id: ReportId | null;
        readonly file_count: number | null;
        readonly files_not_taken: number;
      }>('select id, state, fate, outcome, report_id, file_count, files_not_taken from messages order by id');
      return rows;
    },
    sealOf: (report: Pick<FiledPost, 'id' | 'anonymous' | 'confidential'>) =>
      readSealed(database.pool, report.id, report.anonymous || report.confidential ? 'nobody' : 'agency'),
    forget: async () => {
      ahead = 0;
      asked = [];
      findThread = async () => [];
      outbox.length = 0;
      core.jobs.length = 0;
      await forgetReports(database.pool);
    },
    close: async () => {
      await guarded.close();
      await database.drop();
    },
  };
}
