import { AppError } from '../../../src/errors.ts';
import type { AccessTokens } from './access-token.ts';
import { answerWithinMs, connect, explainLoss, within } from './connect.ts';
import type { Mailbox } from './mailbox.ts';
import { openFolder } from './open-folder.ts';

/** What somebody who sets up a mailbox wants to know of it. */
export type Probe = {
  /** Names of all folders, as they are written in the settings. */
  readonly folders: readonly string[];
  readonly mails: number;
  /** Null where there was never a mail. */
  readonly newestUid: number | null;
  /** The server tells of new mails by itself. */
  readonly idle: boolean;
  /** Mails can be moved without touching what others have deleted. */
  readonly moves: boolean;
  /** Of the folder that mails are put into once they are taken; null where none is set. */
  readonly processedFolder: 'there' | 'missing' | null;
};

/** Signs in and looks around, changing nothing. Throws as `connect` does, and `not-found` where the folder is missing. */
export async function probeMailbox(mailbox: Mailbox, tokens: AccessTokens | null): Promise<Probe> {
  const client = await connect(mailbox, {
    tokens,
    now: new Date(),
    signal: AbortSignal.timeout(4 * answerWithinMs),
  });
  try {
    const folders = (await within(client, answerWithinMs, client.list())).map(({ path }) => path);
    if (!folders.some((path) => path.toUpperCase() === mailbox.folder.toUpperCase())) {
      throw new AppError(
        'not-found',
        `There is no folder ${mailbox.folder}; there are: ${folders.join(', ') || 'none'}.`,
      );
    }
    const { exists, uidNext } = await openFolder(client, mailbox.folder);
    const { processedFolder } = mailbox;
    return {
      folders,
      mails: exists,
      newestUid: uidNext > 1 ? uidNext - 1 : null,
      idle: client.capabilities.has('IDLE'),
      moves: client.capabilities.has('MOVE') || client.capabilities.has('UIDPLUS'),
      processedFolder:
        processedFolder === null ? null : folders.includes(processedFolder) ? 'there' : 'missing',
    };
  } catch (error) {
    throw explainLoss(error, mailbox);
  } finally {
    client.close();
  }
}
