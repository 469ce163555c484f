import { Type } from 'typebox';
import type { ReportId } from '../report.ts';

/** A report with all that became of it, as the database has it. */
export type ReportFile = {
  readonly report_id: ReportId;
  readonly tracking_id: string | null;
  readonly channel: string;
  readonly kind: string;
  readonly title: string | null;
  readonly text: string;
  readonly place: string | null;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  readonly received_at: Date;
  readonly filed_at: Date | null;
  readonly duplicate_of: string | null;
  /** The report it is a copy of, sent again by the same person. */
  readonly copy_of: ReportId | null;
  /** How many copies of it came. */
  readonly copies: number;
  /** Its provider gave the message no id of its own: a repeat is known only by sender, words and time. */
  readonly without_provider_id: boolean;
  readonly held_for: string | null;
  readonly quarantine_error: string | null;
  /** The post that became the report is there no more, and nothing of it is public, since then. */
  readonly post_gone_at: Date | null;
  /** Since when its case is viral, and how many posted about it within an hour. */
  readonly viral_since: Date | null;
  readonly viral_posts: number | null;
};

export type Hop = {
  readonly hop: number;
  readonly agency_code: string;
  readonly agency_name: string;
  readonly topic_code: string | null;
  readonly reason: string;
  readonly confidence: number;
  readonly decided_at: Date;
};

export type DeliveryLine = {
  readonly id: string;
  readonly agency_code: string;
  readonly state: string;
  readonly attempt_count: number;
  readonly next_attempt_at: Date;
  readonly finished_at: Date | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
};

const text = Type.String();
const nullableText = Type.Union([Type.String(), Type.Null()]);
const moment = Type.String({ format: 'date-time' });
const nullableMoment = Type.Union([moment, Type.Null()]);

/** What staff may read, and `lapor report show --json` prints: everything said and done, never who sent it. */
export const StaffView = Type.Object({
  report_id: text,
  tracking_id: nullableText,
  channel: text,
  kind: text,
  title: nullableText,
  text,
  place: nullableText,
  anonymous: Type.Boolean(),
  confidential: Type.Boolean(),
  received_at: moment,
  filed_at: nullableMoment,
  duplicate_of: nullableText,
  copy_of: nullableText,
  copies: Type.Integer(),
  without_provider_id: Type.Boolean(),
  held_for: nullableText,
  quarantine_error: nullableText,
  post_gone_at: nullableMoment,
  viral_since: nullableMoment,
  viral_posts: Type.Union([Type.Integer(), Type.Null()]),
  routes: Type.Array(
    Type.Object({
      hop: Type.Integer(),
      agency_code: text,
      agency_name: text,
      topic_code: nullableText,
      reason: text,
      confidence: Type.Number(),
      decided_at: moment,
    }),
  ),
  deliveries: Type.Array(
    Type.Object({
      id: text,
      agency_code: text,
      state: text,
      attempt_count: Type.Integer(),
      next_attempt_at: moment,
      finished_at: nullableMoment,
      last_status: Type.Union([Type.Integer(), Type.Null()]),
      last_error: nullableText,
    }),
  ),
});
export type StaffView = Type.Static<typeof StaffView>;

/** Copies member by member what staff may read. */
export function staffView(
  file: ReportFile,
  hops: readonly Hop[],
  deliveries: readonly DeliveryLine[],
): StaffView {
  return {
    report_id: file.report_id,
    tracking_id: file.tracking_id,
    channel: file.channel,
    kind: file.kind,
    title: file.title,
    text: file.text,
    place: file.place,
    anonymous: file.anonymous,
    confidential: file.confidential,
    received_at: file.received_at.toISOString(),
    filed_at: file.filed_at?.toISOString() ?? null,
    duplicate_of: file.duplicate_of,
    copy_of: file.copy_of,
    copies: file.copies,
    without_provider_id: file.without_provider_id,
    held_for: file.held_for,
    quarantine_error: file.quarantine_error,
    post_gone_at: file.post_gone_at?.toISOString() ?? null,
    viral_since: file.viral_since?.toISOString() ?? null,
    viral_posts: file.viral_posts,
    routes: hops.map((hop) => ({
      hop: hop.hop,
      agency_code: hop.agency_code,
      agency_name: hop.agency_name,
      topic_code: hop.topic_code,
      reason: hop.reason,
      confidence: hop.confidence,
      decided_at: hop.decided_at.toISOString(),
    })),
    deliveries: deliveries.map((delivery) => ({
      id: delivery.id,
      agency_code: delivery.agency_code,
      state: delivery.state,
      attempt_count: delivery.attempt_count,
      next_attempt_at: delivery.next_attempt_at.toISOString(),
      finished_at: delivery.finished_at?.toISOString() ?? null,
      last_status: delivery.last_status,
      last_error: delivery.last_error,
    })),
  };
}
