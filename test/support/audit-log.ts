import { recordAudit } from '../../src/db/audit.ts';
import { type Pool, transaction } from '../../src/db/pool.ts';
import { chainStart } from '../../src/domain/audit-chain.ts';
import type { AuditEntry } from '../../src/domain/audit-entry.ts';

export const auditEntry: AuditEntry = {
  actor: 'ratna',
  action: 'endpoint_disabled',
  subject: 'agency:D32.73',
  reason: 'Server Diskominfo pindah – “sementara”',
  details: { host: 'lapor.bandung.example', codes: ['D32.73', 'D32.04'], count: 2, note: null },
};

/** Rows about one agency after the other; every second one has no reason. */
export async function writeAuditRows(db: Pool, count: number): Promise<void> {
  for (let row = 1; row <= count; row += 1) {
    const reason = row % 2 === 0 ? null : auditEntry.reason;
    await recordAudit(db, { ...auditEntry, subject: `agency:D32.0${row}`, reason });
  }
}

/** Does what whoever owns the database can do, and what the chain is there to find. */
export async function tamper(db: Pool, ...statements: readonly string[]): Promise<void> {
  await transaction(db, async (tx) => {
    await tx.query('alter table audit_log disable trigger user; alter table audit_head disable trigger user');
    for (const statement of statements) await tx.query(statement);
    await tx.query('alter table audit_log enable trigger user; alter table audit_head enable trigger user');
  });
}

export async function emptyAuditLog(db: Pool): Promise<void> {
  const head = `insert into audit_head (seq, hash) values (0, decode('${chainStart.hash}', 'hex'))`;
  await tamper(db, 'truncate audit_log, audit_head', head);
}
