import type { FetchMessageObject, ImapFlow } from 'imapflow';
import { AppError } from '../../../src/errors.ts';
import { answerWithinMs, within } from './connect.ts';

/** A mail in the folder, and its size as the server says; null where it does not. */
export type Listed = { readonly uid: number; readonly size: number | null };

export type FetchedMail = {
  readonly uid: number;
  readonly raw: Buffer;
  /** When it came into the mailbox; null where the server does not say. */
  readonly arrivedAt: Date | null;
  /** Only the beginning is here: its size as the server says. */
  readonly cutFrom: number | null;
};

/** What is fetched with one command: it costs a way there and back, and its mails are stored in one commit. */
export const mostAtOnce = 200;
export const bytesAtOnce = 8 * 1024 * 1024;
/** The slowest way that a mail is waited for. */
const leastBytesPerMs = 20;

/**
 * What has a higher UID than that, in their order. Nothing else is asked for: a server that cannot read one of its mails
 * fails, or hangs up, as soon as it is to say anything of it.
 */
export async function listUidsAfter(client: ImapFlow, lastUid: number): Promise<readonly number[]> {
  // `n:*` is the last mail even where its UID is lower than n (RFC 3501, 6.4.8).
  return (await searchUids(client, `${lastUid + 1}:*`)).filter((uid) => uid > lastUid);
}

/** Those of the range that are there, in their order. */
export async function searchUids(client: ImapFlow, range: string): Promise<readonly number[]> {
  const found = await within(client, 2 * answerWithinMs, client.search({ uid: range }, { uid: true }));
  checkSelected(client);
  if (!Array.isArray(found)) throw new AppError('unavailable', 'the server does not list its mails');
  return found.toSorted((a, b) => a - b);
}

/** With their sizes; rejects where the server cannot tell one of them. */
export async function listSizes(client: ImapFlow, uids: readonly number[]): Promise<readonly Listed[]> {
  const sizes = new Map<number, number>();
  const list = async () => {
    for await (const { uid, size } of client.fetch(
      uids.join(','),
      { uid: true, size: true },
      { uid: true },
    )) {
      if (size !== undefined) sizes.set(uid, size);
    }
  };
  await within(client, 2 * answerWithinMs, list());
  checkSelected(client);
  return uids.map((uid) => ({ uid, size: sizes.get(uid) ?? null }));
}

/** Parts them into what is fetched together; one that is large, or may be, is alone. */
export function groupUp(listed: readonly Listed[], maxBytes: number): readonly (readonly Listed[])[] {
  const most = Math.min(bytesAtOnce, maxBytes);
  const groups: Listed[][] = [];
  let bytes = 0;
  for (const mail of listed) {
    const group = groups.at(-1);
    const size = mail.size ?? Number.POSITIVE_INFINITY;
    if (group === undefined || bytes + size > most) {
      groups.push([mail]);
      bytes = size;
    } else {
      group.push(mail);
      bytes += size;
    }
  }
  return groups;
}

/**
 * Fetches mails and hands them on, many at a time, in the order of their UIDs as far as memory allows. Returns those that the
 * server did not send. Rejects where it refuses the command, the connection ends, or `onMails` rejects.
 */
export async function fetchMails(
  client: ImapFlow,
  mails: readonly Listed[],
  maxBytes: number,
  onMails: (mails: readonly FetchedMail[]) => Promise<void>,
): Promise<readonly Listed[]> {
  const sizes = new Map(mails.map(({ uid, size }) => [uid, size]));
  const sent = new Set<number>();
  let held: FetchedMail[] = [];
  let bytes = 0;
  const handOn = async () => {
    const ready = held.toSorted((a, b) => a.uid - b.uid);
    held = [];
    bytes = 0;
    if (ready.length > 0) await onMails(ready);
  };
  const query = {
    uid: true,
    internalDate: true,
    // Of many small ones no size has to be believed: together they are as large as the connection lets through.
    source: mails.length > 1 ? true : { start: 0, maxLength: maxBytes },
  } as const;
  const run = async () => {
    const range = mails.map(({ uid }) => uid).join(',');
    for await (const message of client.fetch(range, query, { uid: true })) {
      const size = sizes.get(message.uid);
      const { source } = message;
      // Servers tell of other mails too, and of flags alone.
      if (size === undefined || source === undefined || source === null || sent.has(message.uid)) continue;
      sent.add(message.uid);
      held.push({
        uid: message.uid,
        raw: source,
        arrivedAt: dateOf(message),
        cutFrom:
          source.length >= maxBytes && size !== source.length ? Math.max(size ?? 0, source.length) : null,
      });
      bytes += source.length;
      // A server that said they were small does not get our memory.
      if (bytes > 2 * bytesAtOnce) await handOn();
    }
  };
  const expected = mails.reduce((sum, { size }) => sum + Math.min(size ?? maxBytes, maxBytes), 0);
  await within(client, 2 * answerWithinMs + expected / leastBytesPerMs, run());
  checkSelected(client);
  await handOn();
  return mails.filter(({ uid }) => !sent.has(uid));
}

/** Header of a mail that cannot be had whole; null where that cannot be had either. */
export async function fetchHeader(client: ImapFlow, uid: number): Promise<FetchedMail | null> {
  const found = await within(
    client,
    answerWithinMs,
    client.fetchOne(String(uid), { uid: true, internalDate: true, headers: true }, { uid: true }),
  ).catch(() => false as const);
  if (!found || found.headers === undefined) return null;
  return { uid, raw: found.headers, arrivedAt: dateOf(found), cutFrom: null };
}

function dateOf({ internalDate }: FetchMessageObject): Date | null {
  const date = internalDate === undefined ? null : new Date(internalDate);
  return date === null || Number.isNaN(date.getTime()) ? null : date;
}

/** Without a folder imapflow answers as if there were nothing in it. */
function checkSelected(client: ImapFlow): void {
  if (!client.usable || !client.mailbox) {
    throw new AppError('unavailable', 'the connection was closed, or the folder');
  }
}
