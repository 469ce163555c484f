import { createHash } from 'node:crypto';

/**
 * The audit log as a chain: each row holds the hash of the one before, and the head holds that of the last. What a
 * trigger computed on the way in (`migrations/0003-audit.sql`) is computed here again, from what the rows say now.
 */

export type AuditRow = {
  readonly seq: number;
  /** Microseconds since 1970: as exact as PostgreSQL keeps time, and the same in every time zone. */
  readonly atMicros: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  /** JSON, to the letter as PostgreSQL writes its jsonb. */
  readonly details: string;
  /** Hashes are 64 hexadecimal digits. */
  readonly previousHash: string;
  readonly hash: string;
};

/** A place in the chain: the row with this number has this hash. */
export type ChainLink = Pick<AuditRow, 'seq' | 'hash'>;

/** What the first row follows, and the head of an empty log. */
export const chainStart: ChainLink = { seq: 0, hash: '0'.repeat(64) };

/** The hash a row has if it was never touched. */
export function hashAuditRow(row: Omit<AuditRow, 'hash'>): string {
  const { seq, atMicros, actor, action, subject, reason, details } = row;
  const fields = [String(seq), atMicros, actor, action, subject, reason, details];
  return createHash('sha256')
    .update(row.previousHash, 'hex')
    .update(fields.map(toNetstring).join(''))
    .digest('hex');
}

/** Its length in front, so that nothing a field holds can pass for the end of it. */
const toNetstring = (value: string | null): string =>
  value === null ? '-' : `${Buffer.byteLength(value)}:${value},`;

/** Untouched but for their numbers, which were higher or lower by `shift`. */
type Moved = { readonly kind: 'moved'; readonly from: number; readonly to: number; readonly shift: number };

/** Something that adding rows alone cannot have led to. `from` and `to` are numbers of rows, both included. */
export type Breach =
  | { readonly kind: 'changed'; readonly seq: number }
  | { readonly kind: 'removed'; readonly from: number; readonly to: number }
  | { readonly kind: 'inserted'; readonly seq: number }
  | Moved
  /** Each of the two rows fits itself, and they don't fit each other. */
  | { readonly kind: 'unlinked'; readonly seq: number; readonly previous: number }
  | { readonly kind: 'head-unlinked'; readonly seq: number }
  | { readonly kind: 'head-missing' };

/**
 * Every breach from `start` to `head`, in the order of the rows, which come by their numbers; none where the chain is
 * whole. What follows from a breach that was told is not told again.
 */
export async function* findBreaches(
  rows: AsyncIterable<AuditRow> | Iterable<AuditRow>,
  start: ChainLink,
  head: ChainLink | null,
): AsyncGenerator<Breach> {
  let last = start;
  // Of a row that was touched nobody knows what should follow.
  let lastIsSound = true;
  let moved: Moved | null = null;
  for await (const row of rows) {
    const shift = row.hash === hashAuditRow(row) ? 0 : findShift(row);
    if (moved !== null && (shift !== moved.shift || row.seq !== moved.to + 1)) {
      yield moved;
      moved = null;
    }
    if (shift !== 0 && shift !== null) {
      moved = extend(moved, row.seq, shift);
    } else {
      const next = last.seq + 1;
      if (row.seq < next) yield { kind: 'inserted', seq: row.seq };
      if (row.seq > next) yield { kind: 'removed', from: next, to: row.seq - 1 };
      if (shift === null) yield { kind: 'changed', seq: row.seq };
      else if (row.seq === next && lastIsSound && row.previousHash !== last.hash) {
        yield { kind: 'unlinked', seq: row.seq, previous: last.seq };
      }
    }
    last = row;
    lastIsSound = shift === 0;
  }
  if (moved !== null) yield moved;
  if (head === null) yield { kind: 'head-missing' };
  else if (last.seq < head.seq) yield { kind: 'removed', from: last.seq + 1, to: head.seq };
  else if (last.seq > head.seq) yield { kind: 'inserted', seq: last.seq };
  else if (lastIsSound && last.hash !== head.hash) yield { kind: 'head-unlinked', seq: head.seq };
}

/** Rows that moved together are told together. */
const extend = (moved: Moved | null, seq: number, shift: number): Moved => ({
  kind: 'moved',
  from: moved?.from ?? seq,
  to: seq,
  shift,
});

/** Rows are exchanged or pushed along by less, as a rule; one from farther away is a changed one. */
const farthestShift = 1_000;

/** By how much the row's number was higher when it was written; null where no other number makes it fit either. */
function findShift(row: AuditRow): number | null {
  for (let distance = 1; distance <= farthestShift; distance += 1) {
    for (const shift of [distance, -distance]) {
      if (hashAuditRow({ ...row, seq: row.seq + shift }) === row.hash) return shift;
    }
  }
  return null;
}

/** A sentence for whoever has to find out what happened. */
export function describeBreach(breach: Breach): string {
  switch (breach.kind) {
    case 'changed':
      return `row ${breach.seq} was changed: its hash does not fit what it says`;
    case 'removed':
      return breach.from === breach.to
        ? `row ${breach.from} was removed`
        : `rows ${breach.from} to ${breach.to} were removed`;
    case 'inserted':
      return `row ${breach.seq} was put in: its number was taken, or the log ended before it`;
    case 'moved': {
      const { from, to, shift } = breach;
      const rows = from === to ? `row ${from} was` : `rows ${from} to ${to} were`;
      const numbers = from === to ? `${from + shift}` : `${from + shift} to ${to + shift}`;
      return `${rows} written as ${numbers}: rows were exchanged, put in or taken out before`;
    }
    case 'unlinked':
      return `row ${breach.seq} does not follow row ${breach.previous}: one of the two was replaced`;
    case 'head-unlinked':
      return `row ${breach.seq}, the last, does not fit the head: one of the two was replaced`;
    case 'head-missing':
      return 'the head is gone: nobody knows which row was the last';
  }
}
