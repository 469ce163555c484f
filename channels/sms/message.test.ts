import { describe, expect, it } from 'vitest';
import { toInbound } from './message.ts';

const message = {
  provider: 'generic',
  id: '1',
  from: '081234567890',
  text: 'Banjir di Kel Pejaten',
  key: 'rahasia',
  receivedAt: new Date('2026-11-22T01:20:00Z'),
  original: { contentType: 'application/json', body: Buffer.from('{}'), messageId: null },
};

describe('an SMS as a report', () => {
  it('is a complaint by its sender, who hid nothing', () => {
    expect(toInbound(message)).toMatchObject({
      channel: 'sms',
      kind: 'complaint',
      text: 'Banjir di Kel Pejaten',
      identity: { name: null, phone: '+6281234567890', email: null, onBehalfOf: null },
      anonymous: false,
      confidential: false,
    });
  });

  it.each([
    ['081234567890', '+6281234567890'],
    ['6281234567890', '+6281234567890'],
    ['+62 812-3456-7890', '+6281234567890'],
    ['006281234567890', '+6281234567890'],
    [' 6281234567890', '+6281234567890'],
    ['+65 9123 4567', '+6591234567'],
    [' 6591234567', '+6591234567'],
    ['1708', '1708'],
    ['TELKOMSEL', 'TELKOMSEL'],
    ['00123', '00123'],
  ])('from %j has the phone %s', (from, phone) => {
    expect(toInbound({ ...message, from }).identity?.phone).toBe(phone);
  });

  it('from nobody has no identity', () => {
    expect(toInbound({ ...message, from: ' \0 ' }).identity).toBeNull();
  });

  it('is cut where it is longer than a report may be, never through an emoji', () => {
    const report = toInbound({ ...message, text: `${'x'.repeat(19_999)}🙏 dan seterusnya` });
    expect(report).toMatchObject({ text: 'x'.repeat(19_999) });
  });

  it('does not carry the id in the clear, for providers make ids of numbers', () => {
    expect(toInbound({ ...message, id: '6281234567890-17' }).externalId).not.toContain('81234567890');
    expect(toInbound({ ...message, id: '2' }).externalId).not.toBe(toInbound(message).externalId);
  });

  it('is told from another under the same id by sender and text, without its number being guessable', () => {
    const { externalId } = toInbound(message);
    expect(toInbound({ ...message }).externalId).toBe(externalId);
    for (const other of [{ from: '081234567891' }, { text: 'Longsor' }, { key: 'lain' }]) {
      expect(toInbound({ ...message, ...other }).externalId).not.toBe(externalId);
    }
  });

  it('without an id is told from another by sender, text and moment', () => {
    const unnamed = { ...message, id: null };
    const externalId = toInbound(unnamed).externalId;
    expect(externalId).not.toBe(toInbound({ ...unnamed, from: '0813' }).externalId);
    expect(externalId).not.toBe(toInbound({ ...unnamed, text: 'Longsor' }).externalId);
    expect(externalId).not.toBe(
      toInbound({ ...unnamed, receivedAt: new Date('2026-11-22T01:20:00.001Z') }).externalId,
    );
  });

  it('has an external id of its provider', () => {
    expect(toInbound(message).externalId).toMatch(/^generic:id:[0-9a-f]{32}$/);
    expect(toInbound({ ...message, provider: 'kannel', id: null }).externalId).toMatch(
      /^kannel:once:[0-9a-f]{32}$/,
    );
  });
});

describe('an SMS that is no report', () => {
  it('is a command, by the same sender under an id of the same kind', () => {
    expect(toInbound({ ...message, text: 'Status 8699-3114-4244' })).toMatchObject({
      channel: 'sms',
      externalId: expect.stringMatching(/^generic:id:[0-9a-f]{32}$/),
      identity: { phone: '+6281234567890' },
      content: { kind: 'status', trackingId: '869931144244', language: 'id' },
    });
  });

  const part = { to: '1708', reference: '17', total: 2, number: 1 };

  it('is a part, to the last half of a character, whatever it seems to say', () => {
    expect(toInbound({ ...message, text: ' STATUS 8699-3114-4244 \ud83d', part })).toMatchObject({
      content: { kind: 'part', number: 1, total: 2, text: ' STATUS 8699-3114-4244 \ud83d' },
    });
  });

  const groupOf = (...[more, from]: [Partial<typeof part>, string?]) => {
    const inbound = toInbound({ ...message, from: from ?? message.from, part: { ...part, ...more } });
    return 'content' in inbound && inbound.content.kind === 'part' ? inbound.content.group : null;
  };

  it('belongs to the parts of the same sender, recipient, reference and total', () => {
    const group = groupOf({});
    expect(groupOf({ number: 2 })).toBe(group);
    for (const other of [
      groupOf({ to: '1709' }),
      groupOf({ reference: '18' }),
      groupOf({ total: 3 }),
      groupOf({}, '0857'),
    ]) {
      expect(other).not.toBe(group);
    }
  });

  it('has an id of its own for each part, even where the provider gives all the same and they say the same', () => {
    const ids = [1, 2].map((number) => toInbound({ ...message, part: { ...part, number } }).externalId);
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    ['one part', { total: 1, number: 1 }],
    ['part 0', { number: 0 }],
    ['part 3 of 2', { number: 3 }],
    ['one of 256 parts', { total: 256 }],
    ['half a part', { number: 1.5 }],
  ])('is a report where it says it is %s', (_, wrong) => {
    expect(toInbound({ ...message, part: { ...part, ...wrong } })).toMatchObject({ text: message.text });
  });
});
