import { Type } from 'typebox';
import { type Attachment, attachmentName, attachmentPath, isPublic, type ListedFile } from '../attachment.ts';
import { listSteps, type ProgressRecord, statuses, statusOf, steps } from '../progress.ts';
import { kinds } from '../report.ts';

const nullable = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

/** What everybody may read who has the tracking ID: no title, no text, nobody's name. */
export const PublicView = Type.Object(
  {
    trackingId: nullable('12 digits, shown to people as 4-4-4; null until the report is filed'),
    status: Type.Enum([...statuses], {
      description:
        'accepted: stored; in_review: looked at by the national desk; forwarded: has its agency; delivered: the agency has it',
    }),
    kind: Type.Enum([...kinds]),
    channel: Type.String(),
    receivedAt: Type.String({ format: 'date-time' }),
    agency: Type.Union([Type.Object({ code: Type.String(), name: Type.String() }), Type.Null()]),
    topic: nullable('Name of the topic'),
    reason: nullable('Why this agency, in words'),
    duplicateOf: nullable('Tracking ID of an earlier report of the same event'),
    history: Type.Array(
      Type.Object({
        at: Type.String({ format: 'date-time' }),
        what: Type.Enum([...steps]),
        agency: nullable('Name of the agency concerned'),
      }),
    ),
  },
  { title: 'Progress' },
);
export type PublicView = Type.Static<typeof PublicView>;

/** Null for a confidential report: the public must not tell it from one that does not exist. Where the post is gone nothing of its words stays. */
export function publicView(record: ProgressRecord): PublicView | null {
  if (record.confidential) return null;
  const view = readableByAll(record);
  // the reason names what the words named
  return record.withdrawnAt === null ? view : { ...view, reason: null };
}

/** Copies member by member what neither the reporter nor the public is denied. */
export function readableByAll(record: ProgressRecord): PublicView {
  const { route, first } = record;
  return {
    trackingId: record.trackingId,
    status: statusOf(record),
    kind: record.kind,
    channel: record.channel,
    receivedAt: record.receivedAt.toISOString(),
    agency: route && { code: route.agencyCode, name: route.agencyName },
    topic: route?.topicName ?? null,
    reason: route?.reason ?? null,
    // to name a confidential report, even to somebody who told of the same event, is to say that it exists
    duplicateOf: first === null || first.confidential ? null : first.trackingId,
    history: listSteps(record).map(({ at, what, agencyName }) => ({
      at: at.toISOString(),
      what,
      agency: agencyName,
    })),
  };
}

/** Of a confidential report none, released or not: the public does not know of it. */
export function publicFiles(
  record: Pick<ProgressRecord, 'anonymous' | 'confidential' | 'withdrawnAt'>,
  files: readonly Attachment[],
): readonly ListedFile[] {
  if (record.confidential) return [];
  return files
    .filter((file) => isPublic(file, record))
    .map((file) => ({
      name: attachmentName(file),
      type: file.type,
      bytes: file.bytes,
      state: file.state,
      path: attachmentPath(file),
    }));
}
