import { createHash } from 'node:crypto';
import type { NewMessage } from '../../src/domain/message.ts';
import type { AgencyCode } from '../../src/domain/report.ts';

export type MailPart = {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
  readonly inline?: boolean;
};

let written = 0;

/** A mail as a mail program writes it; `headers` go before the others, and an empty one is left out. */
export function writeMail({
  from = 'Siti Rahayu <siti.rahayu@contoh.id>',
  to = 'lapor@contoh.go.id',
  subject = 'Lampu jalan mati',
  text = '',
  headers = {},
  parts = [],
}: {
  readonly from?: string;
  readonly to?: string;
  readonly subject?: string;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly parts?: readonly MailPart[];
}): Buffer {
  written += 1;
  const head = Object.entries({
    ...headers,
    From: from,
    To: to,
    ...(subject === '' ? {} : { Subject: subject }),
    'Message-ID': `<${written}.${Date.now()}@contoh.id>`,
    Date: 'Sun, 22 Nov 2026 10:00:00 +0700',
    'MIME-Version': '1.0',
  }).map(([name, value]) => `${name}: ${value}`);
  const plain = ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', text];
  if (parts.length === 0) return Buffer.from([...head, ...plain, ''].join('\r\n'));
  const boundary = `batas-${written}`;
  const lines = [
    ...head,
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...plain,
    ...parts.flatMap(({ name, type, content, inline = false }) => [
      `--${boundary}`,
      `Content-Type: ${type}; name="${name}"`,
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: ${inline ? 'inline' : 'attachment'}; filename="${name}"`,
      '',
      content.toString('base64').replace(/.{76}/g, '$&\r\n'),
    ]),
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

/** A delivery status notification (RFC 3464) that one of our mails came back. */
export const writeBounce = (original: string, more: Readonly<Record<string, string>> = {}): Buffer =>
  Buffer.from(
    [
      'From: Mail Delivery System <MAILER-DAEMON@contoh.id>',
      'To: lapor@contoh.go.id',
      'Subject: Undelivered Mail Returned to Sender',
      'Message-ID: <bounce@contoh.id>',
      'Auto-Submitted: auto-replied',
      ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'Surat Anda tidak dapat dikirim kepada siti.rahayu@contoh.id.',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.contoh.id',
      '',
      'Final-Recipient: rfc822; siti.rahayu@contoh.id',
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: smtp; 550 5.1.1 <siti.rahayu@contoh.id> user unknown',
      '--b',
      'Content-Type: message/rfc822',
      '',
      `Message-ID: ${original}`,
      'Subject: Laporan',
      '',
      '--b--',
      '',
    ].join('\r\n'),
  );

/** The mail as a mailbox's reader hands it to the door. */
export const fetched = (
  raw: Buffer,
  more: {
    readonly mailbox?: string;
    readonly agency?: string;
    readonly receivedAt?: Date;
    readonly cutFrom?: number;
  } = {},
): NewMessage => ({
  channel: 'email',
  externalId: createHash('sha256').update(raw).digest('hex'),
  identity: null,
  receivedAt: more.receivedAt ?? new Date(),
  original: { contentType: 'message/rfc822', body: raw, messageId: null },
  content: {
    kind: 'mail',
    mailbox: more.mailbox ?? 'nasional',
    agency: (more.agency ?? 'nasional') as AgencyCode,
    ...(more.cutFrom === undefined ? {} : { cutFrom: more.cutFrom }),
  },
});
