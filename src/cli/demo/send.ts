import { randomUUID } from 'node:crypto';
import { toInbound } from '../../../channels/sms/message.ts';
import { isReport, toPlainReport } from '../../domain/message.ts';
import type { NewReport } from '../../domain/report.ts';
import { toNewReport } from '../../domain/submission.ts';
import { AppError } from '../../errors.ts';
import { signWebhook } from '../../outbound/sign.ts';
import type { PostStory } from './post-stories.ts';
import type { DemoPosts } from './posts.ts';
import type { Story, Way } from './stories.ts';

/** The gateway as a citizen's app and two SMS providers see it; null where that channel is off. */
export type Doors = {
  readonly url: string;
  readonly genericSecret: string | null;
  readonly kannelSecret: string | null;
  /** X, where it is a simulated one. */
  readonly posts: DemoPosts | null;
};

/** A story with the channel it goes through and the id its provider, or its app, gives it on every attempt. */
export type Message = {
  readonly id: string;
  readonly way: Way;
  readonly story: Story;
  /** What the gateway should make of it; tells where it will be routed and under which name it is kept. */
  readonly report: NewReport;
};

export function isOpen(doors: Doors, way: Way): boolean {
  switch (way) {
    case 'web':
      return true;
    case 'sms/generic':
      return doors.genericSecret !== null;
    case 'sms/kannel':
      return doors.kannelSecret !== null;
    case 'twitter (simulated)':
      return doors.posts !== null;
  }
}

/** What cannot go through its own channel takes the next that is on; a post has no other. */
export function prepareMessage(story: Story, doors: Doors): Message {
  if (isPosted(story)) return { id: randomUUID(), way: story.way, story, report: asPost(story) };
  const ways: readonly Way[] = [story.way, 'sms/generic', 'sms/kannel', 'web'];
  const way = ways.find((candidate) => isOpen(doors, candidate)) ?? 'web';
  const id = randomUUID();
  return {
    id,
    way,
    story,
    report: way === 'web' || story.way === 'web' ? asWeb(story) : asSms(id, way, story, doors),
  };
}

const isPosted = (story: Story): story is PostStory => story.way === 'twitter (simulated)';

/** As far as it matters here: where it is routed to, and how it begins. */
function asPost({ posts }: PostStory): NewReport {
  const text = posts.join(' ').replaceAll(/\s*(#lapor(1708)?|@LAPOR1708|\b\d\/\d\b)/gu, '');
  return toPlainReport(
    { text: text.trim(), anonymous: false, confidential: false },
    {
      channel: 'twitter',
      externalId: null,
      identity: null,
      receivedAt: new Date(),
      original: { contentType: 'application/json', body: Buffer.alloc(0), messageId: null },
    },
  );
}

function asWeb(story: Told): NewReport {
  return toNewReport(submissionOf(story), {
    externalId: '',
    receivedAt: new Date(),
    original: { contentType: 'application/json', body: Buffer.alloc(0), messageId: null },
  });
}

function asSms(
  id: string,
  way: Way,
  story: Extract<Story, { readonly from: string }>,
  doors: Doors,
): NewReport {
  const inbound = toInbound({
    provider: way.slice('sms/'.length),
    id,
    from: story.from,
    text: story.text,
    key: (way === 'sms/generic' ? doors.genericSecret : doors.kannelSecret) ?? '',
    receivedAt: new Date(),
    original: { contentType: 'text/plain', body: Buffer.alloc(0), messageId: null },
  });
  if (!isReport(inbound)) throw new Error('every story is a report');
  return inbound;
}

/** What its author sends to the gateway; a post waits until it is found. */
type Told = Exclude<Story, PostStory>;

const submissionOf = (story: Told) =>
  story.way === 'web'
    ? story.submission
    : ({
        kind: 'complaint',
        text: story.text,
        reporter: { phone: story.from },
        consent: true,
      } as const);

/** What the sender learns: Kannel nothing, an app with patience everything. Who posts learns the moments of their posts. */
export type Sent = {
  readonly receipt: string | null;
  readonly trackingId: string | null;
  readonly postedAt: readonly Date[];
};

/** Throws `AppError` `unavailable` with what the gateway said where it did not take the message. */
export async function send(message: Message, doors: Doors, signal: AbortSignal): Promise<Sent> {
  const { id, way, story } = message;
  if (isPosted(story))
    return { receipt: null, trackingId: null, postedAt: doors.posts?.publish(story) ?? [] };
  if (way === 'web' || story.way === 'web') return sendWeb(id, story, doors, signal);
  return way === 'sms/generic'
    ? sendGeneric(id, story.from, story.text, doors, signal)
    : sendKannel(id, story.from, story.text, doors, signal);
}

async function sendWeb(id: string, story: Told, doors: Doors, signal: AbortSignal): Promise<Sent> {
  const answer = await call(`${doors.url}/v1/reports`, signal, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': id, prefer: 'wait=10' },
    body: JSON.stringify(submissionOf(story)),
  });
  const { receipt, trackingId } = (await answer.json()) as { receipt: string; trackingId: string | null };
  return { receipt, trackingId, postedAt: [] };
}

async function sendGeneric(
  id: string,
  from: string,
  text: string,
  doors: Doors,
  signal: AbortSignal,
): Promise<Sent> {
  const now = new Date();
  const body = JSON.stringify({ id, from, to: '1708', text, receivedAt: now.toISOString() });
  const answer = await call(`${doors.url}/channels/sms/generic`, signal, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...signWebhook(doors.genericSecret ?? '', randomUUID(), now, body),
    },
    body,
  });
  const { receipts } = (await answer.json()) as { receipts: readonly { readonly receipt: string }[] };
  return { receipt: receipts[0]?.receipt ?? null, trackingId: null, postedAt: [] };
}

/** As smsbox does: UCS-2 where the text needs it. */
async function sendKannel(
  id: string,
  from: string,
  text: string,
  doors: Doors,
  signal: AbortSignal,
): Promise<Sent> {
  const wide = /[^\x20-\x7e]/.test(text);
  const bytes = wide ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text);
  const query = new URLSearchParams({
    secret: doors.kannelSecret ?? '',
    id,
    from,
    to: '1708',
    charset: wide ? 'UTF-16BE' : 'UTF-8',
    coding: wide ? '2' : '0',
  });
  const percent = bytes.toString('hex').replace(/../g, '%$&');
  await call(`${doors.url}/channels/sms/kannel?${query}&text=${percent}`, signal, { method: 'GET' });
  return { receipt: null, trackingId: null, postedAt: [] };
}

async function call(url: string, signal: AbortSignal, init: RequestInit): Promise<Response> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
  const headers = { 'accept-language': 'en', ...init.headers };
  const answer = await fetch(url, { ...init, headers, signal: limit }).catch((cause: unknown) => {
    throw new AppError('unavailable', 'the gateway did not answer', { cause });
  });
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { readonly detail?: string };
  throw new AppError('unavailable', `${answer.status}: ${problem.detail ?? answer.statusText}`);
}
