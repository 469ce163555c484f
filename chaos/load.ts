import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { signWebhook } from '../src/outbound/sign.ts';
import type { Entry, Ledger, Message } from './ledger.ts';
import { composeCopy, composeMessage } from './messages.ts';
import { createRandom, type Random } from './random.ts';
import { pause } from './timeline.ts';

/** The gateway as citizens' apps and SMS providers see it. `look` is shown every answer. */
export type Doors = {
  readonly url: string;
  readonly genericSecret: string;
  readonly kannelSecret: string;
  readonly look: (where: string, text: string) => void;
};

const perSecond = 40;
/** While the gateway is away, senders wait with what they have instead of making up more. */
const mostUnderWay = 400;
/** As long as an app lets its user wait; what it gives up on may have been taken all the same. */
const patienceMs = 8_000;

export type Load = {
  /** Messages sent and not acknowledged yet. */
  readonly underWay: () => number;
  /** Makes up nothing new; what is under way is sent until it is acknowledged. */
  readonly stop: () => Promise<void>;
  /** Gives up what is not acknowledged yet. */
  readonly abandon: () => Promise<void>;
};

/**
 * Citizens who write about forty messages a second through every door, out of order, some of them twice or anew, and who send
 * again until they are acknowledged, as an honest program does.
 */
export function startLoad(doors: Doors, ledger: Ledger, seed: number): Load {
  const random = createRandom(seed, 'load');
  const stopped = new AbortController();
  const abandoned = new AbortController();
  setMaxListeners(0, stopped.signal, abandoned.signal); // every message under way listens
  const underWay = new Set<Promise<void>>();

  const track = (work: Promise<void>) => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };

  async function persist(entries: readonly Entry[]): Promise<void> {
    await pause(random.integer(0, 400), abandoned.signal);
    for (let wait = 200; !abandoned.signal.aborted; wait = Math.min(wait * 2, 2_000)) {
      if (await attempt(doors, entries, abandoned.signal)) return;
      await pause(wait * (0.5 + random.next()), abandoned.signal);
    }
  }

  async function produce(): Promise<void> {
    for (let number = 1; !stopped.signal.aborted; ) {
      await pause(1_000 / perSecond, stopped.signal);
      if (underWay.size >= mostUnderWay) continue;
      const size = random.chance(0.08) ? random.integer(2, 5) : 1;
      const first = ledger.open(composeMessage(seed, number));
      number += 1;
      const entries = [first];
      // A provider hands over several SMS in one request.
      while (first.message.way === 'sms-generic' && entries.length < size) {
        entries.push(ledger.open({ ...composeMessage(seed, number), ...asGeneric(number) }));
        number += 1;
      }
      track(persist(entries));
      for (let left = isBurst(first.message, random) ? random.integer(1, 4) : 0; left > 0; left -= 1) {
        track(persist([ledger.open(composeCopy(first.message, number))]));
        number += 1;
      }
      const isRepeatable = first.message.way !== 'web';
      if (isRepeatable && random.chance(0.1)) track(persist(entries)); // both at once
      if (isRepeatable && random.chance(0.1)) {
        const later = random.integer(500, 8_000);
        track(pause(later, stopped.signal).then(() => persist(entries)));
      }
      if (random.chance(0.03)) track(sendNonsense(doors, first.message, abandoned.signal));
    }
  }

  const producing = produce();
  const finish = async () => {
    stopped.abort();
    await producing;
    await Promise.all(underWay);
  };
  return {
    underWay: () => underWay.size,
    stop: finish,
    abandon: () => {
      abandoned.abort();
      return finish();
    },
  };
}

/** Some people send the same SMS several times. */
const isBurst = ({ way }: Message, random: Random): boolean =>
  (way === 'sms-generic' || way === 'sms-kannel') && random.chance(0.1);

const asGeneric = (number: number) =>
  ({ way: 'sms-generic', key: `sms-generic-${number}`, agency: null, openness: 'open' }) as const;

/** True once the matter is settled: acknowledged, or refused for good. */
async function attempt(doors: Doors, entries: readonly Entry[], signal: AbortSignal): Promise<boolean> {
  for (const entry of entries) entry.attempts += 1;
  const [first] = entries;
  if (first === undefined) return true;
  const messages = entries.map((entry) => entry.message);
  try {
    const request = toRequest(doors, messages);
    const answer = await fetch(request.url, {
      ...request.init,
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    });
    const text = await answer.text();
    doors.look(`answer to ${first.message.way}`, `${text}\n${JSON.stringify([...answer.headers])}`);
    if (answer.ok) {
      acknowledge(entries, text);
      return true;
    }
    // 401: a clock is off, and the next attempt is signed anew. 429 and 5xx: later.
    if (answer.status === 401 || answer.status === 429 || answer.status >= 500) return false;
    for (const entry of entries) entry.refusal = `${answer.status} ${text.slice(0, 300)}`;
    return true;
  } catch {
    return false; // no answer: nobody knows, so it is sent again
  }
}

function acknowledge(entries: readonly Entry[], answer: string): void {
  const body = answer === '' ? {} : (JSON.parse(answer) as Answer);
  const receiptOf = new Map(body.receipts?.map(({ id, receipt }) => [id, receipt]));
  for (const entry of entries) {
    entry.acknowledged = true;
    const receipt = body.receipt ?? receiptOf.get(entry.message.key);
    if (receipt !== undefined) entry.receipts.add(receipt);
  }
}

type Answer = {
  readonly receipt?: string;
  readonly receipts?: readonly { readonly id: string; readonly receipt: string }[];
};

function toRequest(doors: Doors, messages: readonly Message[]): { url: string; init: RequestInit } {
  const [message] = messages;
  if (message === undefined) throw new Error('a request needs a message');
  switch (message.way) {
    case 'web':
    case 'web-keyed':
      return {
        url: `${doors.url}/v1/reports`,
        init: {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'user-agent': message.canaries.userAgent,
            ...(message.way === 'web' ? {} : { 'idempotency-key': message.key }),
          },
          body: JSON.stringify(submissionOf(message)),
        },
      };
    case 'sms-generic': {
      const body = JSON.stringify(
        messages.map(({ key, canaries, text }) => ({ id: key, from: canaries.phone, to: '1708', text })),
      );
      const signature = signWebhook(doors.genericSecret, randomUUID(), new Date(), body);
      return {
        url: `${doors.url}/channels/sms/generic`,
        init: { method: 'POST', headers: { 'content-type': 'application/json', ...signature }, body },
      };
    }
    case 'sms-kannel':
      return { url: `${doors.url}/channels/sms/kannel?${kannelQuery(doors, message)}`, init: {} };
  }
}

const submissionOf = ({ text, agency, canaries, openness }: Message) => ({
  kind: 'complaint',
  text,
  ...(agency === null ? {} : { agency }),
  reporter: { name: canaries.name, phone: canaries.phone, email: canaries.email },
  onBehalfOf: canaries.onBehalfOf,
  anonymous: openness === 'anonymous',
  confidential: openness === 'confidential',
  consent: true,
});

/** As smsbox writes it: the text in UCS-2, percent-encoded. */
function kannelQuery(doors: Doors, { key, canaries, text }: Message): string {
  const bytes = Buffer.from(text.toWellFormed(), 'utf16le').swap16();
  const query = new URLSearchParams({ secret: doors.kannelSecret, id: key, from: canaries.phone });
  return `${query}&to=1708&charset=UTF-16BE&coding=2&text=${bytes.toString('hex').replace(/../g, '%$&')}`;
}

/** What no one should accept and whose refusal must not repeat it: half a JSON document, a field of the wrong type. */
async function sendNonsense(doors: Doors, message: Message, signal: AbortSignal): Promise<void> {
  const whole = JSON.stringify({
    ...submissionOf(message),
    text: 'tanpa berkas',
    title: { di: message.canaries.name },
  });
  const answer = await fetch(`${doors.url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': message.canaries.userAgent },
    body: message.number % 2 === 0 ? whole : whole.slice(0, -9),
    signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
  }).catch(() => null);
  if (answer !== null) doors.look('refusal', await answer.text().catch(() => ''));
}
