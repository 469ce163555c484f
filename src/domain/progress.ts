import type { AgencyCode, ChannelName, Kind, ReportId } from './report.ts';

/** How far a report has come and what is known of it on the way; who may read what of it is decided in audiences/. */
export type ProgressRecord = {
  readonly reportId: ReportId;
  readonly kind: Kind;
  readonly channel: ChannelName;
  readonly title: string | null;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  readonly receivedAt: Date;
  /** 12 digits; null until the report is filed. */
  readonly trackingId: string | null;
  readonly filedAt: Date | null;
  readonly quarantinedAt: Date | null;
  /** Since when staff look at it before it is filed; null once they released it. */
  readonly heldAt: Date | null;
  /** The first report of the same event, where this is a later one. */
  readonly first: { readonly trackingId: string; readonly confidential: boolean } | null;
  /** Where it was sent last. */
  readonly route: {
    readonly agencyCode: AgencyCode;
    readonly agencyName: string;
    readonly topicName: string | null;
    /** Why this agency, in words. */
    readonly reason: string;
    readonly decidedAt: Date;
    readonly deliveredAt: Date | null;
  } | null;
  /** The post that became the report is there no more: from then on the public reads nothing that comes of its words. */
  readonly withdrawnAt: Date | null;
  /** How often the reporter has added to it. */
  readonly additionCount: number;
  /** 1 (bad) to 5 (good); null until the reporter has judged the outcome. */
  readonly rating: number | null;
};

export const statuses = ['accepted', 'in_review', 'forwarded', 'delivered'] as const;
export type Status = (typeof statuses)[number];

/** One that is held, like one in quarantine, is with the national desk. */
export function statusOf(
  record: Pick<ProgressRecord, 'filedAt' | 'quarantinedAt' | 'heldAt'> & {
    readonly route: Pick<NonNullable<ProgressRecord['route']>, 'deliveredAt'> | null;
  },
): Status {
  if (record.route?.deliveredAt != null) return 'delivered';
  if (record.filedAt !== null) return 'forwarded';
  return record.quarantinedAt === null && record.heldAt === null ? 'accepted' : 'in_review';
}

/** Nothing more happens to it by itself. */
export const isFinished = (record: ProgressRecord): boolean => statusOf(record) === 'delivered';

/** From then on it has an ID to add to, and an agency to pass on what is added. */
export const mayBeAddedTo = (record: ProgressRecord): boolean => record.trackingId !== null;

/** Nobody has done anything yet that could be judged before the agency has it. */
export const mayBeRated = (record: ProgressRecord): boolean => record.route?.deliveredAt != null;

/** From bad to good. */
export const ratings = [1, 2, 3, 4, 5] as const;

export const steps = ['received', 'held', 'quarantined', 'filed', 'routed', 'delivered'] as const;
export type Step = {
  readonly what: (typeof steps)[number];
  readonly at: Date;
  readonly agencyName: string | null;
};

/** What has happened to a report, in its order. */
export function listSteps({
  receivedAt,
  heldAt,
  quarantinedAt,
  filedAt,
  route,
}: ProgressRecord): readonly Step[] {
  const step = (what: Step['what'], at: Date | null | undefined, agencyName: string | null = null): Step[] =>
    at == null ? [] : [{ what, at, agencyName }];
  return [
    ...step('received', receivedAt),
    ...step('held', heldAt),
    ...step('quarantined', quarantinedAt),
    ...step('filed', filedAt),
    ...step('routed', route?.decidedAt, route?.agencyName),
    ...step('delivered', route?.deliveredAt, route?.agencyName),
  ];
}
