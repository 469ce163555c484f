import { createPublicKey } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import type { DkimKey, MailAccount } from '../../../channels/email/send/account.ts';
import { chooseMailAccount } from '../../../channels/email/send/settings.ts';
import { createMailTransport } from '../../../channels/email/send/transport.ts';
import type { Config } from '../../config.ts';
import { describeSmtpAnswer } from '../../domain/mail-status.ts';
import { AppError } from '../../errors.ts';
import { errorCode, type Finding, fail, ok, warn } from './finding.ts';

const part = 'mail server';

/** Whether answers can be sent by e-mail: the server takes us as its user, and others find the key that we sign with. */
export async function checkMail(config: Config): Promise<readonly Finding[]> {
  let account: MailAccount | null;
  try {
    account = chooseMailAccount(config);
  } catch (error) {
    // checkChannels has said so
    if (error instanceof AppError) return [];
    throw error;
  }
  if (account === null) return [ok(part, 'none: EMAIL_SMTP_URL is not set, so no e-mail is sent')];
  return [await checkServer(account), ...(account.dkim === null ? [] : [await checkDkim(account.dkim)])];
}

async function checkServer(account: MailAccount): Promise<Finding> {
  const { host, port } = account.server;
  const transport = createMailTransport(account);
  try {
    await transport.verify();
    return ok(part, `${host}:${port} takes mail`);
  } catch (error) {
    const response = error instanceof Error && 'response' in error ? String(error.response) : '';
    const said = describeSmtpAnswer(response) ?? errorCode(originalOf(error));
    const mend = 'mend EMAIL_SMTP_URL or the mail server, then npm run lapor -- email test you@example.id';
    return fail(part, `${host}:${port} takes no mail: ${said}`, mend);
  } finally {
    await transport.close();
  }
}

/** nodemailer calls every failure of a connection ESOCKET, and keeps what it was called before. */
const originalOf = (error: unknown): unknown =>
  error instanceof Error && 'originalCode' in error && typeof error.originalCode === 'string'
    ? Object.assign(new Error(), { code: error.originalCode })
    : error;

async function checkDkim({ domain, selector, privateKey }: DkimKey): Promise<Finding> {
  const name = `${selector}._domainkey.${domain}`;
  const key = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
  const mend = `put into DNS: ${name} TXT "v=DKIM1; k=rsa; p=${key}"`;
  try {
    const records = await new Resolver({ timeout: 2_000, tries: 2 }).resolveTxt(name);
    return records.some((chunks) => hasDkimKey(chunks.join(''), key))
      ? ok('dkim', `${name} has our key`)
      : warn('dkim', `${name} has another key than EMAIL_DKIM_KEY_FILE`, mend);
  } catch (error) {
    return warn('dkim', `${name} was not found in DNS: ${errorCode(error)}`, mend);
  }
}

/** Whether a TXT record (RFC 6376, 3.6.1) gives exactly this public key, in base64. */
export function hasDkimKey(record: string, key: string): boolean {
  const tags = record.split(';').map((tag) => tag.replace(/\s/g, ''));
  return tags.includes(`p=${key}`);
}
