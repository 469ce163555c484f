import { hash } from 'node:crypto';
import type { Accept } from '../src/accept.ts';
import type { DoorContext } from '../src/context.ts';
import type { InboxEntry } from '../src/db/reports.ts';
import type { Inbound } from '../src/domain/message.ts';
import type { Receipt } from '../src/domain/report.ts';
import { toInboxEntry } from '../src/inbox/entry.ts';
import type { Inbox } from '../src/inbox/inbox.ts';

/** How long what was acknowledged lies in memory only. */
const negligenceMs = 300;

/** The mistake this harness exists to find: the receipt first, the commit a moment later, and nothing if that fails. */
export function createEarlyAccept(
  context: Pick<DoorContext, 'seal' | 'blindIndex' | 'clock'>,
  inbox: Pick<Inbox, 'store'>,
): Accept {
  async function storeLater(entries: readonly InboxEntry[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, negligenceMs));
    await inbox.store(entries);
  }

  /** A repeat has the receipt of the first, so that this door is wrong in one thing only. */
  function toEntry(report: Inbound): InboxEntry {
    const entry = toInboxEntry(report, context);
    const receipt = hash('sha256', `${report.channel}:${report.externalId ?? entry.id}`).slice(
      0,
      33,
    ) as Receipt;
    return { ...entry, receipt, row: JSON.stringify({ ...JSON.parse(entry.row), receipt }) };
  }

  return async (reports) => {
    const entries = reports.map(toEntry);
    storeLater(entries).catch(() => undefined);
    return entries.map(({ id, receipt }) => ({
      reportId: id,
      receipt,
      repeated: false,
      sameContent: true,
    }));
  };
}
