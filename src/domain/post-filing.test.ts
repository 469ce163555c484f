import { describe, expect, test } from 'vitest';
import type { MessageId } from './message.ts';
import type { ReadPost } from './post.ts';
import { isSamePlan, type KnownPost, type Plan, planPost, type Surroundings } from './post-filing.ts';
import type { ReportId } from './report.ts';

const began = new Date('2026-11-22T03:00:00Z');
const minute = 60_000;
const patience = { threadMinutes: 3, threadHours: 24 };
const author = { id: '7', handle: null, name: null };
const report = { reportId: 'r' as ReportId, postedAt: began, anonymous: false, confidential: false };
const told = { reportId: 'r' as ReportId, trackingId: '869931144244', anonymous: false, confidential: false };
const alone: Surroundings = { others: [], answered: null, spokenOf: null };

/** The post of that number, the first of its conversation, that calls us. */
function known(number: number, post: Partial<ReadPost> = {}, more: Partial<KnownPost> = {}): KnownPost {
  const id = String(1_000 + number);
  return {
    id: `m${number}` as MessageId,
    state: 'pending',
    acceptedAt: new Date(began.getTime() + number * 1_000),
    report: null,
    isWanted: false,
    post: {
      id,
      permalink: `https://x.com/i/status/${id}`,
      author,
      conversationId: '1001',
      createdAt: began,
      versionIds: [id],
      text: `jalan rusak ${number}`,
      hashtags: ['lapor'],
      mentions: [],
      language: 'in',
      repliedTo: null,
      quoted: null,
      media: [],
      place: null,
      summons: null,
      part: null,
      isTagged: true,
      isOurs: false,
      ...post,
    },
    ...more,
  };
}

const continuing = (number: number, post: Partial<ReadPost> = {}, more: Partial<KnownPost> = {}) =>
  known(number, { repliedTo: { id: String(999 + number), authorId: author.id }, ...post }, more);

const plan = (me: KnownPost, around: Partial<Surroundings> = {}, afterMs = 0): Plan =>
  planPost(me, { ...alone, ...around }, patience, new Date(began.getTime() + afterMs));

const idsOf = (made: Plan) => (made.kind === 'report' ? made.parts.map(({ id }) => id) : made.kind);

describe('a thread', () => {
  test('is put in the order of its ids, which are no words: 999 stands before 1001', () => {
    const early = continuing(2, { id: '999', versionIds: ['999'] });
    expect(idsOf(plan(continuing(3), { others: [known(1), early] }, 5 * minute))).toBe('wait');
    expect(idsOf(plan(known(1), { others: [continuing(3), early] }))).toEqual(['m2', 'm1', 'm3']);
  });

  test('waits from the moment at which the first of it was here, and is brought in by that one', () => {
    const [first, second] = [continuing(2), continuing(3)];
    const until = new Date(first.acceptedAt.getTime() + 3 * minute);
    expect(plan(second, { others: [first] }, 4_000)).toEqual({ kind: 'wait', until });
    expect(plan(second, { others: [first] }, 4 * minute)).toMatchObject({ kind: 'wait' });
    expect(plan(first, { others: [second] }, 4 * minute)).toMatchObject({
      kind: 'report',
      isOpenEnded: true,
    });
  });

  test('is waited for no longer once all are there that it says there are', () => {
    const part = (number: number, total: number | null) => continuing(number, { part: { number, total } });
    expect(plan(part(1, 2), { others: [part(2, null)] })).toMatchObject({
      kind: 'report',
      isOpenEnded: false,
    });
    expect(plan(part(1, 3), { others: [part(2, 3)] })).toMatchObject({ kind: 'wait' });
    expect(plan(part(1, null), { others: [part(2, null)] })).toMatchObject({ kind: 'wait' });
  });

  test('in which nobody calls us is none', () => {
    const silent = { isTagged: false };
    expect(plan(continuing(2, silent), { others: [known(1, silent)] }, 5 * minute)).toMatchObject({
      kind: 'keep',
      fate: 'unrelated',
    });
    const wanted = continuing(2, silent, { isWanted: true });
    expect(plan(wanted, {}, 5 * minute)).toMatchObject({ kind: 'report' });
  });

  test('that is a report takes what comes within a day, unless that asks for secrecy', () => {
    const filed = known(1, {}, { state: 'done', report });
    const hours = (count: number) => new Date(began.getTime() + count * 60 * minute);
    const later = (createdAt: Date, text = 'masih') =>
      plan(continuing(2, { createdAt, text }), { others: [filed] });
    expect(later(hours(24))).toEqual({ kind: 'add', reportId: 'r', trackingId: null });
    expect(later(hours(25))).toMatchObject({ kind: 'wait' });
    expect(later(hours(1), 'RAHASIA pelakunya')).toMatchObject({ kind: 'wait' });
  });
});

describe('a version', () => {
  const version = (number: number, of: readonly string[], more: Partial<KnownPost> = {}) =>
    known(number, { versionIds: of }, more);

  test('that is newer than all on record is the next, and any other is outdated', () => {
    const filed = version(2, ['1001', '1002'], { state: 'done', report });
    expect(plan(version(3, ['1001', '1002', '1003']), { others: [filed] })).toEqual({
      kind: 'version',
      reportId: 'r',
      version: 3,
    });
    expect(plan(version(1, ['1001']), { others: [filed] })).toEqual({ kind: 'outdated', reportId: 'r' });
  });

  test('that waits takes the older ones with it', () => {
    const made = plan(version(1, ['1001']), { others: [version(2, ['1001', '1002'])] });
    expect(made).toMatchObject({ kind: 'report', parts: [{ id: 'm2' }], outdated: [{ id: 'm1' }] });
  });
});

describe('an answer to ours', () => {
  const answer = (post: Partial<ReadPost> = {}) =>
    known(5, { repliedTo: { id: '42', authorId: '1708' }, conversationId: '5', ...post });

  test('is told of, unless everybody would learn of a report that is secret', () => {
    expect(plan(answer(), { answered: told })).toMatchObject({ kind: 'add', trackingId: told.trackingId });
    const secret = { ...told, confidential: true };
    expect(plan(answer(), { answered: secret })).toMatchObject({ kind: 'add', trackingId: null });
  });

  test('is a report where staff want it', () => {
    expect(plan({ ...answer(), isWanted: true }, { answered: told })).toMatchObject({ kind: 'report' });
  });
});

test('what it speaks of is waited for, and joined where everybody may know of it', () => {
  expect(plan(known(1), { spokenOf: 'unfiled' }, 5_000)).toMatchObject({ kind: 'wait' });
  expect(plan(known(1), { spokenOf: 'unfiled' }, 2 * minute)).toMatchObject({ kind: 'report', joins: null });
  expect(plan(known(1), { spokenOf: told })).toMatchObject({ joins: told.trackingId });
  expect(plan(known(1), { spokenOf: { ...told, anonymous: true } })).toMatchObject({ joins: null });
});

test('two plans are the same where the same becomes of the same posts', () => {
  const one = plan(known(1), { others: [continuing(2)] });
  expect(isSamePlan(one, plan(known(1), { others: [continuing(2)] }, 1_000))).toBe(true);
  expect(isSamePlan(one, plan(known(1), { others: [continuing(2), continuing(3)] }))).toBe(false);
  expect(isSamePlan(one, plan(known(1), { others: [continuing(2)], spokenOf: told }))).toBe(false);
  expect(isSamePlan(one, plan(known(1, { isOurs: true })))).toBe(false);
});
