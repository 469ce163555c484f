import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { InboundRequest, Receive, Received, Send } from '../channels/channel.ts';
import { isReport } from '../src/domain/message.ts';
import { type Identity, type NewReport, type NotificationId, normalizeText } from '../src/domain/report.ts';
import type { ErrorCode } from '../src/errors.ts';
import type { CallOutcome, CallRequest } from '../src/outbound/provider-call.ts';

const told = { inReplyTo: null, kind: 'help', params: {}, language: 'id' } as const;

/** What a test of a channel brings along; null says that the channel has no such thing. */
export type ChannelFixture = {
  readonly receive: Receive;
  /** An authentic request holding one message. The same `id` is the same message; `attempt` counts its repeats from 0. */
  readonly request: (message: { id: string; text: string; attempt: number }) => InboundRequest;
  /** The sender in those requests, as the provider writes it: it must not be found outside the identity. */
  readonly sender: string | null;
  /** Every way to change one byte of what authenticates the request. */
  readonly tamper: ((authentic: InboundRequest) => readonly InboundRequest[]) | null;
  /** An authentic request with these bytes in place of the message, where not every sequence of bytes is a message. */
  readonly garbage: ((bytes: Buffer) => InboundRequest) | null;
};

/** What every channel must do, whatever its provider looks like: call it in the channel's own test. */
export function describeChannelContract(name: string, fixture: ChannelFixture): void {
  const { receive, request, sender, tamper, garbage } = fixture;
  const complaint = 'Jalan Melati rusak parah, lubangnya dalam, sudah 2 orang jatuh dari motor';
  const message = { id: '7f3a-0001', text: complaint, attempt: 0 };

  describe(`${name} keeps the channel contract:`, () => {
    const refuse = () => {
      throw new Error('a channel reached for the network while receiving');
    };
    let connect: MockInstance;
    beforeEach(() => {
      connect = vi.spyOn(Socket.prototype, 'connect').mockImplementation(refuse);
    });
    afterEach(async () => {
      // fetch connects a turn later
      await new Promise(setImmediate);
      expect(connect).not.toHaveBeenCalled();
      connect.mockRestore();
    });

    it('a message becomes one report that keeps what was sent', () => {
      const report = receiveOne(receive, request(message));
      expect(report.text).toBe(complaint);
      expect(report.original.body.length).toBeGreaterThan(0);
      expect(report.original.contentType).toMatch(/^[a-z]+\/[a-z0-9.+-]+/);
      expect(report.externalId).toMatch(/^[\x21-\x7e]{1,300}$/);
    });

    it('the same message twice has the same external id', () => {
      const first = receiveOne(receive, request(message));
      const again = receiveOne(receive, request({ ...message, attempt: 1 }));
      expect(again.externalId).toBe(first.externalId);
    });

    it('two messages with the same text have different external ids', () => {
      const first = receiveOne(receive, request(message));
      const other = receiveOne(receive, request({ ...message, id: '7f3a-0002' }));
      expect(other.externalId).not.toBe(first.externalId);
    });

    if (sender !== null) {
      it('who sent it is found in the identity and the original only', () => {
        const { identity, original, ...rest } = receiveOne(receive, request(message));
        expect(JSON.stringify(identity)).toContain(digits(sender));
        expect(original.body.toString('latin1')).toContain(digits(sender));
        expect(JSON.stringify(rest)).not.toContain(digits(sender));
      });
    }

    it.each(hostileTexts)('$label survives', ({ text }) => {
      expect(receiveOne(receive, request({ ...message, text })).text).toBe(normalizeText(text));
    });

    if (tamper !== null) {
      it('one byte changed after signing is unauthenticated', () => {
        const forgeries = tamper(request(message));
        expect(forgeries.length).toBeGreaterThan(0);
        for (const forgery of forgeries) expect(codeOf(() => receive(forgery))).toBe('unauthenticated');
      });
    }

    if (garbage !== null) {
      it.each(garbageBodies)('signed garbage is malformed: $label', ({ bytes }) => {
        expect(codeOf(() => receive(garbage(bytes)))).toBe('malformed');
      });
    }
  });
}

/** What a test of a channel that sends brings along. */
export type SenderFixture = {
  readonly send: Send;
  /** Somebody the channel can reach, and the contact itself, as it must not appear in a reason. */
  readonly to: Identity;
  readonly contact: string;
  /** People it cannot reach or must not answer. */
  readonly unreachable: readonly { readonly label: string; readonly to: Identity }[];
  /** What the provider answers when it took the message, cannot take it just now, and will never take it. */
  readonly taken: readonly ProviderAnswer[];
  readonly busy: readonly ProviderAnswer[];
  readonly refusal: readonly ProviderAnswer[];
  /** What only something between us and the provider would answer. */
  readonly strange: readonly ProviderAnswer[];
};

export type ProviderAnswer = { readonly status: number; readonly body: string };

/** What every channel that sends must do, whatever its provider looks like: call it in the channel's own test. */
export function describeSenderContract(name: string, fixture: SenderFixture): void {
  const { to, contact, unreachable } = fixture;
  const text = 'Laporan Anda sudah kami catat. ID pelacakan: 8699-3114-4244. Terima kasih.';

  /** Sends with a provider that does the same whatever it is asked. */
  async function send(outcome: CallOutcome, recipient = to) {
    const calls: CallRequest[] = [];
    const message = {
      id: '0190c0de-0000-7000-8000-000000000001' as NotificationId,
      to: recipient,
      text,
      ...told,
    };
    const came = await fixture.send(message, async (request) => {
      calls.push(request);
      return outcome;
    });
    return { calls, came };
  }
  const answer = ({ status, body }: ProviderAnswer, retryAfter: string | null = null): CallOutcome => ({
    kind: 'answer',
    status,
    retryAfter,
    body,
  });

  describe(`${name} keeps the contract of senders:`, () => {
    it.each(fixture.taken)('$status $body is sent, by one call', async (taken) => {
      const { calls, came } = await send(answer(taken));
      expect(came.kind).toBe('sent');
      expect(calls).toHaveLength(1);
    });

    it.each(fixture.busy)('$status $body is tried again, when the provider says', async (busy) => {
      expect((await send(answer(busy, '120'))).came).toMatchObject({ kind: 'retry', retryAfter: '120' });
    });

    it.each(fixture.refusal)('$status $body is refused', async (refusal) => {
      expect((await send(answer(refusal))).came.kind).toBe('refused');
    });

    it('what never left is tried again, what may have arrived is unknown', async () => {
      expect((await send({ kind: 'not-sent', detail: 'ECONNREFUSED' })).came.kind).toBe('retry');
      expect((await send({ kind: 'lost', detail: 'ECONNRESET' })).came.kind).toBe('unknown');
    });

    it.each(fixture.strange)('$status $body is unknown', async (strange) => {
      expect((await send(answer(strange))).came.kind).toBe('unknown');
    });

    it.each(unreachable)('$label is refused without a call', async (somebody) => {
      const { calls, came } = await send(answer({ status: 202, body: '' }), somebody.to);
      expect(came.kind).toBe('refused');
      expect(calls).toEqual([]);
      expect(JSON.stringify(came)).not.toContain(somebody.to.phone ?? somebody.to.email ?? '\0');
    });

    it('no reason repeats the contact or the text, even where the provider does', async () => {
      for (const status of [400, 403, 429, 500, 503]) {
        const { came } = await send(answer({ status, body: `Denied: ${contact}: ${text}` }));
        expect(JSON.stringify(came)).not.toContain(digits(contact));
        expect(JSON.stringify(came)).not.toMatch(/8699|Laporan/);
      }
    });
  });
}

/** Each copy has one bit of one byte changed. */
export function changeEachByte(bytes: Buffer): readonly Buffer[] {
  return Array.from(bytes, (byte, at) => {
    const copy = Buffer.from(bytes);
    copy[at] = byte ^ 0x01;
    return copy;
  });
}

/** The `AppError` code that `work` throws; undefined where it throws none. */
export function codeOf(work: () => unknown): ErrorCode | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: ErrorCode }).code;
  }
}

function receiveOne(receive: Receive, request: InboundRequest): NewReport {
  const reports = listReports(receive(request));
  expect(reports).toHaveLength(1);
  return reports[0]!;
}

/** What was received, where all of it is reports. */
export function listReports({ messages }: Received): readonly NewReport[] {
  const reports = messages.filter(isReport);
  expect(reports).toHaveLength(messages.length);
  return reports;
}

/** The part of a number that is the same however it is written. */
function digits(sender: string): string {
  return sender.replace(/\D/g, '').slice(-8);
}

const hostileTexts = [
  { label: 'emoji', text: 'Makasih pak 🙏🏽👨‍👩‍👧‍👦 jalannya udh bagus 😊🇮🇩' },
  { label: 'text from right to left, with its marks', text: 'الطريق متضرر \u202eabc\u202c di Kp Arab' },
  { label: 'NUL', text: 'lampu\u0000 mati\u0000\u0000 di jl Kenanga' },
  { label: 'control characters', text: 'air\u0001\u0008\u001b[31m keruh\u007f\u0085' },
  { label: 'half a surrogate pair', text: 'sampah numpuk \ud83d di psr \ude0a lama' },
  { label: 'SQL', text: "'; drop table reports; -- tolong pak \\' $1 %s" },
  { label: 'HTML', text: '<script>alert("x")</script> <b>jembatan</b> &amp; ambruk <!--' },
  {
    label: 'a template',
    text: '{{constructor.constructor("return process")()}} <%= 7*7 %> %{x} jalan rusak',
  },
  { label: 'what a query string is made of', text: 'a=1&secret=x&text=palsu+%00%zz 100% = ?#;' },
  { label: 'zalgo', text: `${'j\u0301\u0302\u0303\u0304\u0305\u0306\u0307'.repeat(40)} rusak` },
  { label: 'decomposed letters, composed', text: 'cafe\u0301 Jl. E\u0301lite' },
  { label: 'line ends of every system', text: 'banjir\r\nsdh 2 hari\rblm ada bantuan\n\ntolong' },
  { label: 'space around it, trimmed', text: '  \t\n jalan rusak \u00a0\n ' },
  {
    label: 'a text of 20,000 characters',
    text: 'Jalan rusak! '.repeat(1_539).slice(0, 20_000).replace(/.$/, '.'),
  },
] as const;

const garbageBodies = [
  { label: 'nothing', bytes: Buffer.alloc(0) },
  { label: 'random bytes', bytes: Buffer.from('89504e470d0a1a0a00ff80c0fe', 'hex') },
  { label: 'half a document', bytes: Buffer.from('{"id":"1","text":"jalan ru') },
  { label: 'another format', bytes: Buffer.from('<?xml version="1.0"?><sms>jalan rusak</sms>') },
  {
    label: 'a text that is not UTF-8',
    bytes: Buffer.from('{"id":"1","from":"0812","text":"caf\xe9"}', 'latin1'),
  },
] as const;
