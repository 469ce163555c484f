import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { MailboxEntry } from '../../channels/email/fetch/mailbox.ts';
import { writeMailboxesFile } from '../../channels/email/fetch/mailboxes-file.ts';
import type { TestDatabase } from './database.ts';
import type { Dovecot } from './dovecot.ts';
import { mailboxOf } from './mailboxes.ts';
import type { Postfix } from './postfix.ts';
import { testRedisUrl } from './redis.ts';
import { testDataDir } from './sealing.ts';

/** Settings of a gateway that looks into this mailbox, and answers through this Postfix as `user@uji.example`. */
export async function mailSettings(
  {
    database,
    dovecot,
    postfix,
  }: {
    readonly database: Pick<TestDatabase, 'url'>;
    readonly dovecot: Dovecot;
    readonly postfix: Pick<Postfix, 'smtpPort'>;
  },
  mailbox: Partial<MailboxEntry> & { readonly user: string },
): Promise<Readonly<Record<'DATABASE_URL' | 'REDIS_URL', string>> & Readonly<Record<string, string>>> {
  const file = join(testDataDir, `${randomUUID()}.json`);
  await writeMailboxesFile(file, [mailboxOf(dovecot, { name: mailbox.user, agency: 'D32.73', ...mailbox })]);
  return {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    // Gateways with databases of their own have queues of their own.
    QUEUE_NAMESPACE: `uji-${randomUUID().slice(0, 8)}`,
    EMAIL_MAILBOXES_FILE: file,
    EMAIL_SMTP_URL: `smtp://127.0.0.1:${postfix.smtpPort}`,
    EMAIL_FROM: `Lapor! <${mailbox.user}@uji.example>`,
  };
}

/** A mail as the writer's program sends it; without `id` it has no Message-ID. */
export const mailTo = ({
  from,
  to = 'lapor@uji.example',
  subject = 'Lampu jalan mati',
  id = `<${randomUUID()}@uji.example>`,
  headers = {},
  body,
}: {
  readonly from: string;
  readonly to?: string;
  readonly subject?: string;
  readonly id?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}): string =>
  [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    'Date: Sun, 22 Nov 2026 08:00:00 +0700',
    ...(id === null ? [] : [`Message-ID: ${id}`]),
    ...Object.entries({
      'MIME-Version': '1.0',
      'Content-Type': 'text/plain; charset=utf-8',
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
    '',
  ].join('\r\n');

/** With a file behind the words, as `headers` and `body` of `mailTo`. */
export function withFile(text: string, name: string, type: string, content: Buffer) {
  return {
    headers: { 'Content-Type': 'multipart/mixed; boundary=batas' },
    body: [
      '--batas',
      'Content-Type: text/plain; charset=utf-8',
      '',
      text,
      '--batas',
      `Content-Type: ${type}; name="${name}"`,
      `Content-Disposition: attachment; filename="${name}"`,
      'Content-Transfer-Encoding: base64',
      '',
      content.toString('base64').replace(/.{76}/g, '$&\r\n'),
      '--batas--',
    ].join('\r\n'),
  };
}
