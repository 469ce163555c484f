import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { MailboxEntry } from '../../channels/email/fetch/mailbox.ts';
import { writeMailboxesFile } from '../../channels/email/fetch/mailboxes-file.ts';
import { createMailboxSources } from '../../channels/email/fetch/sources.ts';
import { createAccept } from '../../src/accept.ts';
import type { DoorContext } from '../../src/context.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { ReportId } from '../../src/domain/report.ts';
import { createSourceFigures } from '../../src/metrics.ts';
import { startSources } from '../../src/sources.ts';
import { openDoor } from './accept.ts';
import type { Dovecot } from './dovecot.ts';
import { readSealed, testDataDir } from './sealing.ts';

/** The mailbox of the user `lapor` in a Dovecot whose users have the password `rahasia`. */
export const mailboxOf = (
  { imapPort }: Pick<Dovecot, 'imapPort'>,
  more: Partial<MailboxEntry> = {},
): MailboxEntry => ({
  name: 'pusat',
  host: '127.0.0.1',
  port: imapPort,
  secure: 'none',
  user: 'lapor',
  ...(more.oauth2 === undefined && more.passwordFile === undefined ? { password: 'rahasia' } : {}),
  ...more,
});

/** What a gateway does to fetch, with a file of these mailboxes. */
export async function startMailboxes(
  context: DoorContext,
  databaseUrl: string,
  mailboxes: readonly MailboxEntry[],
): Promise<{
  readonly file: string;
  readonly spooled: () => number;
  readonly metrics: () => Promise<string>;
  readonly stop: () => Promise<void>;
}> {
  const file = join(testDataDir, `${randomUUID()}.json`);
  await writeMailboxesFile(file, mailboxes);
  const { inbox, spool } = await openDoor(context);
  const registry = new Registry();
  const sources = startSources({
    ...context,
    channels: [{ name: 'email', providers: [], sources: createMailboxSources(file) }],
    databaseUrl,
    accept: createAccept(context, { store: inbox.storeUnspooled }),
    figures: createSourceFigures(registry),
  });
  return {
    file,
    spooled: () => spool.facts().records,
    metrics: () => registry.metrics(),
    stop: sources.stop,
  };
}

export type TakenMail = {
  readonly id: ReportId;
  readonly externalId: string;
  readonly receivedAt: Date;
  readonly raw: string;
  readonly content: unknown;
  readonly messageId: string | null;
  readonly from: string | null;
};

/** The mails in `messages`, opened, in the order in which they were taken. */
export async function listTakenMails(pool: Pool): Promise<readonly TakenMail[]> {
  const { rows } = await pool.query<{ id: ReportId; externalId: string; receivedAt: Date }>(
    `select id, external_id as "externalId", received_at as "receivedAt" from messages where form = 'mail'
     order by accepted_at, id`,
  );
  return Promise.all(
    rows.map(async (row) => {
      const opened = await readSealed(pool, row.id, 'nobody');
      return {
        ...row,
        raw: opened?.original.body.toString('latin1') ?? '',
        content: opened?.content,
        messageId: opened?.original.messageId ?? null,
        from: opened?.identity?.email ?? null,
      };
    }),
  );
}

export async function countTakenMails(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    "select count(*)::int from messages where form = 'mail'",
  );
  return rows[0]?.count ?? 0;
}
