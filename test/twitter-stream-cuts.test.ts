import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { type OpenStream, openStream } from '../channels/twitter/stream/connection.ts';
import { readStreamEntry } from '../channels/twitter/stream/entry.ts';
import { playChunks, startStreamServer } from './support/stream-server.ts';

/** A recorded session over real sockets, once for each of its bytes. */

const session = readFileSync(new URL('../channels/twitter/stream/fixtures/session.txt', import.meta.url));
const lines = session
  .toString()
  .split('\r\n')
  .filter((line) => line !== '');
/** Where each post has come whole, before the end of its line. */
const ends = lines.map((line) => session.indexOf(line) + Buffer.byteLength(line));
const idsOf = (given: readonly string[]): readonly string[] =>
  given
    .map((line) => readStreamEntry(line, new Set()))
    .flatMap((entry) => (entry.kind === 'post' ? [(entry.answer as { data: { id: string } }).data.id] : []));
const ids = idsOf(lines);

const server = await startStreamServer();
afterAll(() => server.stop());

async function readOnce(): Promise<readonly string[]> {
  const address = { apiUrl: server.url, bearerToken: 'token-uji', fields: {} };
  const patience = { answerMs: 10_000, silenceMs: 10_000 };
  const stream = await openStream(address, patience, () => new Date(), new AbortController().signal);
  expect(stream.kind).toBe('open');
  const given: string[] = [];
  for await (const batch of (stream as OpenStream).batches) given.push(...batch);
  return idsOf(given);
}

/** Some at a time: a connection waits more than it works. */
async function forEachByte(check: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next <= session.length) {
      const at = next;
      next += 1;
      await check(at);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

test('a session of several posts is all there', () => {
  expect(new Set(ids).size).toBe(5);
});

test('cut into two chunks at every byte, the same posts come', async () => {
  server.play((response, at) => {
    void playChunks(response, [session.subarray(0, at), session.subarray(at)], 'end');
  });
  await forEachByte(async () => expect(await readOnce()).toEqual(ids));
  expect(server.connections()).toBe(session.length + 1);
}, 120_000);

test('broken off at every byte, what was complete comes and nothing that was not', async () => {
  const counts: number[] = [];
  server.play((response, at) => void playChunks(response, [session.subarray(0, at)], 'break'));
  await forEachByte(async () => {
    const given = await readOnce();
    expect(given).toEqual(ids.slice(0, given.length));
    counts.push(given.length);
  });
  // Each connection was broken off at a byte of its own.
  const wanted = Array.from(
    { length: session.length + 1 },
    (_, at) => ends.filter((end) => end <= at).length,
  );
  expect(counts.sort()).toEqual(wanted);
}, 120_000);
