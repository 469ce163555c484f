import { expect, test } from 'vitest';
import { readLines, toLine } from './line.ts';

const records = [
  '{"text":"Lampu jalan di Jl. Cisitu Indah mati 3 minggu"}',
  '{"text":"Sampah menumpuk di TPS Pasar Kosambi 🗑️, baunya ke mana-mana"}',
  '',
  '{"text":"0badcafe palsu, deadbeef juga"}',
];
const content = Buffer.from(records.map(toLine).join(''));
/** Where each record begins and ends, its two newlines included. */
const spans = records.map((record, index) => {
  const start = Buffer.byteLength(records.slice(0, index).map(toLine).join(''));
  return { record, start, end: start + Buffer.byteLength(toLine(record)) };
});

const read = (bytes: Buffer) => readLines(bytes).flatMap(({ record }) => record ?? []);

test('what was written is read, in its order', () => {
  expect(read(content)).toEqual(records);
});

test('a record that would break the line, or that UTF-8 cannot hold, is refused', () => {
  expect(() => toLine('{\n}')).toThrow('one line');
  expect(() => toLine('\ud800')).toThrow('well-formed');
});

test('cut at any byte, every record that was whole comes out, and the rest is torn and not damaged', () => {
  for (let at = 0; at <= content.length; at += 1) {
    const lines = readLines(content.subarray(0, at));
    const whole = spans.filter(({ end }) => end <= at).map(({ record }) => record);
    expect(lines.flatMap(({ record }) => record ?? [])).toEqual(whole);
    expect(lines.filter(({ record, torn }) => record === null && !torn)).toEqual([]);
  }
});

test('one byte damaged, any byte in any way, costs the record it belongs to and no other, and is found', () => {
  const wrong: unknown[] = [];
  for (let at = 0; at < content.length; at += 1) {
    const unharmed = spans.filter(({ start, end }) => at < start || at >= end).map(({ record }) => record);
    for (let mask = 1; mask < 256; mask += 1) {
      const damaged = Buffer.from(content);
      damaged.writeUInt8(content.readUInt8(at) ^ mask, at);
      const isFound = readLines(damaged).some(({ record, torn }) => record === null && !torn);
      const found = read(damaged);
      if (!isFound || found.join('\n') !== unharmed.join('\n')) wrong.push({ at, mask, found });
    }
  }
  expect(wrong).toEqual([]);
});
