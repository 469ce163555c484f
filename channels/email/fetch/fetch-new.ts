import type { ImapFlow } from 'imapflow';
import type { NewMessage } from '../../../src/domain/message.ts';
import { AppError } from '../../../src/errors.ts';
import type { SourceDoor } from '../../channel.ts';
import type { Cursor, Unfetched } from './cursor.ts';
import {
  bytesAtOnce,
  type FetchedMail,
  fetchHeader,
  fetchMails,
  groupUp,
  type Listed,
  listSizes,
  listUidsAfter,
  mostAtOnce,
  searchUids,
} from './fetch-mails.ts';
import type { Mailbox } from './mailbox.ts';
import type { ProcessedFolder } from './processed.ts';
import type { Room } from './room.ts';
import { readMarks } from './same-mail.ts';
import { writeNote } from './unfetchable.ts';

type Parts = {
  readonly client: ImapFlow;
  readonly mailbox: Mailbox;
  readonly room: Room;
  readonly door: SourceDoor;
  readonly signal: AbortSignal;
  readonly processed: ProcessedFolder;
  readonly suspects: {
    readonly has: (uid: number) => boolean;
    readonly set: (uids: readonly number[]) => void;
  };
};

/** A mail that the server does not give is asked for so often, over some twenty minutes; then a note is taken in its stead. */
export const mostTries = 8;
const firstRetryMs = 5_000;
/** Where so many are not given it is the server and not the mails. */
const mostUnfetched = 500;

/**
 * Takes all that is behind the cursor, in order; returns the cursor, which was saved each time something was durable. A mail
 * that the server does not give stays behind, and the others go on without it.
 */
export async function fetchNew(parts: Parts, from: Cursor): Promise<Cursor> {
  let cursor = from;
  const uids = await listUidsAfter(parts.client, cursor.lastUid);
  for (let start = 0; start < uids.length; start += mostAtOnce) {
    const listed = await measure(parts, uids.slice(start, start + mostAtOnce));
    for (const group of groupUp(listed, bytesOf(parts.mailbox))) cursor = await goOn(parts, cursor, group);
  }
  parts.suspects.set([]);
  return cursor;
}

const bytesOf = ({ maxMb }: Mailbox): number => maxMb * 1024 * 1024;

async function measure(
  { client, suspects }: Pick<Parts, 'client' | 'suspects'>,
  uids: readonly number[],
): Promise<readonly Listed[]> {
  const unmeasured = uids.map((uid) => ({ uid, size: null }));
  if (uids.some(suspects.has)) return unmeasured;
  try {
    return await listSizes(client, uids);
  } catch (error) {
    if (client.usable) return unmeasured;
    suspects.set(uids);
    throw error;
  }
}

async function goOn(parts: Parts, from: Cursor, group: readonly Listed[]): Promise<Cursor> {
  const { door, processed } = parts;
  const { failed, lost } = await takeGroup(parts, group);
  const since = door.clock().getTime();
  const cursor = {
    ...from,
    lastUid: group.at(-1)?.uid ?? from.lastUid,
    unfetched: [...from.unfetched, ...failed.map(({ uid }) => ({ uid, tries: 1, since }))],
  };
  if (cursor.unfetched.length > mostUnfetched) {
    throw new AppError('unavailable', 'the server gives hardly any mail');
  }
  await door.saveCursor(cursor);
  if (lost !== null) throw lost;
  const left = new Set(failed.map(({ uid }) => uid));
  await processed.move(group.map(({ uid }) => uid).filter((uid) => !left.has(uid)));
  return cursor;
}

type Taken = {
  /** Those that the server did not give. */
  readonly failed: readonly Listed[];
  /** With them the connection ended. */
  readonly lost: unknown;
};

async function takeGroup(parts: Parts, group: readonly Listed[]): Promise<Taken> {
  const { client, signal, suspects } = parts;
  try {
    const missing = await take(parts, group);
    return { failed: await stillThere(client, missing), lost: null };
  } catch (error) {
    // Ours to mend, not the mail's: nothing is given up for it.
    if (error instanceof NotTaken) throw error.cause;
    if (signal.aborted) throw error;
    if (!client.usable) {
      suspects.set(group.map(({ uid }) => uid));
      if (group.length > 1) throw error;
      return { failed: group, lost: error };
    }
    if (group.length === 1) return { failed: group, lost: null };
  }
  // One of them is refused, and the server does not say which.
  const failed: Listed[] = [];
  for (const mail of group) {
    const alone = await takeGroup(parts, [mail]);
    failed.push(...alone.failed);
    if (alone.lost !== null) throw alone.lost;
  }
  return { failed, lost: null };
}

/** The door did not take them. */
class NotTaken extends Error {}

/** Returns those that the server did not send. */
async function take(
  { client, mailbox, room, door, signal }: Parts,
  mails: readonly Listed[],
): Promise<readonly Listed[]> {
  const maxBytes = bytesOf(mailbox);
  const bytes = mails.reduce((sum, { size }) => sum + Math.min(size ?? maxBytes, maxBytes), 0);
  const giveBack = await room.take(Math.max(bytes, bytesAtOnce / 8), signal);
  try {
    return await fetchMails(client, mails, maxBytes, async (fetched) => {
      try {
        await door.take(fetched.map((mail) => toMessage(mail, mailbox, door)));
      } catch (cause) {
        throw new NotTaken('not taken', { cause });
      }
    });
  } finally {
    giveBack();
  }
}

/** Somebody may have moved or deleted them in the meantime. */
async function stillThere(client: ImapFlow, mails: readonly Listed[]): Promise<readonly Listed[]> {
  if (mails.length === 0) return [];
  const there = new Set(await searchUids(client, mails.map(({ uid }) => uid).join(',')));
  return mails.filter(({ uid }) => there.has(uid));
}

/** Asks again for what the server did not give, where that is due. */
export async function retryUnfetched(parts: Parts, from: Cursor): Promise<Cursor> {
  const { client, door, processed } = parts;
  let cursor = from;
  const save = async (unfetched: readonly Unfetched[]) => {
    cursor = { ...cursor, unfetched };
    await door.saveCursor(cursor);
  };
  for (const waiting of from.unfetched.filter((each) => isDue(each, door.clock()))) {
    const mail = { uid: waiting.uid, size: null };
    const others = cursor.unfetched.filter(({ uid }) => uid !== waiting.uid);
    const tries = waiting.tries + 1;
    // Noted before it is asked for: it may end more than the connection.
    await save([...others, { ...waiting, tries }]);
    const there = (await stillThere(client, [mail])).length > 0;
    const { failed, lost } = there ? await takeGroup(parts, [mail]) : { failed: [], lost: null };
    const over = failed.length === 0 || tries >= mostTries;
    if (over && failed.length > 0) await takeNote(parts, mail.uid, cursor.uidValidity);
    if (over) await save(others);
    if (lost !== null) throw lost;
    if (over && there) await processed.move([mail.uid]);
  }
  return cursor;
}

/** Twice as long after each time. */
const isDue = ({ tries, since }: Unfetched, now: Date): boolean =>
  now.getTime() >= since + firstRetryMs * (2 ** tries - 1);

/** Nothing is lost in silence: somebody is to look at the mailbox. */
async function takeNote({ client, mailbox, door }: Parts, uid: number, uidValidity: string): Promise<void> {
  const note = writeNote(await fetchHeader(client, uid), { uid, mailbox, uidValidity });
  door.log.warn({ event: 'mail_not_fetchable', mailbox: mailbox.name, uid });
  await door.take([toMessage(note, mailbox, door)]);
}

function toMessage(mail: FetchedMail, mailbox: Mailbox, { clock, fingerprint }: SourceDoor): NewMessage {
  const { messageId, from, sameAs } = readMarks(mail.raw);
  const now = clock();
  return {
    channel: 'email',
    // The same in whichever mailbox it is.
    externalId: fingerprint(sameAs),
    identity: { name: null, phone: null, email: from, onBehalfOf: null },
    receivedAt: isLikely(mail.arrivedAt, now) ? mail.arrivedAt : now,
    original: { contentType: 'message/rfc822', body: mail.raw, messageId },
    content: {
      kind: 'mail',
      mailbox: mailbox.name,
      agency: mailbox.agency,
      ...(mail.cutFrom === null ? {} : { cutFrom: mail.cutFrom }),
    },
  };
}

/** When it came to us, not when we got round to it. No server's clock puts that into the future, or before there was e-mail. */
const isLikely = (arrivedAt: Date | null, now: Date): arrivedAt is Date =>
  arrivedAt !== null && arrivedAt < now && arrivedAt.getFullYear() >= 1990;
