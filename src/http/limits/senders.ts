import { hash, randomBytes } from 'node:crypto';
import type { Accept } from '../../accept.ts';
import type { Context } from '../../context.ts';
import { wasAccepted } from '../../db/repeats.ts';
import type { Inbound } from '../../domain/message.ts';
import type { Accepted } from '../../domain/report.ts';
import { AppError } from '../../errors.ts';

const hourMs = 60 * 60_000;
/** Senders that are counted at a time: 1 MB. Two of them seldom share a place, and then the later one takes it. */
const places = 2 ** 16;

/**
 * Takes only so many reports an hour that name the same phone number or e-mail address; throws `AppError`
 * `too-many-requests` for the next. Only what was stored counts, and a repeat of what was stored gets its receipt: who
 * keeps trying through an outage is no flood.
 */
export function limitSenders(context: Pick<Context, 'config' | 'db' | 'clock'>, accept: Accept): Accept {
  const limit = context.config.rateLimitPerSender;
  if (limit === 0) return accept;
  // Of this process and never stored: what is counted here can be traced to nobody later.
  const key = randomBytes(32).toString('hex');
  // Not a Map: so many objects that live on cost each report 4 µs of garbage collection, a twentieth of all it takes.
  const senders = new Uint32Array(places);
  const sent = new Uint32Array(places);
  const endsAt = new Float64Array(places);

  /** Where the sender is counted, for an hour from its first report on. */
  function findPlace(contact: string, now: number): number {
    const digest = hash('sha256', key + contact, 'hex');
    const place = Number.parseInt(digest.slice(0, 4), 16);
    const sender = Number.parseInt(digest.slice(4, 12), 16);
    if (senders[place] !== sender || (endsAt[place] ?? 0) <= now) {
      senders[place] = sender;
      sent[place] = 0;
      endsAt[place] = now + hourMs;
    }
    return place;
  }

  function count(those: readonly number[], by: 1 | -1): void {
    for (const place of those) sent[place] = Math.max(0, (sent[place] ?? 0) + by);
  }

  async function acceptOne(report: Inbound): Promise<Accepted> {
    const now = context.clock().getTime();
    const those = listContacts(report).map((contact) => findPlace(contact, now));
    const full = those.find((place) => (sent[place] ?? 0) >= limit);
    if (full !== undefined && !(await wasAccepted(context.db, report))) {
      throw refuse(limit, (endsAt[full] ?? now) - now);
    }
    count(those, 1);
    let isNew = false;
    try {
      const [accepted] = (await accept([report])) as [Accepted];
      isNew = !accepted.repeated;
      return accepted;
    } finally {
      if (!isNew) count(those, -1);
    }
  }

  return (reports) => Promise.all(reports.map(acceptOne));
}

function listContacts({ identity }: Inbound): readonly string[] {
  return [identity?.phone, identity?.email?.toLowerCase()].filter((contact) => contact != null);
}

function refuse(limit: number, waitMs: number): AppError {
  const message = `more than ${limit} reports an hour name the same phone number or e-mail address`;
  return new AppError('too-many-requests', message, {
    quota: { limit, resetSeconds: Math.ceil(waitMs / 1000) },
  });
}
