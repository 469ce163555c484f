import type { Status } from './progress.ts';
import type { ReportId } from './report.ts';
import { parseRetryAfter, planRetry } from './retry.ts';
import { formatTrackingId } from './tracking-id.ts';

/**
 * Word back to a reporter: what it says, and what an attempt to send it comes to. Pure: the outcome of the attempt, the
 * time and the randomness are given.
 */

/**
 * `tracking_id`: the report is filed under this ID. `linked`: likewise, and others have reported the same event. The
 * others answer a message: `status`, `added` and `rated` go to the report's own contact, the rest to whoever asked.
 */
export const notificationKinds = [
  'tracking_id',
  'linked',
  'status',
  'added',
  'rated',
  'help',
  'wrong_id',
  'not_found',
  'rating_range',
] as const;

/** The language a reporter is answered in. */
export type Language = 'id' | 'en';

/** What a template needs besides its words; never what leads to a person. */
export type NotificationParams = {
  readonly trackingId?: string;
  readonly status?: Status;
  /** Where the report is. */
  readonly agencyName?: string;
  readonly rating?: number;
};

/**
 * What became of a message once the provider had it, in their order: a later word never takes an earlier one back.
 * `failed` and `delivered` are final.
 */
export const deliveryStates = ['accepted', 'buffered', 'failed', 'delivered'] as const;
export type DeliveryState = (typeof deliveryStates)[number];
export type NotificationKind = (typeof notificationKinds)[number];

/** What the reporter is told of a filing. Nobody may learn that there is another confidential report. */
export function kindOfFiling(filing: {
  readonly duplicateOf: ReportId | null;
  readonly confidential: boolean;
}): NotificationKind {
  return filing.duplicateOf === null || filing.confidential ? 'tracking_id' : 'linked';
}

/** Each fits into one SMS: under 160 characters of GSM-7. */
const templates: { readonly [Kind in NotificationKind]: (params: NotificationParams) => string } = {
  tracking_id: ({ trackingId = '' }) =>
    `Laporan Anda sudah kami catat. ID pelacakan: ${formatTrackingId(trackingId)}. Simpan ID ini untuk melihat perkembangannya. Terima kasih.`,
  linked: ({ trackingId = '' }) =>
    `Laporan Anda sudah kami catat dan digabung dengan laporan lain tentang kejadian yang sama. ID pelacakan: ${formatTrackingId(trackingId)}. Terima kasih.`,
  status: ({ trackingId = '', status = 'accepted', agencyName }) =>
    `Laporan ${formatTrackingId(trackingId)} ${statusWords[status]}${agencyName === undefined ? '' : ` ${agencyName}`}.`,
  added: ({ trackingId = '' }) =>
    `Tambahan Anda sudah kami catat pada laporan ${formatTrackingId(trackingId)}. Terima kasih.`,
  rated: ({ trackingId = '', rating = 0 }) =>
    `Nilai ${rating} untuk laporan ${formatTrackingId(trackingId)} sudah kami catat. Terima kasih.`,
  help: () =>
    'Tulis laporan Anda apa adanya, atau: STATUS ID, TAMBAH ID teks, NILAI ID 1-5. Awali RAHASIA atau ANONIM bila perlu.',
  wrong_id: () =>
    'ID pelacakan itu salah ketik: ada angka yang salah, kurang, atau lebih. ID terdiri dari 12 angka, contoh: STATUS 1234-5678-9018.',
  not_found: () => 'Kami tidak menemukan laporan dengan ID pelacakan itu. Periksa lagi angkanya.',
  rating_range: () => 'Nilai berupa angka 1 (buruk) sampai 5 (baik), contoh: NILAI 1234-5678-9018 4.',
};

const statusWords: { readonly [Of in Status]: string } = {
  accepted: 'sudah kami terima',
  in_review: 'sedang diperiksa petugas',
  forwarded: 'sudah diteruskan ke',
  delivered: 'sudah diterima',
};

export const notificationText = (kind: NotificationKind, params: NotificationParams): string =>
  templates[kind](params);

/** What came of one attempt to send. A `reason` is for staff and logs: never the recipient, never the text. */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly providerId: string | null }
  /** It certainly was not sent, and trying again may help; not before what a Retry-After header says, seconds or a date. */
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfter: string | null }
  /** It certainly was not sent, and trying again would not help. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It may have been sent. */
  | { readonly kind: 'unknown'; readonly reason: string };

export type SendVerdict = 'sent' | 'retry' | 'refused' | 'parked';

/** What an attempt comes to. */
export type SendSettlement = {
  readonly verdict: SendVerdict;
  readonly providerId: string | null;
  /** In words for staff; null where it was sent. */
  readonly reason: string | null;
  /** When the notification is due again; null where it is finished. */
  readonly nextAttemptAt: Date | null;
};

const minute = 60_000;
const hour = 60 * minute;

/** What lies between one attempt and the next, in milliseconds; in all about a day, after which nobody waits for it. */
const retryDelays: readonly number[] = [
  minute / 6,
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  1 * hour,
  2 * hour,
  4 * hour,
  8 * hour,
  8 * hour,
];

/** Settles the `attempt`th attempt of a round. What may have been sent is never sent again, except by staff. */
export function settleSend(
  outcome: SendOutcome,
  attempt: number,
  now: Date,
  random: () => number,
): SendSettlement {
  if (outcome.kind === 'sent') {
    return { verdict: 'sent', providerId: outcome.providerId, reason: null, nextAttemptAt: null };
  }
  const finished = { providerId: null, nextAttemptAt: null };
  if (outcome.kind === 'refused') return { ...finished, verdict: 'refused', reason: outcome.reason };
  if (outcome.kind === 'unknown') {
    return { ...finished, verdict: 'parked', reason: `it may have been sent: ${outcome.reason}` };
  }
  const { reason } = outcome;
  const notBefore = parseRetryAfter(outcome.retryAfter, now);
  const nextAttemptAt = planRetry(retryDelays, attempt, now, random, notBefore);
  return nextAttemptAt === null
    ? {
        ...finished,
        verdict: 'parked',
        reason: `not sent, given up after ${attempt} attempts, the last: ${reason}`,
      }
    : { verdict: 'retry', providerId: null, reason, nextAttemptAt };
}
