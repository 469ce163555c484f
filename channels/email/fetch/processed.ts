import type { ImapFlow } from 'imapflow';
import { describeFailure } from '../../../src/errors.ts';
import type { SourceDoor } from '../../channel.ts';
import { answerWithinMs, within } from './connect.ts';
import type { Cursor } from './cursor.ts';
import { searchUids } from './fetch-mails.ts';
import type { Mailbox } from './mailbox.ts';

/** Where mails go once they are taken. That it does not work keeps no mail from being taken. */
export type ProcessedFolder = {
  readonly move: (uids: readonly number[]) => Promise<void>;
  /** What was taken by a process that ended before it moved it. */
  readonly moveLeftOver: (cursor: Cursor) => Promise<void>;
};

const atOnce = 200;
const nothing: ProcessedFolder = { move: async () => undefined, moveLeftOver: async () => undefined };

export async function createProcessedFolder(
  client: ImapFlow,
  { name, processedFolder: folder }: Mailbox,
  log: SourceDoor['log'],
): Promise<ProcessedFolder> {
  if (folder === null) return nothing;
  if (!client.capabilities.has('MOVE') && !client.capabilities.has('UIDPLUS')) {
    // Without either, removing ours would remove whatever others have marked as deleted.
    log.warn({ event: 'mailbox_cannot_move', mailbox: name });
    return nothing;
  }
  try {
    // Answers that it is there already as if it had been made.
    await within(client, answerWithinMs, client.mailboxCreate(folder));
  } catch (error) {
    log.warn({ event: 'mailbox_folder_not_made', mailbox: name, error: describeFailure(error) });
  }

  async function move(uids: readonly number[]): Promise<void> {
    for (let start = 0; start < uids.length; start += atOnce) {
      const range = uids.slice(start, start + atOnce).join(',');
      const moved = await within(
        client,
        2 * answerWithinMs,
        client.messageMove(range, folder as string, { uid: true }),
      );
      if (!moved) log.warn({ event: 'mailbox_not_moved', mailbox: name });
    }
  }

  return {
    move,
    moveLeftOver: async ({ lastUid, unfetched }) => {
      if (lastUid === 0) return;
      const waiting = new Set(unfetched.map(({ uid }) => uid));
      const found = await searchUids(client, `1:${lastUid}`);
      await move(found.filter((uid) => uid <= lastUid && !waiting.has(uid)));
    },
  };
}
