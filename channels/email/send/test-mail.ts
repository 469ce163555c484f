import { bounceAddress, splitAddress } from '../../../src/domain/mail-address.ts';
import type { SendOutcome } from '../../../src/domain/notification.ts';
import type { NotificationId } from '../../../src/domain/report.ts';
import type { MailAccount } from './account.ts';
import { ownFields } from './compose.ts';
import { createMailTransport } from './transport.ts';

/** Sends a mail that only says that mail is sent, on the way that answers to reporters take; `id` names it and no other. */
export async function sendTestMail(
  account: MailAccount,
  recipient: string,
  id: string,
): Promise<SendOutcome> {
  const { from, base, publicUrl } = account;
  const transport = createMailTransport(account);
  const text = [
    `E-mail uji coba dari ${publicUrl}. Surat balasan kepada pelapor terkirim dengan cara yang sama.`,
    `A test e-mail from ${publicUrl}. Answers to reporters are sent in the same way.`,
    'Jangan dibalas: balasan dicatat sebagai laporan. Do not reply: a reply is filed as a report.',
  ].join('\r\n\r\n');
  try {
    return await transport.send({
      messageId: `<test.${id}@${splitAddress(from.address)?.domain ?? ''}>`,
      from: { name: from.name ?? '', address: from.address },
      to: { name: '', address: recipient },
      envelope: { from: bounceAddress(id as NotificationId, base), to: [recipient] },
      subject: 'Uji coba e-mail / Test e-mail',
      text: `${text}\r\n`,
      headers: { 'Auto-Submitted': 'auto-generated', ...ownFields(base), 'X-Auto-Response-Suppress': 'All' },
      xMailer: false,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  } finally {
    await transport.close();
  }
}
