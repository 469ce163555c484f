import type { ImapFlow } from 'imapflow';
import { AppError } from '../../../src/errors.ts';
import { answerWithinMs, within } from './connect.ts';

/** Throws `AppError` `not-found` where the server has no such folder. */
export async function openFolder(
  client: ImapFlow,
  folder: string,
): Promise<{ readonly uidValidity: string; readonly uidNext: number; readonly exists: number }> {
  try {
    const { uidValidity, uidNext, exists } = await within(client, answerWithinMs, client.mailboxOpen(folder));
    return { uidValidity: String(uidValidity), uidNext, exists };
  } catch (error) {
    if ((error as { responseStatus?: string }).responseStatus !== 'NO') throw error;
    throw new AppError('not-found', `the server does not open the folder ${folder}`, { cause: error });
  }
}
