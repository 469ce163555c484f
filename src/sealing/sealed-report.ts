import type { NewMessage } from '../domain/message.ts';
import type { Identity, Original } from '../domain/report.ts';
import type { Open } from './open.ts';
import type { Audience, Sealed } from './seal.ts';

/** What of a report, or of a message that is none, is nowhere but in its seal. */
export type SealedReport = {
  readonly identity: Identity | null;
  /** The words in which something was masked, as they were written; null where nothing was. */
  readonly unmasked: Words | null;
  readonly original: Original;
  /** What its files were called by who sent them, by their ids. */
  readonly fileNames?: Readonly<Record<string, string>>;
  /** What a message that is no report says; absent in a report's seal. */
  readonly content?: NewMessage['content'];
};

/** The members of a report in which people write numbers and names. */
export type Words = {
  readonly title: string | null;
  readonly text: string;
  readonly placeText: string | null;
};

/** An agency is told who speaks unless the reporter chose to be anonymous or the report is confidential. */
export const audienceOf = (report: {
  readonly anonymous: boolean;
  readonly confidential: boolean;
}): Audience => (report.anonymous || report.confidential ? 'nobody' : 'agency');

/** One line of JSON, then the original as it came, so that its bytes are not encoded twice. */
export function packSealedReport({
  identity,
  unmasked,
  original,
  fileNames = {},
  content,
}: SealedReport): Buffer {
  const head = JSON.stringify({
    identity,
    unmasked,
    contentType: original.contentType,
    messageId: original.messageId,
    summoned: original.summoned,
    content,
    ...(Object.keys(fileNames).length === 0 ? {} : { fileNames }),
  });
  return Buffer.concat([Buffer.from(`${head}\n`), original.body]);
}

function unpackSealedReport(bytes: Buffer): SealedReport {
  const end = bytes.indexOf('\n');
  const { identity, unmasked, contentType, messageId, summoned, content, fileNames } = JSON.parse(
    bytes.toString('utf8', 0, end),
  );
  // What was sealed before messageId was kept has none.
  const original = {
    contentType,
    body: bytes.subarray(end + 1),
    messageId: messageId ?? null,
    ...(summoned === undefined ? {} : { summoned }),
  };
  return {
    identity,
    unmasked,
    original,
    ...(fileNames === undefined ? {} : { fileNames }),
    ...(content === undefined ? {} : { content }),
  };
}

/** Null where the seal does not open for this audience, whatever the reason. */
export async function openSealedReport(
  open: Open,
  reportId: string,
  sealed: Sealed,
  audience: Audience,
): Promise<SealedReport | null> {
  const bytes = await open(sealed, { reportId, audience });
  return bytes === null ? null : unpackSealedReport(bytes);
}
