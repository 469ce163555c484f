import { findAuditHead, freezeView, listAudit } from '../../db/audit.ts';
import { type Db, type Pool, transaction } from '../../db/pool.ts';
import { type Breach, chainStart, describeBreach, findBreaches } from '../../domain/audit-chain.ts';
import { type Finding, fail, ok } from './finding.ts';

/** The end of the audit log only: `lapor audit verify` reads it all. */
const rowsLookedAt = 1_000;

export async function checkAuditLog(db: Pool): Promise<Finding> {
  const { rows, breach } = await transaction(db, findFirstBreach);
  return breach === null
    ? ok('audit log', rows === 0 ? 'empty' : `the last ${rows} rows are unbroken`)
    : fail(
        'audit log',
        describeBreach(breach),
        'npm run lapor -- audit verify, and find out who could write to it',
      );
}

async function findFirstBreach(db: Db): Promise<{ readonly rows: number; readonly breach: Breach | null }> {
  await freezeView(db);
  const head = await findAuditHead(db);
  const afterSeq = Math.max((head?.seq ?? 0) - rowsLookedAt, chainStart.seq);
  const rows = await listAudit(db, { afterSeq, limit: rowsLookedAt + 1 });
  // Where the log is longer than this look, what its first row follows has to be believed.
  const [first] = rows;
  const start =
    afterSeq === chainStart.seq || first === undefined
      ? chainStart
      : { seq: afterSeq, hash: first.previousHash };
  for await (const breach of findBreaches(rows, start, head)) return { rows: rows.length, breach };
  return { rows: rows.length, breach: null };
}
