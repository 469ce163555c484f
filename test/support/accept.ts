import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Accept, createAccept } from '../../src/accept.ts';
import type { DoorContext } from '../../src/context.ts';
import { type Inbox, openInbox } from '../../src/inbox/inbox.ts';
import { openSpool, type Spool } from '../../src/spool/spool.ts';
import { testDataDir } from './sealing.ts';

type Parts = Pick<DoorContext, 'db' | 'enqueue' | 'seal' | 'blindIndex' | 'clock' | 'log'>;
type Door = {
  readonly accept: Accept;
  readonly spool: Spool;
  readonly inbox: Inbox;
  readonly folder: string;
};

const stops: (() => Promise<void>)[] = [];
export async function closeDoors(): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}
afterAll(closeDoors);

/** The real way in, with a spool of its own, or the one in `folder`; it is closed when the test file ends. */
export async function openDoor(
  context: Parts,
  folder: string = join(testDataDir, 'spools', randomUUID()),
  maxBytes: number = 16 * 1024 * 1024,
): Promise<Door> {
  const spool = await openSpool(folder, { maxBytes, log: context.log });
  const inbox = openInbox(context, spool);
  stops.push(async () => {
    await inbox.stop();
    await spool.close();
  });
  return { accept: createAccept(context, inbox), spool, inbox, folder };
}

export const createTestAccept = async (context: Parts): Promise<Accept> => (await openDoor(context)).accept;
