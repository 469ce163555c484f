import { Type } from 'typebox';
import { type ProgressRecord, statuses, statusOf } from '../progress.ts';
import { type ChannelName, channelNames, type Identity } from '../report.ts';

/** A stored report with what its seal told; null for what was not, or could not be, opened. */
export type ExportRecord = Pick<ProgressRecord, 'filedAt' | 'quarantinedAt' | 'heldAt'> & {
  readonly channel: ChannelName;
  readonly receivedAt: Date;
  /** Masked. */
  readonly text: string;
  /** Of a copy: that of the first. */
  readonly trackingId: string | null;
  readonly deliveredAt: Date | null;
  readonly isCopy: boolean;
  readonly messageId: string | null;
};

/** What is told of a report only where that was asked for with a reason. */
export type Revealed = {
  readonly identity: Identity | null;
  /** As it was written, where something was masked in it. */
  readonly unmasked: { readonly text: string } | null;
};

const nullable = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

/** What outside checks read back: one line of `lapor report export`. */
export const ExportLine = Type.Object(
  {
    externalId: nullable(
      "the provider's own id of the message, as it was sent; null where it gave none, and of a post, because it leads to its author, unless the sender is revealed",
    ),
    channel: Type.Enum([...channelNames]),
    receivedAt: Type.String({ format: 'date-time' }),
    text: Type.String({ description: 'masked; as it was written where the sender is revealed' }),
    trackingId: nullable('12 digits; of a copy: that of the first report'),
    status: Type.Enum([...statuses, 'held', 'copy']),
    from: Type.Optional(nullable('phone number, e-mail address, account with @, or name')),
  },
  { title: 'Exported report' },
);
export type ExportLine = Type.Static<typeof ExportLine>;

/** Copies member by member; who sent it, and what was masked, only where that is `revealed`. */
export function exportLine(record: ExportRecord, revealed: Revealed | null, reveal: boolean): ExportLine {
  return {
    // the id of a post leads everybody to its author
    externalId: record.channel === 'twitter' && !reveal ? null : record.messageId,
    channel: record.channel,
    receivedAt: record.receivedAt.toISOString(),
    text: (reveal ? revealed?.unmasked?.text : null) ?? record.text,
    trackingId: record.trackingId,
    status: exportStatus(record),
    ...(reveal ? { from: nameSender(revealed?.identity ?? null) } : {}),
  };
}

function exportStatus(record: ExportRecord): ExportLine['status'] {
  if (record.isCopy) return 'copy';
  if (record.heldAt !== null) return 'held';
  return statusOf({ ...record, route: { deliveredAt: record.deliveredAt } });
}

function nameSender(identity: Identity | null): string | null {
  const handle = identity?.account?.handle ?? null;
  return (
    identity?.phone ?? identity?.email ?? (handle === null ? null : `@${handle}`) ?? identity?.name ?? null
  );
}
