import { assert, asyncProperty, constantFrom, integer, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AuditRow,
  type Breach,
  type ChainLink,
  chainStart,
  describeBreach,
  findBreaches,
  hashAuditRow,
} from './audit-chain.ts';

/** Rows as the trigger writes them. */
function writeLog(count: number): AuditRow[] {
  const rows: AuditRow[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const row = {
      seq,
      atMicros: String(1_795_000_000_000_000 + seq),
      actor: 'ratna',
      action: 'endpoint_disabled',
      subject: `agency:D32.${seq}`,
      reason: seq % 2 === 0 ? null : 'Server pindah – “sementara”',
      details: '{"host": "lapor.bandung.example"}',
      previousHash: rows.at(-1)?.hash ?? chainStart.hash,
    };
    rows.push({ ...row, hash: hashAuditRow(row) });
  }
  return rows;
}

async function breachesOf(
  rows: readonly AuditRow[],
  head: ChainLink | null,
  start = chainStart,
): Promise<readonly Breach[]> {
  const breaches: Breach[] = [];
  for await (const breach of findBreaches(rows, start, head)) breaches.push(breach);
  return breaches;
}

const rows = writeLog(8);
const [head] = rows.slice(-1);
if (head === undefined) throw new Error('eight rows have a last one');

/** The rows, numbered as they stand now. */
const renumber = (list: readonly AuditRow[]) => list.map((row, index) => ({ ...row, seq: index + 1 }));

describe('hashAuditRow', () => {
  test('gives what audit_hash of migrations/0003-audit.sql gives', () => {
    const row = {
      seq: 1708,
      atMicros: '1795317260977001', // 2026-11-22 03:14:20.977001 UTC
      actor: 'ratna',
      action: 'endpoint_disabled',
      subject: 'agency:D32.73',
      reason: null,
      details: String.raw`{"a\"\n\u0001": [true, null], "host": "lapor.bandung.example", "é🚦": 1.50}`,
      previousHash: 'ab'.repeat(32),
    };
    expect(hashAuditRow(row)).toBe('acccfaa5b465f22d3ee8bb2a4f8103e4ab403b2f444676edf6637a409c8075c7');
  });

  test('tells null from an empty text, and where one field ends from where the next begins', () => {
    const row = { ...rows[0], reason: null } as AuditRow;
    const variants = [
      row,
      { ...row, reason: '' },
      { ...row, actor: 'rat', action: `na${row.action}` },
      { ...row, actor: `${row.actor},17:${row.action}`, action: '' },
    ];
    expect(new Set(variants.map(hashAuditRow)).size).toBe(variants.length);
  });
});

describe('findBreaches', () => {
  test('finds none in a log that was only added to, nor in an empty one', async () => {
    expect(await breachesOf(rows, head)).toEqual([]);
    expect(await breachesOf([], chainStart)).toEqual([]);
  });

  test('finds none in the end of a log, where what it follows is believed', async () => {
    const end = rows.slice(5);
    const start = { seq: 5, hash: end[0]?.previousHash ?? '' };
    expect(await breachesOf(end, head, start)).toEqual([]);
    expect(await breachesOf(end.slice(1), head, start)).toEqual([{ kind: 'removed', from: 6, to: 6 }]);
  });

  test('names a row in which anything was changed, and only that row', async () => {
    const fields = ['atMicros', 'actor', 'action', 'subject', 'reason', 'details'] as const;
    await assert(
      asyncProperty(
        integer({ min: 0, max: 7 }),
        constantFrom(...fields),
        string(),
        async (index, field, value) => {
          const changed = rows.map((row, at) => (at === index ? { ...row, [field]: value } : row));
          const told = rows[index]?.[field] === value ? [] : [{ kind: 'changed', seq: index + 1 }];
          expect(await breachesOf(changed, head)).toEqual(told);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('names every gap, and goes on behind it', async () => {
    const left = rows.filter(({ seq }) => ![1, 4, 5, 8].includes(seq));
    expect(await breachesOf(left, head)).toEqual([
      { kind: 'removed', from: 1, to: 1 },
      { kind: 'removed', from: 4, to: 5 },
      { kind: 'removed', from: 8, to: 8 },
    ]);
  });

  test('tells rows that were pushed along as one', async () => {
    const forged = { ...rows[3], actor: 'ratni' } as AuditRow;
    const more = renumber([...rows.slice(0, 3), { ...forged, hash: hashAuditRow(forged) }, ...rows.slice(3)]);
    expect(await breachesOf(more, head)).toEqual([
      { kind: 'moved', from: 5, to: 9, shift: -1 },
      { kind: 'inserted', seq: 9 },
    ]);
    const fewer = renumber(rows.toSpliced(3, 2));
    expect(await breachesOf(fewer, head)).toEqual([
      { kind: 'moved', from: 4, to: 6, shift: 2 },
      { kind: 'removed', from: 7, to: 8 },
    ]);
  });

  test('names two rows that changed places', async () => {
    const [two, seven] = [rows[1], rows[6]] as [AuditRow, AuditRow];
    expect(await breachesOf(renumber(rows.with(1, seven).with(6, two)), head)).toEqual([
      { kind: 'moved', from: 2, to: 2, shift: 5 },
      { kind: 'moved', from: 7, to: 7, shift: -5 },
    ]);
  });

  test('names two rows that do not fit each other although each fits itself', async () => {
    const changed = { ...rows[2], actor: 'ratni' } as AuditRow;
    const resigned = rows.with(2, { ...changed, hash: hashAuditRow(changed) });
    expect(await breachesOf(resigned, head)).toEqual([{ kind: 'unlinked', seq: 4, previous: 3 }]);
    expect(await breachesOf(resigned.slice(0, 3), { seq: 3, hash: rows[2]?.hash ?? '' })).toEqual([
      { kind: 'head-unlinked', seq: 3 },
    ]);
  });

  test('misses the head where it is gone', async () => {
    expect(await breachesOf(rows, null)).toEqual([{ kind: 'head-missing' }]);
  });
});

test.each<readonly [Breach, string]>([
  [{ kind: 'removed', from: 3, to: 3 }, 'row 3 was removed'],
  [{ kind: 'removed', from: 3, to: 5 }, 'rows 3 to 5 were removed'],
  [
    { kind: 'moved', from: 3, to: 5, shift: 1 },
    'rows 3 to 5 were written as 4 to 6: rows were exchanged, put in or taken out before',
  ],
])('%o is told as: %s', (breach, sentence) => {
  expect(describeBreach(breach)).toBe(sentence);
});
