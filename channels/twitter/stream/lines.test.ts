import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineReader } from './lines.ts';

/** A minute of the stream: five posts and heartbeats, in the framing that is documented. The posts are invented. */
const session = readFileSync(new URL('./fixtures/session.txt', import.meta.url));
const lines = session
  .toString('utf8')
  .split('\r\n')
  .filter((line) => line !== '');

/** Where each line has come whole. */
const ends = lines.map((line) => session.indexOf(line) + Buffer.byteLength(line));

/** All lines of a session that comes in these pieces. */
function readPieces(pieces: readonly Buffer[], longest?: number): readonly string[] {
  const reader = createLineReader(longest);
  return pieces.flatMap((piece) => reader.push(piece));
}

describe('lines', () => {
  it('are the same wherever the bytes are cut in two', () => {
    for (let at = 0; at <= session.length; at += 1) {
      expect(readPieces([session.subarray(0, at), session.subarray(at)])).toEqual(lines);
    }
  });

  it('are the same in whatever pieces they come, byte by byte among others', () => {
    expect(readPieces([...session].map((byte) => Buffer.of(byte)))).toEqual(lines);
    const cuts = fc.array(fc.nat(session.length), { maxLength: 60 });
    fc.assert(
      fc.property(cuts, (places) => {
        const sorted = [0, ...places.sort((a, b) => a - b), session.length];
        const pieces = sorted.slice(1).map((end, index) => session.subarray(sorted[index], end));
        expect(readPieces(pieces)).toEqual(lines);
      }),
      { numRuns: 300 },
    );
  });

  it('are given whole or not at all, wherever the stream ends', () => {
    for (let at = 0; at <= session.length; at += 1) {
      const reader = createLineReader();
      const given = reader.push(session.subarray(0, at));
      expect(given).toEqual(lines.slice(0, given.length));
      // What is left is the beginning of the next one, whole at most; its last character may be torn.
      expect(lines[given.length] ?? '').toSatisfy((next: string) =>
        next.startsWith(reader.rest().replace(/\ufffd+$/, '')),
      );
      const whole = given.length + (reader.rest() === lines[given.length] ? 1 : 0);
      expect(whole).toBe(ends.filter((end) => end <= at).length);
    }
  });

  it('end with LF, with CRLF, and with a CRLF that comes alone', () => {
    expect(
      readPieces([Buffer.from('satu\ndua\r'), Buffer.from('\n\r\n\n'), Buffer.from('tiga\r\n')]),
    ).toEqual(['satu', 'dua', 'tiga']);
    expect(
      readPieces([Buffer.from('satu'), Buffer.from('\r\n'), Buffer.from('dua'), Buffer.from('\r\n')]),
    ).toEqual(['satu', 'dua']);
  });

  it('that are longer than may be are left out and counted, and those behind them are not', () => {
    const reader = createLineReader(10);
    const long = Buffer.from('x'.repeat(7));
    const given = [
      Buffer.from('satu\n'),
      long,
      long,
      long,
      Buffer.from('\r\n0123456789\n01234567890\ntiga\n'),
    ];
    expect(given.flatMap((piece) => reader.push(piece))).toEqual(['satu', '0123456789', 'tiga']);
    expect(reader.dropped()).toBe(2);
  });

  it('of megabytes in small pieces take a moment', () => {
    const reader = createLineReader();
    const piece = Buffer.alloc(1_000, 'x');
    for (let count = 0; count < 4_000; count += 1) expect(reader.push(piece)).toEqual([]);
    expect(reader.push(Buffer.from('\r\n'))[0]).toHaveLength(4_000_000);
  });
});
