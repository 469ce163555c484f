import type { Channel } from '../channel.ts';
import { createMailboxSources, listMailboxAddresses } from './fetch/sources.ts';
import { createMailReader } from './read/reader.ts';
import type { MailAccount } from './send/account.ts';
import { createEmailSend } from './send/send.ts';

/**
 * E-mail: reports come by mailboxes that the gateway looks into, and word back goes out through the account; null: nobody is
 * told anything by e-mail.
 */
export function createEmailChannel({
  mailboxesFile,
  account,
}: {
  readonly mailboxesFile: string;
  readonly account: MailAccount | null;
}): Channel {
  const reader = createMailReader({ own: account === null ? {} : ownMail(account) });
  const out = account === null ? null : createEmailSend(account, () => listMailboxAddresses(mailboxesFile));
  return {
    name: 'email',
    providers: [],
    sources: createMailboxSources(mailboxesFile),
    readMail: reader.readMail,
    ...(out !== null && { send: out.send }),
    close: async () => {
      await reader.close();
      await out?.close();
    },
  };
}

const ownMail = ({ from, base }: MailAccount) => ({
  address: base,
  domain: from.address.slice(from.address.lastIndexOf('@') + 1),
});
