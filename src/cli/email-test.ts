import { defineCommand } from 'citty';
import { chooseMailAccount } from '../../channels/email/send/settings.ts';
import { sendTestMail } from '../../channels/email/send/test-mail.ts';
import { readConfig } from '../config.ts';
import { splitAddress } from '../domain/mail-address.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { fail } from './fail.ts';

/** `lapor email test ADDRESS`: sends a mail on the way that answers to reporters take. */
export const emailTestCommand = defineCommand({
  meta: {
    name: 'test',
    description:
      'Send a test mail on the way that answers to reporters take; exit code 1 where it was not taken',
  },
  args: { address: { type: 'positional', description: 'Whom to send it to', required: true } },
  run: async ({ args }) => {
    try {
      await sendTo(args.address);
    } catch (error) {
      fail(error);
    }
  },
});

async function sendTo(address: string): Promise<void> {
  if (splitAddress(address) === null) {
    throw new AppError('invalid', `${address} is no e-mail address such as siti@example.com.`);
  }
  const account = chooseMailAccount(readConfig());
  if (account === null) {
    throw new AppError('config', 'EMAIL_SMTP_URL is not set, so no e-mail is sent: set it and EMAIL_FROM.');
  }
  const { host, port } = account.server;
  const outcome = await sendTestMail(account, address, newId());
  if (outcome.kind !== 'sent') {
    throw new AppError('unavailable', `Not taken by ${host}:${port}: ${outcome.reason}`);
  }
  const named = outcome.providerId === null ? '' : ` as ${outcome.providerId}`;
  console.log(`${host}:${port} took the mail${named}. Look whether it arrives, and not among spam.`);
}
