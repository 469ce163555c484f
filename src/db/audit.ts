import type { AuditRow, ChainLink } from '../domain/audit-chain.ts';
import type { AuditEntry } from '../domain/audit-entry.ts';
import type { Db } from './pool.ts';

/**
 * Adds a row to the audit log; it stays if the transaction around it does. Every other writer waits until that ends, so
 * this belongs at its end, or right before what it is about.
 */
export async function recordAudit(db: Db, entry: AuditEntry): Promise<void> {
  const { actor, action, subject, reason, details } = entry;
  await db.query({
    name: 'record-audit',
    // number, time and hashes come from a trigger
    text: 'insert into audit_log (actor, action, subject, reason, details) values ($1, $2, $3, $4, $5)',
    values: [actor, action, subject, reason, JSON.stringify(details)],
  });
}

/** Up to `limit` rows behind the number `afterSeq`, in the order of their numbers. */
export async function listAudit(
  db: Db,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): Promise<readonly AuditRow[]> {
  const { rows } = await db.query<Row>({
    name: 'list-audit',
    text: `
      select seq, trunc(extract(epoch from at) * 1000000)::text as at_micros, actor, action, subject, reason,
        details::text as details, encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
      from audit_log where seq > $1 order by seq limit $2`,
    values: [afterSeq, limit],
  });
  return rows.map(toAuditRow);
}

/** The last `limit` rows, the oldest of them first; only those of an action or about a subject where one is given. */
export async function listLatestAudit(
  db: Db,
  asked: { readonly action: string | null; readonly subject: string | null; readonly limit: number },
): Promise<readonly AuditRow[]> {
  const { rows } = await db.query<Row>({
    text: `
      select seq, trunc(extract(epoch from at) * 1000000)::text as at_micros, actor, action, subject, reason,
        details::text as details, encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
      from audit_log
      where ($1::text is null or action = $1) and ($2::text is null or subject = $2)
      order by seq desc limit $3`,
    values: [asked.action, asked.subject, asked.limit],
  });
  return rows.map(toAuditRow).reverse();
}

type Row = {
  /** PostgreSQL's bigint comes as text. */
  seq: string;
  at_micros: string;
  actor: string;
  action: string;
  subject: string;
  reason: string | null;
  details: string;
  previous_hash: string;
  hash: string;
};

const toAuditRow = (row: Row): AuditRow => ({
  seq: Number(row.seq),
  atMicros: row.at_micros,
  actor: row.actor,
  action: row.action,
  subject: row.subject,
  reason: row.reason,
  details: row.details,
  previousHash: row.previous_hash,
  hash: row.hash,
});

/** Null where somebody deleted it. */
export async function findAuditHead(db: Db): Promise<ChainLink | null> {
  const { rows } = await db.query<{ seq: string; hash: string }>(
    "select seq, encode(hash, 'hex') as hash from audit_head",
  );
  const [head] = rows;
  return head === undefined ? null : { seq: Number(head.seq), hash: head.hash };
}

export async function countAudit(db: Db): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*)::int as count from audit_log');
  return rows[0]?.count ?? 0;
}

/** Begins a transaction's work: all it reads is of one moment, so rows and head fit although others go on writing. */
export async function freezeView(db: Db): Promise<void> {
  await db.query('set transaction isolation level repeatable read, read only');
}
