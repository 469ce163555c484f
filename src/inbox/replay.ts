import { type InboxEntry, insertReceiptAliases, type ReceiptAlias } from '../db/reports.ts';
import type { Spool } from '../spool/spool.ts';
import { readEntry, underOtherId } from './entry.ts';
import { type StoreParts, storeEntries } from './store.ts';

/**
 * Puts spooled records into PostgreSQL; those it has already stay as they are, so replaying twice does no harm. Rejects
 * where PostgreSQL is away. A record it refuses for what is in it is kept by the spool, for staff.
 */
export async function replayRecords(
  { spool, ...parts }: StoreParts & { readonly spool: Spool },
  records: readonly string[],
): Promise<void> {
  const entries = records.map(readEntry);
  const outcomes = await storeEntries(parts, entries);
  const aliases: ReceiptAlias[] = [];
  const others: InboxEntry[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const entry = entries[index] as InboxEntry;
    if ('error' in outcome) await spool.refuse(entry.id, entry.row);
    else if (outcome.reportId === entry.id) continue;
    else if (outcome.sameContent) aliases.push({ receipt: entry.receipt, reportId: outcome.reportId });
    else others.push(underOtherId(entry));
  }
  // The message had been stored before, or came twice meanwhile: its reporter holds a receipt all the same.
  if (aliases.length > 0) await insertReceiptAliases(parts.db, aliases);
  // A key used again for something else would have been refused, had PostgreSQL been there to tell. Now it is acknowledged.
  if (others.length > 0) await storeEntries(parts, others);
}
