import type { Channel } from '../channel.ts';
import type { MailAccount } from './send/account.ts';
import { createEmailSend } from './send/send.ts';

/** E-mail. Word back goes out through the account; null: nobody is told anything by e-mail. */
export const createEmailChannel = (account: MailAccount | null): Channel => ({
  name: 'email',
  providers: [],
  ...(account === null ? {} : createEmailSend(account)),
});
