import { expect, test } from 'vitest';
import type { Identity, ReportId } from '../report.ts';
import { findCopies, markOfCopies } from './copies.ts';

const siti: Identity = { name: null, phone: '+6281234567890', email: null, onBehalfOf: null };
const mark = (text: string, more: Partial<Parameters<typeof markOfCopies>[0]> = {}) =>
  markOfCopies({
    channel: 'sms',
    identity: siti,
    anonymous: false,
    confidential: false,
    title: null,
    place: null,
    text,
    ...more,
  });

test('the same words from the same number are a copy, however they are spelled', () => {
  expect(mark('Lampu jalan mati')).toBe(mark('selamat pagi, LAMPU JALAN mati!!'));
});

test('another number, another word or another openness makes no copy', () => {
  const open = mark('Lampu jalan mati');
  expect(mark('Lampu jalan mati', { identity: { ...siti, phone: '+6281300000002' } })).not.toBe(open);
  expect(mark('Lampu jalan nyala')).not.toBe(open);
  expect(mark('Lampu jalan mati', { anonymous: true })).not.toBe(open);
  expect(mark('Lampu jalan mati', { confidential: true })).not.toBe(open);
});

test('two texts that read the same only once numbers are masked are no copies', () => {
  expect(mark('Bansos NIK 3273012345678901 belum cair')).not.toBe(
    mark('Bansos NIK 3273012345678902 belum cair'),
  );
});

test('what did not come by SMS, or from nobody, is never a copy', () => {
  expect(mark('Lampu jalan mati', { channel: 'web' })).toBe(null);
  expect(mark('Lampu jalan mati', { identity: null })).toBe(null);
});

const id = (name: string) => name as ReportId;
const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 7, minute));
const lamp = Buffer.from('lamp');
const sent = (name: string, minute: number, copyIndex = lamp) => ({
  id: id(name),
  copyIndex,
  receivedAt: at(minute),
});
const first = (name: string, minute: number) => ({
  copyIndex: lamp,
  reportId: id(name),
  receivedAt: at(minute),
});
const hour = 3_600_000;

test('within the window all are copies of the first, stored before or one of them', () => {
  const burst = [sent('a', 0), sent('b', 5), sent('c', 60)];
  expect(findCopies(burst, [first('a', 0)], hour)).toEqual({
    copies: new Map([
      [id('b'), id('a')],
      [id('c'), id('a')],
    ]),
    begun: [],
  });
  expect(findCopies([sent('b', 5)], [first('a', 0)], hour).copies).toEqual(new Map([[id('b'), id('a')]]));
});

test('after the window the next is the first of a new burst, and the rest are copies of that', () => {
  expect(findCopies([sent('b', 61), sent('c', 62)], [first('a', 0)], hour)).toEqual({
    copies: new Map([[id('c'), id('b')]]),
    begun: [first('b', 61)],
  });
});

test('one that was held up on the way is a copy within the window before the first, else a report of its own', () => {
  expect(findCopies([sent('late', 10)], [first('a', 30)], hour).copies.get(id('late'))).toBe(id('a'));
  expect(findCopies([sent('late', 0)], [first('a', 90)], hour)).toEqual({ copies: new Map(), begun: [] });
});

test('reports with another index have nothing to do with each other', () => {
  const road = Buffer.from('road');
  const firsts = [first('a', 0), { ...first('b', 1), copyIndex: road }];
  expect(findCopies([sent('a', 0), sent('b', 1, road)], firsts, hour).copies.size).toBe(0);
});
