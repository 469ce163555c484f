import { hash } from 'node:crypto';
import { Type } from 'typebox';
import { type Attachment, attachmentName, type ListedFile, reporterPath } from '../attachment.ts';
import { type ProgressRecord, statuses, statusOf } from '../progress.ts';
import type { Receipt } from '../report.ts';
import { PublicView, readableByAll } from './public.ts';

/** What the holder of the receipt may read: what the public may, the headline to know the report by, and their own words since. */
export const ReporterView = Type.Object({
  ...PublicView.properties,
  title: Type.Union([Type.String(), Type.Null()], { description: 'A few words, as a headline' }),
  additions: Type.Array(
    Type.Object({
      id: Type.String({ format: 'uuid', description: 'Files that came with it are listed with this id' }),
      at: Type.String({ format: 'date-time' }),
      text: Type.String({
        description:
          'Numbers, addresses and account names in it are masked; empty where files alone were added',
      }),
    }),
    { description: 'What the reporter added since, oldest first' },
  ),
  rating: Type.Union([Type.Integer({ minimum: 1, maximum: 5 }), Type.Null()], {
    description: 'How the reporter judges the outcome, 1 (bad) to 5 (good)',
  }),
});
export type ReporterView = Type.Static<typeof ReporterView>;

/** What was added to a report, as the database has it. */
export type AdditionRecord = { readonly id: string; readonly text: string; readonly receivedAt: Date };

/** Also of a confidential report, and never who sent it: a receipt may be found by somebody else. */
export function reporterView(record: ProgressRecord, additions: readonly AdditionRecord[]): ReporterView {
  return {
    ...readableByAll(record),
    title: record.title,
    additions: additions.map(({ id, text, receivedAt }) => ({ id, at: receivedAt.toISOString(), text })),
    rating: record.rating,
  };
}

/** A file of the reporter's, as the database has it, with the receipt of the very report that has it. */
export type OwnFile = Attachment & { readonly receipt: Receipt; readonly additionId: string | null };

export type ReporterFile = ListedFile & {
  /** What it was added with; null where it came with the report. */
  readonly additionId: string | null;
};

/** Each with a way to it that proves the receipt. */
export const reporterFiles = (files: readonly OwnFile[]): readonly ReporterFile[] =>
  files.map((file) => ({
    name: attachmentName(file),
    type: file.type,
    bytes: file.bytes,
    state: file.state,
    path: file.state === 'ready' ? reporterPath(file, file.receipt) : null,
    additionId: file.additionId,
  }));

/** What is told to the holder of the receipt while it happens: enough to know that there is more to read. */
export const ReporterNews = Type.Object(
  {
    status: Type.Enum([...statuses]),
    trackingId: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'News' },
);
export type ReporterNews = Type.Static<typeof ReporterNews>;

export function reporterNews(record: ProgressRecord): ReporterNews {
  return { status: statusOf(record), trackingId: record.trackingId };
}

/** Names a state of the report by what its reporter may read of it, and by nothing else: what a hash is of can be guessed. */
export function versionForReporter(record: ProgressRecord): string {
  const readable = JSON.stringify([reporterView(record, []), record.additionCount]);
  return hash('sha256', readable, 'base64url').slice(0, 12);
}
