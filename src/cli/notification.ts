import { defineCommand } from 'citty';
import { recordAudit } from '../db/audit.ts';
import {
  type DecidedFrom,
  dropNotification,
  listNotifications,
  type NotificationLine,
  notificationStates,
  resendNotification,
} from '../db/notification-decisions.ts';
import { type Db, type Pool, transaction } from '../db/pool.ts';
import { readDatabaseTime } from '../db/server-facts.ts';
import type { AuditAction } from '../domain/audit-entry.ts';
import { deliveryStates } from '../domain/notification.ts';
import type { NotificationId } from '../domain/report.ts';
import { formatTrackingId } from '../domain/tracking-id.ts';
import { AppError } from '../errors.ts';
import { nameOperator } from './operator.ts';
import { printable } from './printable.ts';
import { withDatabase } from './with-database.ts';

const mostListed = 200;

const list = defineCommand({
  meta: { name: 'list', description: 'Messages to reporters, newest first; never to whom' },
  args: {
    state: { type: 'string', description: `Only those ${notificationStates.join(', ')}` },
    delivery: {
      type: 'string',
      description: `Only those of which the provider said ${deliveryStates.join(', ')}`,
    },
    json: { type: 'boolean', description: 'Print JSON for scripts', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const notifications = await listNotifications(db, {
        state: parseState(args.state, notificationStates),
        delivery: parseState(args.delivery, deliveryStates),
        limit: mostListed,
      });
      if (args.json) console.log(JSON.stringify(notifications, null, 2));
      else if (notifications.length === 0) console.log('There are none.');
      else console.log(notifications.map(describeNotification).join('\n'));
    }),
});

/** Null where nothing was asked for. */
function parseState<State extends string>(typed: string | undefined, states: readonly State[]): State | null {
  if (typed === undefined) return null;
  const state = states.find((candidate) => candidate === typed);
  if (state === undefined) {
    throw new AppError('invalid', `${typed} is no state: it is one of ${states.join(', ')}.`);
  }
  return state;
}

function describeNotification(notification: NotificationLine): string {
  const { id, state, kind, channel, tracking_id, attempts, next_attempt_at, reason, created_at } =
    notification;
  const next = next_attempt_at === null ? '' : `, next attempt ${time(next_attempt_at)}`;
  const why = reason === null ? '' : `\n    ${reason}`;
  return (
    `${id}  ${time(created_at)}  ${state.padEnd(7)}  ${tracking_id === null ? '-' : formatTrackingId(tracking_id)}  ` +
    `${kind} by ${channel}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${next}${describeDelivery(notification)}${why}`
  );
}

function describeDelivery({ delivery_state, delivery_detail, delivery_at }: NotificationLine): string {
  if (delivery_state === null || delivery_at === null) return '';
  const detail = delivery_detail === null ? '' : ` (${printable(delivery_detail)})`;
  return `, ${delivery_state}${detail} ${time(delivery_at)}`;
}

const time = (date: Date): string => date.toISOString().slice(0, 19).replace('T', ' ');

const id = { type: 'positional', description: 'Id of the message', required: true } as const;
const reason = { type: 'string', description: 'Why, for the audit log' } as const;

const resend = defineCommand({
  meta: {
    name: 'resend',
    description:
      'Send a parked, refused, capped, not summoned or undelivered message again, even if it was sent before and at any hour',
  },
  args: { id, reason },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const may = 'parked, refused, capped, not summoned or undelivered';
      await decide(db, args, 'notification_resent', may, resendNotification);
      console.log('due again; a running worker takes it within seconds');
    }),
});

const drop = defineCommand({
  meta: { name: 'drop', description: 'Settle a parked message without sending it' },
  args: { id, reason },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      await decide(db, args, 'notification_dropped', 'parked', dropNotification);
      console.log('dropped; the reporter hears nothing more of it');
    }),
});

/** What staff decide about a message is in the audit log, or not done. */
async function decide(
  db: Pool,
  asked: { readonly id: string; readonly reason?: string | undefined },
  action: AuditAction,
  may: string,
  write: (db: Db, id: NotificationId, now: Date) => Promise<DecidedFrom | null>,
): Promise<void> {
  const id = parseId(asked.id);
  await transaction(db, async (tx) => {
    const from = await write(tx, id, await readDatabaseTime(tx));
    if (from === null) {
      throw new AppError(
        'conflict',
        `No message ${asked.id} is ${may}; "lapor notification list" says where it stands.`,
      );
    }
    await recordAudit(tx, {
      actor: nameOperator(),
      action,
      subject: `notification:${id}`,
      reason: asked.reason ?? null,
      details: { state: from.state, kind: from.kind, report: from.reportId },
    });
  });
}

function parseId(typed: string): NotificationId {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(typed)) {
    throw new AppError('invalid', `${typed} is no id of a message; "lapor notification list" shows them.`);
  }
  return typed.toLowerCase() as NotificationId;
}

/** `lapor notification …`: word back to reporters, above all that about which staff must decide. */
export const notificationCommand = defineCommand({
  meta: { name: 'notification', description: 'Messages to reporters, and those staff must decide about' },
  subCommands: { list, resend, drop },
});
