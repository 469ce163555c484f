import { bounceAddress, ourMessageId, replyAddress, splitAddress } from '../../../src/domain/mail-address.ts';
import { mailText } from '../../../src/domain/notifications/mail/mail-text.ts';
import type { OutgoingMessage } from '../../channel.ts';
import type { MailAccount } from './account.ts';
import { renderHtml, renderText } from './render.ts';

/**
 * The mail that carries a message. Nothing in it comes from the reporter but the address and the Message-ID of what is
 * answered, both checked for their form: no name, no subject, none of their words, so nothing of theirs can pose as ours.
 */
export function composeMail(message: OutgoingMessage, recipient: string, account: MailAccount) {
  const { id, kind, params, language } = message;
  const { from, base, publicUrl } = account;
  const text = mailText(kind, params, language, publicUrl);
  const answered = readMessageId(message.inReplyTo);
  // Also where the report itself came by the form: what is added by e-mail is answered by e-mail.
  const answersMail = answered !== null || kind === 'added';
  return {
    messageId: ourMessageId(id, splitAddress(from.address)?.domain ?? ''),
    from: { name: from.name ?? '', address: from.address },
    to: { name: '', address: recipient },
    replyTo: { name: from.name ?? '', address: replyAddress(id, base) },
    // What answers a mail by itself has no sender, so that no machine can answer it in turn (RFC 3834, 3.3). What was asked
    // for elsewhere has one: somebody should hear that the address in the form was mistyped.
    envelope: { from: answersMail ? '' : bounceAddress(id, base), to: [recipient] },
    subject: text.subject,
    // Lines end as they do on the wire, so that what DKIM signs is what arrives.
    text: toWireLines(renderText(text)),
    html: toWireLines(renderHtml(text, language)),
    ...(answered === null ? {} : { inReplyTo: answered, references: [answered] }),
    headers: {
      'Auto-Submitted': 'auto-replied',
      ...ownFields(base),
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': language,
    },
    xMailer: false as const,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** By these we know our own mails when they come back to us, in whatever way. */
export const ownFields = (base: string) => ({ 'X-Lapor-Gateway': '1', 'X-Loop': base });

const toWireLines = (text: string): string => text.replace(/\r\n?|\n/g, '\r\n');

/** Null where it is not what a Message-ID is made of (RFC 5322, 3.6.4): it becomes a header of ours. */
function readMessageId(name: string | null): string | null {
  const id = name?.trim() ?? '';
  return /^<[\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+>$/.test(id) && id.length <= 500 ? id : null;
}
