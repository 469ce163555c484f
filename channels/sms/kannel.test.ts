import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normalizeText } from '../../src/domain/report.ts';
import { changeEachByte, codeOf, describeChannelContract, listReports } from '../../test/channel-contract.ts';
import type { InboundRequest } from '../channel.ts';
import { createKannelReceive } from './kannel.ts';

const secret = 'rahasia-kannel-2026';
const receive = createKannelReceive(secret);
const receivedAt = new Date('2026-11-22T01:20:00Z');

function get(query: string, secretGiven = secret): InboundRequest {
  return {
    method: 'GET',
    query: `secret=${secretGiven}&${query}`,
    headers: { 'user-agent': 'Kannel/1.4.5' },
    body: Buffer.alloc(0),
    receivedAt,
  };
}

function post(query: string, headers: Record<string, string>, body: Buffer): InboundRequest {
  return { ...get(query), method: 'POST', headers: { 'x-kannel-to': '1708', ...headers }, body };
}

function receiveOne(request: InboundRequest) {
  const [report] = listReports(receive(request));
  if (report === undefined) throw new Error('no report');
  return report;
}

/** As Kannel encodes: every byte but letters, digits and a few more, and a space as a plus. */
function percentEncode(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(
      /[^A-Za-z0-9 ._-]/g,
      (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
    )
    .replaceAll(' ', '+');
}
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

const contract = {
  receive,
  sender: '081234567890',
  garbage: null,
  tamper: (authentic: InboundRequest) =>
    changeEachByte(Buffer.from(secret)).map((changed) => ({
      ...authentic,
      query: authentic.query.replace(secret, percentEncode(changed)),
    })),
};
describeChannelContract('sms/kannel by GET in UTF-8', {
  ...contract,
  request: ({ id, text, attempt }) => ({
    ...get(
      `id=${id}&from=081234567890&to=1708&text=${percentEncode(Buffer.from(text))}&charset=UTF-8&coding=0`,
    ),
    receivedAt: new Date(receivedAt.getTime() + attempt * 10_000),
  }),
});
describeChannelContract('sms/kannel by GET in UTF-16BE', {
  ...contract,
  request: ({ id, text }) =>
    get(`id=${id}&from=081234567890&to=1708&text=${percentEncode(utf16be(text))}&charset=UTF-16BE&coding=2`),
});
describeChannelContract('sms/kannel by POST', {
  ...contract,
  request: ({ id, text }) =>
    post(`id=${id}&from=081234567890`, { 'content-type': 'text/plain; charset="UTF-8"' }, Buffer.from(text)),
});

type Case = { label: string; query: string; text: string; phone: string | null };
const cases: Case[] = JSON.parse(readFileSync(new URL('./fixtures/kannel.json', import.meta.url), 'utf8'));

describe('sms/kannel', () => {
  it.each(cases)('reads $label', ({ query, text, phone }) => {
    const report = receiveOne(get(query));
    expect(report.text).toBe(text);
    expect(report.identity?.phone ?? null).toBe(phone);
  });

  it('answers 200 with an empty text, for Kannel would send any other to the citizen', () => {
    const { answer } = receive(get('id=1&text=Banjir'));
    expect(answer([])).toEqual({ status: 200, contentType: 'text/plain', body: '' });
  });

  it.each([
    ['missing', 'text=Banjir'],
    ['empty', 'secret=&text=Banjir'],
    ['another', 'secret=rahasia&text=Banjir'],
    ['given twice, the first wrong', `secret=x&secret=${secret}&text=Banjir`],
  ])('a secret that is %s is unauthenticated', (_, query) => {
    expect(codeOf(() => receive({ ...get(''), query }))).toBe('unauthenticated');
  });

  it('keeps the request to the byte, but never our secret', () => {
    const query = 'id=1&from=0812&text=%00J%zz+x&charset=UTF-16BE';
    const { original } = receiveOne(get(query));
    expect(original.body.toString('latin1')).toBe(`GET ?secret=&${query} HTTP/1.1\r\n\r\n`);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const posted = receiveOne(post('id=1', form, Buffer.from(`secret=${secret}&text=Banjir`)));
    expect(posted.original.body.toString('latin1')).not.toContain(secret);
    expect(posted.text).toBe('Banjir');
  });

  it('reads what post-url sends: text as the body, its charset and sender in headers', () => {
    const headers = { 'content-type': 'text/plain; charset="UTF-16BE"', 'x-kannel-from': '+6281234567890' };
    const report = receiveOne(post('id=1', headers, utf16be('Jembatan ambruk 😱')));
    expect(report.text).toBe('Jembatan ambruk 😱');
    expect(report.identity?.phone).toBe('+6281234567890');
    const [head] = report.original.body.toString('latin1').split('\r\n\r\n');
    expect(head?.split('\r\n').slice(1)).toEqual([
      'x-kannel-to: 1708',
      'content-type: text/plain; charset="UTF-16BE"',
      'x-kannel-from: +6281234567890',
    ]);
  });

  it('reads the coding from its header where nothing names a charset', () => {
    const headers = { 'content-type': 'application/octet-stream', 'x-kannel-coding': '2' };
    expect(receiveOne(post('id=1', headers, utf16be('Banjir'))).text).toBe('Banjir');
  });

  it('files an empty body as an empty text', () => {
    expect(
      receiveOne(post('id=1', { 'content-type': 'text/plain; charset="UTF-8"' }, Buffer.alloc(0))).text,
    ).toBe('');
  });

  it('says what is missing in get-url when there is no text at all', () => {
    expect(() => receive(get('id=1&from=0812'))).toThrow('no text: get-url needs text=%b');
  });

  it('files two messages without an id, with the same text, apart', () => {
    const later = { ...get('text=Dukung'), receivedAt: new Date(receivedAt.getTime() + 1) };
    expect(receiveOne(get('text=Dukung')).externalId).not.toBe(receiveOne(later).externalId);
  });

  it.each(['', 'x'.repeat(201), 'a%00b', '%F0%9F%99%8F'])('files a message whose id is %j', (id) => {
    expect(receiveOne(get(`id=${id}&text=Banjir`)).externalId).toMatch(/^kannel:once:[0-9a-f]{32}$/);
  });

  it.each([
    [
      'UTF-8, in truth windows-1252',
      'UTF-8',
      '0',
      Buffer.from('k\xe9ruh \x80', 'latin1'),
      'kéruh €',
      'windows-1252',
    ],
    ['UTF-8, in truth UTF-16BE', 'UTF-8', '2', utf16be('Jl Kenangá 😊'), 'Jl Kenangá 😊', 'utf-16be'],
    ['UTF-16BE, in truth UTF-8', 'UTF-16BE', '2', Buffer.from('air mati'.slice(1)), 'ir mati', 'utf-8'],
    ['unknown', 'KLINGON-7', '0', Buffer.from('sampah 🙏'), 'sampah 🙏', 'utf-8'],
    [
      '8-BIT, as for a binary SMS',
      '8-BIT',
      '1',
      Buffer.from([0x4a, 0x00, 0xff, 0x81]),
      'Jÿ\u0081',
      'windows-1252',
    ],
    ['Shift_JIS', 'Shift_JIS', '0', Buffer.from('93b99848', 'hex'), '道路', 'shift_jis'],
  ])('loses nothing where the charset is %s', (_, charset, coding, bytes, text, encoding) => {
    const report = receiveOne(get(`id=1&text=${percentEncode(bytes)}&charset=${charset}&coding=${coding}`));
    expect(report.text).toBe(text);
    expect(report.original.contentType).toBe(`message/http; text-decoded-as=${encoding}`);
  });

  it('never refuses any bytes under any charset', () => {
    const bytes = Buffer.from(Array.from({ length: 257 }, (_, index) => (index * 7) % 256));
    for (const charset of [
      '',
      'UTF-8',
      'UTF-16',
      'UTF-16LE',
      'ISO-8859-1',
      'ISO-8859-15',
      'GSM',
      'utf-7',
      '%00',
    ]) {
      const { text } = receiveOne(get(`id=1&text=${percentEncode(bytes)}&charset=${charset}`));
      expect(text).toBe(normalizeText(text));
      expect(text.length).toBeGreaterThan(100);
    }
  });
});
