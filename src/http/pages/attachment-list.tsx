import { type Attachment, attachmentName, attachmentPath, reporterPath } from '../../domain/attachment.ts';
import type { Receipt } from '../../domain/report.ts';
import type { Speech } from '../messages/speech.ts';
import { sizeOf } from './attachments-field.tsx';

/**
 * The files of a report: for the holder of its receipt with links that prove it, else as everybody may open them. Nothing where
 * there are none.
 */
export function AttachmentList({
  speech,
  attachments,
  receipt,
}: {
  readonly speech: Speech;
  readonly attachments: readonly Attachment[];
  /** The report's own, also where who looks holds another; null for everybody else. */
  readonly receipt: Receipt | null;
}) {
  const words = speech.words.attachments;
  if (attachments.length === 0) return null;
  return (
    <section>
      <h2>{words.section}</h2>
      <ul>
        {attachments.map((attachment) => {
          const name = attachmentName(attachment);
          const href = receipt === null ? attachmentPath(attachment) : reporterPath(attachment, receipt);
          return (
            <li>
              {attachment.state === 'ready' ? <a href={href}>{name}</a> : name}
              {`, ${sizeOf(speech, attachment.bytes)}`}
              {attachment.state !== 'ready' && ` (${words[attachment.state]})`}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
