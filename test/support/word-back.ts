import { pino } from 'pino';
import { vi } from 'vitest';
import type { Channel, OutgoingMessage } from '../../channels/channel.ts';
import { parseConfig } from '../../src/config.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { SendOutcome } from '../../src/domain/notification.ts';
import type { ChannelName, Identity, NewReport, NotificationId } from '../../src/domain/report.ts';
import { createReveal } from '../../src/prepare-keys.ts';
import { createIntake } from '../../workers/intake.ts';
import { createNotify } from '../../workers/notify.ts';
import { createTestAccept } from './accept.ts';
import { createCore, newReport } from './core.ts';
import { sealing } from './sealing.ts';

export const person = (phone: string): Identity => ({ name: null, phone, email: null, onBehalfOf: null });

export type NotificationRow = {
  readonly state: string;
  readonly kind: string;
  readonly attempt_count: number;
  readonly reason: string | null;
  readonly next_attempt_at: Date;
  readonly finished_at: Date | null;
  readonly delivery_state: string | null;
  readonly delivery_detail: string | null;
  readonly provider_id: string | null;
  readonly segments: number | null;
};

/** A channel, SMS as a rule, whose provider takes everything at once, or answers when the test says so. */
export function createScriptedChannel(name: ChannelName = 'sms') {
  const sent: OutgoingMessage[] = [];
  const waiting: ((outcome: SendOutcome) => void)[] = [];
  let script: 'takes' | 'waits' | SendOutcome = 'takes';
  const channel: Channel = {
    name,
    providers: [
      {
        name: 'uji',
        receive: ({ body }) => ({
          messages: [],
          deliveryReceipts: JSON.parse(body.toString()),
          answer: () => ({ status: 200, contentType: 'text/plain', body: 'OK' }),
        }),
      },
    ],
    send: (message) => {
      sent.push(message);
      if (script === 'waits') return new Promise((resolve) => waiting.push(resolve));
      return Promise.resolve(script === 'takes' ? { kind: 'sent', providerId: null } : script);
    },
  };
  return {
    channel,
    /** What it was asked to send. */
    sent,
    /** From now on it does this with each message. */
    does: (next: typeof script) => {
      script = next;
    },
    untilAsked: () => vi.waitFor(() => waiting.length > 0 || Promise.reject(new Error('not asked')), 5_000),
    /** Answers the message that has waited longest. */
    answer: (outcome: SendOutcome) => waiting.shift()?.(outcome),
    forget: () => {
      for (const list of [sent, waiting]) list.length = 0;
      script = 'takes';
    },
  };
}

/** Everything from a report's acceptance to the word back, over a seeded test database and a channel of the test's own. */
export async function createWordBackStage(db: Pool, channel: Channel) {
  const core = await createCore(db);
  const logged: string[] = [];
  const context = { ...core.context, channels: [channel] };

  return {
    logged,
    /** Accepts and files a report by SMS; returns its notification. */
    file: async (phone: string, more: Partial<NewReport> = {}): Promise<NotificationId> => {
      const report = newReport({ channel: 'sms', identity: person(phone), ...more });
      const [accepted] = await (await createTestAccept(context))([report]);
      await createIntake(context)({ reportIds: [accepted?.reportId ?? ''] });
      const { rows } = await db.query<{ id: NotificationId }>(
        'select id from notifications where report_id = $1',
        [accepted?.reportId],
      );
      const [row] = rows;
      if (row === undefined) throw new Error('intake wrote no notification');
      return row.id;
    },
    startWorker: (env: Readonly<Record<string, string>> = {}, clock: () => Date = () => new Date()) => {
      const notify = createNotify({
        ...context,
        config: parseConfig(env),
        clock,
        log: pino({ level: 'debug' }, { write: (line: string) => logged.push(line) }),
        call: async () => ({ kind: 'not-sent', detail: 'the channel calls nobody' }),
        revealSender: createReveal(sealing.open, db, context.log),
        countNotification: () => {},
      });
      return (...notificationIds: readonly string[]) => notify({ notificationIds: [...notificationIds] });
    },
    find: async (id: NotificationId): Promise<NotificationRow> => {
      const { rows } = await db.query<NotificationRow>('select * from notifications where id = $1', [id]);
      const [row] = rows;
      if (row === undefined) throw new Error(`no notification ${id}`);
      return row;
    },
  };
}
