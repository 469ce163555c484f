import { afterAll } from 'vitest';
import { type Attachments, openAttachments } from '../../src/attachments/attachments.ts';

const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** The real way of files; its sweep stops when the test file ends. */
export async function openTestAttachments(
  context: Parameters<typeof openAttachments>[0],
): Promise<Attachments> {
  const attachments = await openAttachments(context);
  stops.push(attachments.stop);
  return attachments;
}
