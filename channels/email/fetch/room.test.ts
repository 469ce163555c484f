import { expect, test } from 'vitest';
import { createRoom } from './room.ts';

const never = new AbortController().signal;
const settled = async (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(() => resolve(false)))]);

test('who needs more than there is waits for its turn, and one too large for it is let in alone', async () => {
  const room = createRoom(10);
  const first = await room.take(6, never);
  const large = room.take(100, never);
  const small = room.take(1, never);
  expect(await settled(large)).toBe(false);
  // in the order of asking, or the large one would wait for ever
  expect(await settled(small)).toBe(false);
  first();
  first();
  const giveBack = await large;
  expect(await settled(small)).toBe(false);
  giveBack();
  expect(await settled(small)).toBe(true);
});

test('who gives up makes way', async () => {
  const room = createRoom(10);
  await room.take(6, never);
  const abort = new AbortController();
  const large = room.take(100, abort.signal);
  const small = room.take(1, never);
  abort.abort(new Error('stop'));
  await expect(large).rejects.toThrow('stop');
  expect(await settled(small)).toBe(true);
});
