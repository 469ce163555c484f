import type { SourceDoor } from '../../channel.ts';
import type { Payload } from '../read/payload.ts';
import { splitAnswer } from '../read/split.ts';
import { toMessage } from '../read/to-message.ts';
import type { Us } from '../read/us.ts';
import type { Tally } from '../search/tally.ts';
import type { OpenStream } from './connection.ts';
import { readStreamEntry } from './entry.ts';
import type { Meter } from './meter.ts';
import type { StreamEnd } from './reconnect.ts';
import type { Wire } from './wire.ts';

/** There is too little left to spend on the stream. */
export type Spent = 'spent';

type Parts = {
  /** Of the rules that are ours. */
  readonly ruleIds: ReadonlySet<string>;
  readonly meter: Meter;
  readonly us: Us;
  readonly door: SourceDoor;
  /** Of what is taken, for the search to know of it. */
  readonly tally: Tally | undefined;
  readonly wire: Wire;
};

/** Made durable at a time; the next ones are read meanwhile. */
const batchPosts = 200;

/** Takes what a connection brings until it ends, and says how it did. Rejects where posts cannot be stored or counted. */
export async function takeStream(stream: OpenStream, parts: Parts): Promise<StreamEnd | Spent> {
  const { ruleIds, meter, us, door, tally, wire } = parts;
  const openedAt = door.clock().getTime();
  let isAlive = false;
  let end: StreamEnd | Spent | null = null;
  try {
    for await (const lines of stream.batches) {
      isAlive = true;
      const entries = lines.map((line) => readStreamEntry(line, ruleIds));
      const posts = entries.filter((entry) => entry.kind === 'post');
      const ours = posts.filter(({ isOurs }) => isOurs).flatMap(({ answer }) => splitAnswer(answer).payloads);
      meter.count(posts.map(({ answer }) => answer));
      wire.came(ours, door.clock());
      meter.countLost(wire.takeLost());
      const hasMore = await meter.keepAhead();
      const farewell = entries.find((entry) => entry.kind === 'farewell');
      if (!hasMore) end ??= 'spent';
      if (farewell !== undefined) end ??= farewell.end;
      // What is on its way is paid for, and taken all the same.
      if (!hasMore || farewell !== undefined) stream.close();
      const unreadable = entries.filter((entry) => entry.kind === 'unreadable').length;
      if (unreadable > 0) door.log.info({ event: 'stream_lines_unreadable', lines: unreadable });
      await takePosts(ours);
      door.connected();
    }
  } finally {
    stream.close();
    const left = stream.leftOver();
    meter.countUnread(left);
    if (left > 0) door.log.warn({ event: 'stream_lines_left', lines: left });
  }
  return end ?? { kind: 'dropped', openMs: door.clock().getTime() - openedAt, delivered: isAlive };

  async function takePosts(payloads: readonly Payload[]): Promise<void> {
    const receivedAt = door.clock();
    for (let from = 0; from < payloads.length; from += batchPosts) {
      const batch = payloads.slice(from, from + batchPosts);
      const messages = batch.map((payload) => toMessage(payload, { found: 'stream', receivedAt, us }));
      const accepted = await door.take(messages);
      tally?.note(batch, accepted);
    }
  }
}
