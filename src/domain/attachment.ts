import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Receipt } from './report.ts';

/** What a file that came with a report is, what it is called, and to whom it may be given. */

declare const brand: unique symbol;
export type AttachmentId = string & { readonly [brand]: 'AttachmentId' };
/** 128-bit secret under which a file was uploaded; whoever has it may put the file with a report. */
export type UploadSecret = string & { readonly [brand]: 'UploadSecret' };

/** The kinds of file that are taken, and how the names end under which they are given out. */
export const extensions = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'application/pdf': 'pdf',
  'video/mp4': 'mp4',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
} as const;
export type AttachmentType = keyof typeof extensions;

/** Why a file is not taken. */
export const fileProblems = [
  'empty',
  'size', // larger than one file may be
  'count', // more files than may come with a report
  'type',
  'heic', // a photo of an iPhone, in a form that cannot be decoded here
  'pixels',
  'pages',
  'damaged',
  'locked', // by a password
  'active', // holds programs or other files
  'location', // a video that tells all along where it was taken
  'infected',
  'storage', // there is no room for it
  'busy', // too many files wait to be looked at
] as const;
export type FileProblem = (typeof fileProblems)[number];

export type AttachmentState = 'ready' | 'unscanned' | 'infected';
export type Visibility = 'as_report' | 'released' | 'withdrawn';

/** A file of a report, as it is written down with it. */
export type NewAttachment = {
  readonly id: AttachmentId;
  readonly type: AttachmentType;
  readonly bytes: number;
  /** Of the bytes that are kept, in hexadecimal. */
  readonly sha256: string;
  readonly state: 'ready' | 'unscanned';
  /** What it was called by who sent it: personal data, for the seal alone. */
  readonly name: string | null;
};

export type Attachment = Omit<NewAttachment, 'name' | 'state'> & {
  readonly position: number;
  readonly state: AttachmentState;
  readonly visibility: Visibility;
};

/** A file as it is listed for who may see it; without a path as long as it is not given out. */
export type ListedFile = Pick<Attachment, 'type' | 'bytes' | 'state'> & {
  readonly name: string;
  readonly path: string | null;
};

export const attachmentName = ({ position, type }: Pick<Attachment, 'position' | 'type'>): string =>
  `lampiran-${position}.${extensions[type]}`;

/** Whether everybody may see it: as its report, unless staff decided otherwise. Who deleted the post takes it back from all of them. */
export function isPublic(
  { state, visibility }: Pick<Attachment, 'state' | 'visibility'>,
  report: {
    readonly anonymous: boolean;
    readonly confidential: boolean;
    /** See `ProgressRecord`. */
    readonly withdrawnAt: Date | null;
  },
): boolean {
  if (state !== 'ready' || visibility === 'withdrawn' || report.withdrawnAt !== null) return false;
  return visibility === 'released' || !(report.anonymous || report.confidential);
}

/** Leads the holder of the receipt to the file, and nobody from there to the receipt. */
export const attachmentPath = (attachment: Pick<Attachment, 'id' | 'position' | 'type'>): string =>
  `/lampiran/${attachment.id}/${attachmentName(attachment)}`;

export const reporterPath = (
  attachment: Pick<Attachment, 'id' | 'position' | 'type'>,
  receipt: Receipt,
): string => `${attachmentPath(attachment)}?bukti=${proveReceipt(attachment.id, receipt)}`;

/** An agency's way to the file until `until`, by the secret that it shares with us for its endpoint. */
export function agencyPath(
  attachment: Pick<Attachment, 'id' | 'position' | 'type'>,
  endpoint: { readonly id: string; readonly secret: string },
  until: Date,
): string {
  const untilSeconds = Math.floor(until.getTime() / 1000);
  const proof = proveEndpoint(attachment.id, endpoint, untilSeconds);
  return `${attachmentPath(attachment)}?titik=${endpoint.id}&sampai=${untilSeconds}&bukti=${proof}`;
}

export const proveReceipt = (id: AttachmentId, receipt: Receipt): string =>
  createHmac('sha256', receipt).update(`attachment:${id}`).digest('base64url');

export const proveEndpoint = (
  id: AttachmentId,
  endpoint: { readonly id: string; readonly secret: string },
  untilSeconds: number,
): string =>
  createHmac('sha256', endpoint.secret)
    .update(`attachment:${id}:${endpoint.id}:${untilSeconds}`)
    .digest('base64url');

/** In a time that tells nothing of where they differ. */
export function isSameProof(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
