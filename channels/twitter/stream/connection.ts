import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createAgent } from '../agent.ts';
import { endByAnswer } from './entry.ts';
import { createLineReader } from './lines.ts';
import type { StreamEnd } from './reconnect.ts';

export type StreamAddress = {
  readonly apiUrl: string;
  readonly bearerToken: string;
  /** What is asked for, by the names of X. */
  readonly fields: Readonly<Record<string, string>>;
};

export type StreamPatience = {
  /** Until X answers. */
  readonly answerMs: number;
  /** Until a connection on which nothing comes counts as dead: two heartbeats, and what they may be late. */
  readonly silenceMs: number;
};

export const streamPatience: StreamPatience = { answerMs: 30_000, silenceMs: 45_000 };

export type OpenStream = {
  readonly kind: 'open';
  /** What comes, all that waited at a time, none of it at a heartbeat. Ends where the connection does, for whatever reason. */
  readonly batches: AsyncIterable<readonly string[]>;
  /** Lines that came and were not given, too long or not asked for any more. */
  readonly leftOver: () => number;
  readonly close: () => void;
};

/** So much waits to be asked for, some thousand posts; then no more is read, and TCP lets X know. */
const mostWaitingBytes = 2 * 1024 * 1024;
const longestRefusal = 64 * 1024;

/** One connection to the stream, or why there is none. Rejects never; once the signal is aborted it ends. */
export async function openStream(
  address: StreamAddress,
  patience: StreamPatience,
  clock: () => Date,
  signal: AbortSignal,
): Promise<OpenStream | StreamEnd> {
  const response = await connect(address, patience, signal);
  if (response === null) return { kind: 'failed', failure: { kind: 'unreachable' } };
  const { statusCode: status = 0, headers } = response;
  if (status === 200) return readStream(response, patience.silenceMs);
  const body = await readRefusal(response, patience.answerMs);
  return endByAnswer(status, headers, body, clock());
}

function connect(
  { apiUrl, bearerToken, fields }: StreamAddress,
  { answerMs }: StreamPatience,
  signal: AbortSignal,
): Promise<IncomingMessage | null> {
  return new Promise((resolve) => {
    const url = new URL(`/2/tweets/search/stream?${new URLSearchParams(fields)}`, 'https://api.x.com');
    const headers = { authorization: `Bearer ${bearerToken}`, 'accept-encoding': 'identity' };
    const call = request(url, { agent: createAgent(apiUrl), headers, signal });
    const timer = setTimeout(() => call.destroy(), answerMs);
    call.on('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    // Both also come later, when the answer breaks off; what reads it notices.
    call.on('error', () => resolve(null));
    call.on('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
    call.end();
  });
}

function readStream(response: IncomingMessage, silenceMs: number): OpenStream {
  const reader = createLineReader();
  let waiting: string[] = [];
  let waitingBytes = 0;
  let hasEnded = false;
  let hasNews = false;
  let wake = () => {};

  function notice(): void {
    hasNews = true;
    wake();
  }
  function end(): void {
    if (hasEnded) return;
    hasEnded = true;
    // Whole though its end of line did not come, or half: then it is no JSON.
    const rest = reader.rest();
    if (rest !== '') waiting.push(rest);
    notice();
  }
  response.on('data', (bytes: Buffer) => {
    waiting.push(...reader.push(bytes));
    waitingBytes += bytes.length;
    if (waitingBytes > mostWaitingBytes) response.pause();
    notice();
  });
  for (const event of ['end', 'close', 'error']) response.on(event, end);

  async function* readBatches(): AsyncGenerator<readonly string[]> {
    try {
      for (;;) {
        if (!hasNews && !hasEnded && !(await hasNewsWithin(silenceMs))) return;
        if (hasEnded && waiting.length === 0) return;
        const batch = waiting;
        waiting = [];
        waitingBytes = 0;
        hasNews = false;
        response.resume();
        yield batch;
      }
    } finally {
      response.destroy();
    }
  }

  /** Only while nothing waits: whoever is slow himself hears nothing either. */
  async function hasNewsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
      wake = () => resolve(true);
    });
    try {
      return await silence;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    kind: 'open',
    batches: readBatches(),
    leftOver: () => waiting.length + reader.dropped(),
    close: () => response.destroy(),
  };
}

/** As much of it as matters, and as came in time. */
async function readRefusal(response: IncomingMessage, withinMs: number): Promise<string> {
  const timer = setTimeout(() => response.destroy(), withinMs);
  const pieces: Buffer[] = [];
  try {
    for await (const piece of response) {
      pieces.push(piece);
      if (Buffer.concat(pieces).length > longestRefusal) break;
    }
  } catch {
    // What came says enough.
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
  return Buffer.concat(pieces).toString('utf8');
}
