import { describe, expect, it } from 'vitest';
import type { Accepted, NewReport } from '../../src/domain/report.ts';
import { codeOf, describeChannelContract, listReports } from '../../test/channel-contract.ts';
import type { InboundRequest, Receive } from '../channel.ts';
import { webChannel } from './index.ts';

const [provider] = webChannel.providers;
if (provider === undefined || !('receive' in provider)) throw new Error('the web channel is never off');
const receive: Receive = provider.receive;

const phone = '081234567890';
const complaint = {
  kind: 'complaint',
  text: 'Got mampet dpn ps Anyar, klo ujan air masuk ke toko2',
  consent: true,
};

function post(body: Buffer, idempotencyKey?: string): InboundRequest {
  return {
    method: 'POST',
    query: '',
    headers: {
      'content-type': 'application/json',
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    body,
    receivedAt: new Date('2026-11-22T01:20:00Z'),
  };
}
const postJson = (value: unknown, key?: string) => post(Buffer.from(JSON.stringify(value)), key);

describeChannelContract('web/json', {
  receive,
  request: ({ id, text }) => postJson({ ...complaint, text, reporter: { phone } }, id),
  sender: phone,
  // Anybody may report: nothing authenticates a request.
  tamper: null,
  garbage: (bytes) => post(bytes),
});

describe('web/json', () => {
  const receiveOne = (request: InboundRequest): NewReport => listReports(receive(request))[0]!;

  it('takes every request without an Idempotency-Key for a report of its own', () => {
    const names = [undefined, undefined, '', ''].map(
      (key) => receiveOne(postJson(complaint, key)).externalId,
    );
    expect(names).toEqual([null, null, null, null]);
  });

  it('does not keep an Idempotency-Key as it was written, for it may hold a name', () => {
    const { externalId } = receiveOne(postJson(complaint, 'siti-rohmah-081234567890'));
    expect(externalId).toMatch(/^key:[\w-]{43}$/);
    expect(externalId).not.toMatch(/siti|0812/);
  });

  it('refuses an Idempotency-Key of more than 255 characters', () => {
    expect(receive(postJson(complaint, 'k'.repeat(255))).messages).toHaveLength(1);
    expect(codeOf(() => receive(postJson(complaint, 'k'.repeat(256))))).toBe('invalid');
  });

  it('refuses to answer a repeat whose content is another', () => {
    const accepted = { reportId: 'id', receipt: 'tanda', repeated: true, sameContent: true } as Accepted;
    const { answer } = receive(postJson(complaint, 'a1'));
    expect(answer([accepted])).toEqual({
      status: 202,
      contentType: 'application/json',
      body: '{"receipt":"tanda"}',
    });
    expect(codeOf(() => answer([{ ...accepted, sameContent: false }]))).toBe('idempotency-conflict');
  });

  it('reads a body that starts with a byte order mark', () => {
    const body = Buffer.from(`\ufeff${JSON.stringify(complaint)}`);
    expect(receiveOne(post(body)).text).toBe(complaint.text);
  });

  it('keeps a half-given point out of the place', () => {
    const place = { text: 'dpn SDN 3', lat: -6.9 };
    expect(receiveOne(postJson({ ...complaint, place })).place).toEqual({
      text: 'dpn SDN 3',
      lat: null,
      lon: null,
      areaCode: null,
    });
  });
});
