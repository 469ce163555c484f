import { describe, expect, it } from 'vitest';
import { toReport } from './message.ts';

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
    expect(toReport(message)).toMatchObject({
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
    expect(toReport({ ...message, from }).identity?.phone).toBe(phone);
  });

  it('from nobody has no identity', () => {
    expect(toReport({ ...message, from: ' \0 ' }).identity).toBeNull();
  });

  it('is cut where it is longer than a report may be, never through an emoji', () => {
    const { text } = toReport({ ...message, text: `${'x'.repeat(19_999)}🙏 dan seterusnya` });
    expect(text).toBe('x'.repeat(19_999));
  });

  it('does not carry the id in the clear, for providers make ids of numbers', () => {
    expect(toReport({ ...message, id: '6281234567890-17' }).externalId).not.toContain('81234567890');
    expect(toReport({ ...message, id: '2' }).externalId).not.toBe(toReport(message).externalId);
  });

  it('is told from another under the same id by sender and text, without its number being guessable', () => {
    const { externalId } = toReport(message);
    expect(toReport({ ...message }).externalId).toBe(externalId);
    for (const other of [{ from: '081234567891' }, { text: 'Longsor' }, { key: 'lain' }]) {
      expect(toReport({ ...message, ...other }).externalId).not.toBe(externalId);
    }
  });

  it('without an id is told from another by sender, text and moment', () => {
    const unnamed = { ...message, id: null };
    const externalId = toReport(unnamed).externalId;
    expect(externalId).not.toBe(toReport({ ...unnamed, from: '0813' }).externalId);
    expect(externalId).not.toBe(toReport({ ...unnamed, text: 'Longsor' }).externalId);
    expect(externalId).not.toBe(
      toReport({ ...unnamed, receivedAt: new Date('2026-11-22T01:20:00.001Z') }).externalId,
    );
  });

  it('has an external id of its provider', () => {
    expect(toReport(message).externalId).toMatch(/^generic:id:[0-9a-f]{32}$/);
    expect(toReport({ ...message, provider: 'kannel', id: null }).externalId).toMatch(
      /^kannel:once:[0-9a-f]{32}$/,
    );
  });
});
