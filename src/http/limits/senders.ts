import { createHmac, randomBytes } from 'node:crypto';
import type { Accept } from '../../accept.ts';
import type { Context } from '../../context.ts';
import { wasAccepted } from '../../db/repeats.ts';
import type { Accepted, NewReport } from '../../domain/report.ts';
import { AppError } from '../../errors.ts';

const hourMs = 60 * 60_000;
/** Some 5 MB; beyond that the sender unseen for longest is forgotten, so that a flood of them fills no memory. */
const maxSenders = 20_000;

/** What one contact has sent in the hour that began with its first report. */
type Hour = { readonly endsAt: number; sent: number };

/**
 * Takes only so many reports an hour that name the same phone number or e-mail address; throws `AppError`
 * `too-many-requests` for the next. Only what was stored counts, and a repeat of what was stored gets its receipt: who
 * keeps trying through an outage is no flood.
 */
export function limitSenders(context: Pick<Context, 'config' | 'db' | 'clock'>, accept: Accept): Accept {
  const limit = context.config.rateLimitPerSender;
  if (limit === 0) return accept;
  // Of this process and never stored: what is counted here can be traced to nobody later.
  const key = randomBytes(32);
  const hours = new Map<string, Hour>();

  function findHour(contact: string, now: number): Hour {
    const sender = createHmac('sha256', key).update(contact).digest('base64url');
    const known = hours.get(sender);
    const hour = known !== undefined && known.endsAt > now ? known : { endsAt: now + hourMs, sent: 0 };
    // Taken out and put in again, it is the newest of the map, whose first is the one unseen for longest.
    hours.delete(sender);
    hours.set(sender, hour);
    if (hours.size > maxSenders) hours.delete(hours.keys().next().value as string);
    return hour;
  }

  async function acceptOne(report: NewReport): Promise<Accepted> {
    const now = context.clock().getTime();
    const those = listContacts(report).map((contact) => findHour(contact, now));
    const full = those.find((hour) => hour.sent >= limit);
    if (full !== undefined && !(await wasAccepted(context.db, report))) throw refuse(limit, full, now);

    for (const hour of those) hour.sent += 1;
    let isNew = false;
    try {
      const [accepted] = (await accept([report])) as [Accepted];
      isNew = !accepted.repeated;
      return accepted;
    } finally {
      if (!isNew) for (const hour of those) hour.sent -= 1;
    }
  }

  return (reports) => Promise.all(reports.map(acceptOne));
}

function listContacts({ identity }: NewReport): readonly string[] {
  return [identity?.phone, identity?.email?.toLowerCase()].filter((contact) => contact != null);
}

function refuse(limit: number, { endsAt }: Hour, now: number): AppError {
  const message = `more than ${limit} reports an hour name the same phone number or e-mail address`;
  return new AppError('too-many-requests', message, {
    quota: { limit, resetSeconds: Math.ceil((endsAt - now) / 1000) },
  });
}
