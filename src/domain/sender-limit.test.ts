import { expect, test } from 'vitest';
import type { ReportId } from './report.ts';
import { countToSenders } from './sender-limit.ts';

const siti = Buffer.from('siti');
const budi = Buffer.from('budi');
const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 7, minute));
const sent = (name: string, phoneIndex: Buffer, minute: number) => ({
  id: name as ReportId,
  phoneIndex,
  receivedAt: at(minute),
});
const hour = (phoneIndex: Buffer, minute: number, count: number) => ({
  phoneIndex,
  beganAt: at(minute),
  count,
});

test('what is beyond the limit within the hour is surplus, of that sender alone', () => {
  const reports = [sent('a', siti, 1), sent('b', budi, 2), sent('c', siti, 59), sent('d', siti, 59)];
  const counted = countToSenders(reports, [hour(siti, 0, 1), hour(budi, 2, 0)], 2);
  expect([...counted.surplus]).toEqual(['c', 'd']);
  expect(counted.hours).toEqual([hour(siti, 0, 4), hour(budi, 2, 1)]);
});

test('an hour after it began a new one begins, also in the middle of a batch', () => {
  const reports = [sent('a', siti, 59), sent('b', siti, 60), sent('c', siti, 61)];
  const counted = countToSenders(reports, [hour(siti, 0, 2)], 2);
  expect([...counted.surplus]).toEqual(['a']);
  expect(counted.hours).toEqual([hour(siti, 60, 2)]);
});

test('one that was held up on the way counts to the hour that runs', () => {
  const counted = countToSenders([sent('late', siti, 0)], [hour(siti, 30, 2)], 2);
  expect([...counted.surplus]).toEqual(['late']);
});
