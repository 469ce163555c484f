import type { Config } from '../src/config.ts';
import {
  countMailed,
  countMailedAbout,
  countSentTo,
  lockMailHour,
  lockMailsAbout,
} from '../src/db/contact-limits.ts';
import type { Notification } from '../src/db/notifications.ts';
import type { Db } from '../src/db/pool.ts';
import { after } from '../src/domain/moment.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

/**
 * Why a message is held back, in words for staff; null where it may go. A number, or an address, gets so many in 24 hours, an
 * account on X in an hour: there everybody reads along, and whoever posts the more the more we answer is no reporter. Of mail there is besides an end to what is said about one report, and to what is sent at all: not every machine that
 * answers mail says that it is one, and two that answer each other never stop. Waits for whoever counts the same, until
 * the transaction ends. The contact, where there is one, is locked already.
 */
export async function findLimit(
  db: Db,
  notification: Notification,
  contactIndex: Buffer | null,
  { notifyMaxPerDay, email, twitter }: Pick<Config, 'notifyMaxPerDay' | 'email' | 'twitter'>,
  now: Date,
): Promise<string | null> {
  const { channel } = notification;
  const share =
    channel === 'twitter'
      ? { most: twitter.maxPerAuthor, sinceMs: hourMs, words: 'answers to this account within an hour' }
      : channel === 'email'
        ? { most: email.maxPerAddress, sinceMs: dayMs, words: 'messages to this address within 24 hours' }
        : { most: notifyMaxPerDay, sinceMs: dayMs, words: 'messages to this number within 24 hours' };
  if (contactIndex !== null && share.most > 0) {
    const sent = await countSentTo(db, contactIndex, after(now, -share.sinceMs), notification);
    if (sent >= share.most) return `held back: ${sent} ${share.words}`;
  }
  if (channel !== 'email') return null;
  if (notification.reportId !== null && email.maxPerReport > 0) {
    await lockMailsAbout(db, notification.reportId);
    const sent = await countMailedAbout(db, notification.reportId, after(now, -dayMs), notification.id);
    if (sent >= email.maxPerReport) return `held back: ${sent} mails about this report within 24 hours`;
  }
  if (email.maxPerHour > 0) {
    await lockMailHour(db);
    const sent = await countMailed(db, after(now, -hourMs), notification.id);
    if (sent >= email.maxPerHour) return `held back: ${sent} mails to anybody within an hour`;
  }
  return null;
}
