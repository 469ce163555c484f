import { hash } from 'node:crypto';
import { Type } from 'typebox';
import { type ProgressRecord, statuses, statusOf } from '../progress.ts';
import { PublicView, readableByAll } from './public.ts';

/** What the holder of the receipt may read: what the public may, the headline to know the report by, and their own words since. */
export const ReporterView = Type.Object({
  ...PublicView.properties,
  title: Type.Union([Type.String(), Type.Null()], { description: 'A few words, as a headline' }),
  additions: Type.Array(
    Type.Object({
      at: Type.String({ format: 'date-time' }),
      text: Type.String({ description: 'Numbers, addresses and account names in it are masked' }),
    }),
    { description: 'What the reporter added since, oldest first' },
  ),
  rating: Type.Union([Type.Integer({ minimum: 1, maximum: 5 }), Type.Null()], {
    description: 'How the reporter judges the outcome, 1 (bad) to 5 (good)',
  }),
});
export type ReporterView = Type.Static<typeof ReporterView>;

/** What was added to a report, as the database has it. */
export type AdditionRecord = { readonly text: string; readonly receivedAt: Date };

/** Also of a confidential report, and never who sent it: a receipt may be found by somebody else. */
export function reporterView(record: ProgressRecord, additions: readonly AdditionRecord[]): ReporterView {
  return {
    ...readableByAll(record),
    title: record.title,
    additions: additions.map(({ text, receivedAt }) => ({ at: receivedAt.toISOString(), text })),
    rating: record.rating,
  };
}

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
