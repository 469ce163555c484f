import { Type } from 'typebox';
import type { ProgressRecord } from '../progress.ts';
import { PublicView, readableByAll } from './public.ts';

/** What the holder of the receipt may read: what the public may, and the headline to know the report by. */
export const ReporterView = Type.Object({
  ...PublicView.properties,
  title: Type.Union([Type.String(), Type.Null()], { description: 'A few words, as a headline' }),
});
export type ReporterView = Type.Static<typeof ReporterView>;

/** Also of a confidential report, and never who sent it: a receipt may be found by somebody else. */
export function reporterView(record: ProgressRecord): ReporterView {
  return { ...readableByAll(record), title: record.title };
}
