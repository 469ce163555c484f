import MsgReaderModule from '@kenjiuno/msgreader';
import type { MailFile } from '../../../src/domain/mail.ts';
import { decodeText } from './charset.ts';
import { htmlToText } from './html.ts';
import { limits } from './limits.ts';

export type OutlookFile = {
  /** As it came over the Internet; null where Outlook kept none. */
  readonly headers: string | null;
  readonly from: { readonly name: string | null; readonly address: string | null };
  readonly subject: string | null;
  readonly text: string;
  readonly files: readonly MailFile[];
};

/** CommonJS whose default is one level deeper, or not, by who loads it. */
const MsgReader = ('default' in MsgReaderModule
  ? MsgReaderModule.default
  : MsgReaderModule) as unknown as typeof MsgReaderModule.default;

export const isOutlookFile = (raw: Buffer) => raw.subarray(0, 8).toString('hex') === 'd0cf11e0a1b11ae1';

/** A mail as Outlook saves it (.msg). Null where it cannot be read as one. */
export function readOutlookFile(raw: Buffer): OutlookFile | null {
  try {
    const reader = new MsgReader(
      raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength) as ArrayBuffer,
    );
    const found = reader.getFileData();
    if (found.error !== undefined) return null;
    const html =
      found.html === undefined ? found.bodyHtml : decodeText(Buffer.from(found.html), null, ['windows-1252']);
    const plain = found.body ?? '';
    const files: MailFile[] = [];
    let size = 0;
    for (const attachment of (found.attachments ?? []).slice(0, limits.parts)) {
      const { fileName, content } = reader.getAttachment(attachment);
      size += content.length;
      if (size > limits.decoded) break;
      files.push({
        name: fileName === '' ? null : fileName,
        type:
          attachment.attachMimeTag?.toLowerCase() ??
          (attachment.innerMsgContent ? 'application/vnd.ms-outlook' : 'application/octet-stream'),
        content: Buffer.from(content),
        inline: attachment.pidContentId !== undefined,
      });
    }
    return {
      headers: found.headers ?? null,
      from: {
        name: found.senderName ?? null,
        address:
          [
            found.senderSmtpAddress,
            found.sentRepresentingSmtpAddress,
            found.creatorSMTPAddress,
            found.senderEmail,
          ].find((one) => one?.includes('@')) ?? null,
      },
      subject: found.subject ?? null,
      text: (plain.trim() !== '' ? plain : html === undefined ? '' : htmlToText(html)).replace(
        /\r\n?/g,
        '\n',
      ),
      files,
    };
  } catch {
    return null;
  }
}
