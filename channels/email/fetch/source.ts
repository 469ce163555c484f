import type { Source } from '../../channel.ts';
import type { AccessTokens } from './access-token.ts';
import { connect, explainLoss } from './connect.ts';
import { resume } from './cursor.ts';
import { fetchNew, retryUnfetched } from './fetch-new.ts';
import type { Mailbox } from './mailbox.ts';
import { openFolder } from './open-folder.ts';
import { createProcessedFolder } from './processed.ts';
import type { Room } from './room.ts';
import { listenForNews } from './wait.ts';

/**
 * Takes what comes into a mailbox, from the moment it comes where the server tells of it (IDLE), else each time it is
 * looked at. Flags mean nothing to it, and it sets none. No log and no error holds more of the mailbox than its name.
 */
export function createMailboxSource(
  mailbox: Mailbox,
  { room, tokens }: { readonly room: Room; readonly tokens: AccessTokens | null },
): Source {
  /** The connection ended while these were fetched: the next time each is asked for alone. */
  let suspects: ReadonlySet<number> = new Set();

  return {
    name: `email/${mailbox.name}`,
    run: async (door, signal) => {
      const client = await connect(mailbox, { tokens, now: door.clock(), signal });
      try {
        const news = listenForNews(client, signal);
        const { uidValidity } = await openFolder(client, mailbox.folder);
        let cursor = resume(await door.readCursor(), uidValidity);
        const processed = await createProcessedFolder(client, mailbox, door.log);
        await processed.moveLeftOver(cursor);
        const parts = {
          client,
          mailbox,
          room,
          door,
          signal,
          processed,
          suspects: {
            has: (uid: number) => suspects.has(uid),
            set: (uids: readonly number[]) => {
              suspects = new Set(uids);
            },
          },
        };
        while (!signal.aborted) {
          news.forget();
          cursor = await fetchNew(parts, cursor);
          door.connected();
          cursor = await retryUnfetched(parts, cursor);
          await news.wait(mailbox.pollSeconds * 1_000);
        }
      } catch (error) {
        throw explainLoss(error, mailbox);
      } finally {
        client.close();
      }
    },
  };
}
