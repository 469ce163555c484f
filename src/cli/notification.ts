import { defineCommand } from 'citty';
import {
  dropNotification,
  listNotifications,
  type NotificationLine,
  notificationStates,
  resendNotification,
} from '../db/notifications.ts';
import { readDatabaseTime } from '../db/server-facts.ts';
import type { NotificationId } from '../domain/report.ts';
import { formatTrackingId } from '../domain/tracking-id.ts';
import { AppError } from '../errors.ts';
import { withDatabase } from './with-database.ts';

const mostListed = 200;

const list = defineCommand({
  meta: { name: 'list', description: 'Messages to reporters, newest first; never to whom' },
  args: {
    state: { type: 'string', description: `Only those ${notificationStates.join(', ')}` },
    json: { type: 'boolean', description: 'Print JSON for scripts', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const state = args.state === undefined ? null : parseState(args.state);
      const notifications = await listNotifications(db, state, mostListed);
      if (args.json) console.log(JSON.stringify(notifications, null, 2));
      else if (notifications.length === 0) console.log('There are none.');
      else console.log(notifications.map(describeNotification).join('\n'));
    }),
});

function parseState(typed: string) {
  const state = notificationStates.find((candidate) => candidate === typed);
  if (state === undefined) {
    throw new AppError('invalid', `${typed} is no state: it is one of ${notificationStates.join(', ')}.`);
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
    `${kind} by ${channel}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${next}${why}`
  );
}

const time = (date: Date): string => date.toISOString().slice(0, 19).replace('T', ' ');

const resend = defineCommand({
  meta: { name: 'resend', description: 'Send a parked or refused message again, even if it was sent before' },
  args: { id: { type: 'positional', description: 'Id of the message', required: true } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      if (!(await resendNotification(db, parseId(args.id), await readDatabaseTime(db)))) {
        throw new AppError('conflict', notSo(args.id, 'parked or refused'));
      }
      console.log('due again; a running worker takes it within seconds');
    }),
});

const drop = defineCommand({
  meta: { name: 'drop', description: 'Settle a parked message without sending it' },
  args: { id: { type: 'positional', description: 'Id of the message', required: true } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      if (!(await dropNotification(db, parseId(args.id), await readDatabaseTime(db)))) {
        throw new AppError('conflict', notSo(args.id, 'parked'));
      }
      console.log('dropped; the reporter hears nothing more of it');
    }),
});

function parseId(typed: string): NotificationId {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(typed)) {
    throw new AppError('invalid', `${typed} is no id of a message; "lapor notification list" shows them.`);
  }
  return typed.toLowerCase() as NotificationId;
}

const notSo = (id: string, state: string): string =>
  `No message ${id} is ${state}; "lapor notification list" says where it stands.`;

/** `lapor notification …`: word back to reporters, above all that about which staff must decide. */
export const notificationCommand = defineCommand({
  meta: { name: 'notification', description: 'Messages to reporters, and those staff must decide about' },
  subCommands: { list, resend, drop },
});
