import { type InboxEntry, insertReceiptAliases, type ReceiptAlias } from '../db/reports.ts';
import type { Spool } from '../spool/spool.ts';
import { readRecord, toRecord, underOtherId } from './entry.ts';
import { listReports, type Outcome, type Storable, type StoreParts, storeEntries } from './store.ts';

/**
 * Puts spooled records into PostgreSQL; those it has already stay as they are, so replaying twice does no harm. Rejects
 * where PostgreSQL is away. A record it refuses for what is in it is kept by the spool, for staff.
 */
export async function replayRecords(
  { spool, ...parts }: StoreParts & { readonly spool: Spool },
  records: readonly string[],
): Promise<void> {
  const aliases: ReceiptAlias[] = [];
  const others: InboxEntry[] = [];
  await replay(records.map(readRecord), (entry, reportId, sameContent) => {
    if (sameContent || !mayBeReused(entry)) aliases.push({ receipt: entry.receipt, reportId });
    else others.push(underOtherId(entry));
  });
  // It had been stored before, or came twice meanwhile: its reporter holds a receipt all the same.
  if (aliases.length > 0) await insertReceiptAliases(parts.db, aliases);
  await replay(others, () => undefined);

  async function replay(
    storables: readonly Storable[],
    onRepeat: (entry: InboxEntry, reportId: ReceiptAlias['reportId'], sameContent: boolean) => void,
  ): Promise<void> {
    if (storables.length === 0) return;
    const outcomes = await storeEntries(parts, storables);
    let next = 0;
    for (const storable of storables) {
      // All in a bundle fare alike.
      const outcome = outcomes[next] as Outcome;
      next += listReports(storable).length;
      if ('error' in outcome) await spool.refuse(storable.id, toRecord(storable));
      else if (storable.table !== 'bundles' && outcome.reportId !== storable.id) {
        onRepeat(storable, outcome.reportId, outcome.sameContent);
      }
    }
  }
}

/**
 * An `Idempotency-Key` is what its sender made it: used again for something else it would have been refused, had PostgreSQL
 * been there to tell, and now it is acknowledged. Every other channel's id names one message, however often and in
 * whatever wrapping its provider sends it.
 */
const mayBeReused = ({ channel }: InboxEntry): boolean => channel === 'web';
