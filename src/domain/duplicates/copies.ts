import { createHash } from 'node:crypto';
import type { NewMessage } from '../message.ts';
import type { NewReport, ReportId } from '../report.ts';
import { canonicalText, fingerprint } from './fingerprint.ts';

/**
 * What two SMS have in common where one is a copy of the other: who sent them, and what they say as it was written; null
 * for what is never a copy. An open report and an anonymous or confidential one differ in it: from being put together,
 * nobody may learn that they come from one person. By form or API each report is meant: an impatient thumb that sends
 * twice has a key there.
 */
export function markOfCopies(
  report: Pick<NewReport, 'channel' | 'identity' | 'anonymous' | 'title' | 'text' | 'place' | 'confidential'>,
): string | null {
  if (report.channel !== 'sms' || report.identity?.phone == null) return null;
  const openness = report.anonymous ? 'anonymous' : 'open';
  return `${report.identity.phone}\n${openness}\n${fingerprint(report).toString('hex')}`;
}

/**
 * As `markOfCopies`, of one part of a long SMS: what is said is known when the others are there, and whoever puts them
 * together has no key to mark it with. Null for what is no part.
 */
export function markOfPart({ identity, content }: Pick<NewMessage, 'identity' | 'content'>): string | null {
  if (content.kind !== 'part' || identity?.phone == null) return null;
  const { number, total, text } = content;
  return `${identity.phone}\npart ${number} of ${total}\n${canonicalText(text) || text}`;
}

/** What copies of a long SMS have in common, of the blind indexes of the marks of all its parts; null where one has none. */
export function joinPartMarks(
  indexes: readonly (Buffer | null)[],
  { anonymous, confidential }: Pick<NewReport, 'anonymous' | 'confidential'>,
): Buffer | null {
  const known = indexes.filter((index) => index !== null);
  if (known.length === 0 || known.length < indexes.length) return null;
  return createHash('sha256')
    .update(`${anonymous ? 'anonymous' : 'open'} ${confidential ? 'confidential' : 'open'}\n`)
    .update(Buffer.concat(known))
    .digest()
    .subarray(0, 16);
}

/** The report that was the first to say what all with this index say. */
export type FirstSending = {
  readonly copyIndex: Buffer;
  readonly reportId: ReportId;
  readonly receivedAt: Date;
};

/**
 * Which reports are copies, and of which; `firsts` names for every index among them the first there is, which may be one
 * of them. Received longer than the window after the first, a report is the first of a new burst (`begun`); longer
 * before it, as one that was held up on the way, it is neither. `reports` come oldest first.
 */
export function findCopies(
  reports: readonly {
    readonly id: ReportId;
    readonly copyIndex: Buffer;
    readonly receivedAt: Date;
  }[],
  firsts: readonly FirstSending[],
  windowMs: number,
): { readonly copies: ReadonlyMap<ReportId, ReportId>; readonly begun: readonly FirstSending[] } {
  const firstOf = new Map(firsts.map((first) => [first.copyIndex.toString('hex'), first]));
  const copies = new Map<ReportId, ReportId>();
  const begun = new Map<string, FirstSending>();
  for (const { id, copyIndex, receivedAt } of reports) {
    const index = copyIndex.toString('hex');
    const first = firstOf.get(index);
    if (first === undefined || first.reportId === id) continue;
    const later = receivedAt.getTime() - first.receivedAt.getTime();
    if (Math.abs(later) <= windowMs) {
      copies.set(id, first.reportId);
    } else if (later > 0) {
      const next = { copyIndex, reportId: id, receivedAt };
      firstOf.set(index, next);
      begun.set(index, next);
    }
  }
  return { copies, begun: [...begun.values()] };
}
