import type { Channel } from '../../channel.ts';
import type { MailAccount } from './account.ts';
import { composeMail } from './compose.ts';
import { findMailRecipient } from './recipient.ts';
import type { MailTimeouts, MailTransport } from './transport.ts';

/**
 * The way out by e-mail. SMTP cannot be asked what became of a mail, so what is in doubt stays in doubt: there is no
 * `reconcile`. `listOwn` gives addresses whose mail comes to us, besides those of the account: nothing is sent there.
 */
export function createEmailSend(
  account: MailAccount,
  listOwn: () => Promise<readonly string[]> = async () => [],
  timeouts?: MailTimeouts,
): Required<Pick<Channel, 'send' | 'close'>> {
  let opened: Promise<MailTransport> | null = null;
  // Loaded with the first mail: only workers of who has an account ever send one.
  const open = () => {
    opened ??= import('./transport.ts').then((file) => file.createMailTransport(account, timeouts));
    return opened;
  };
  const ours = [account.from.address, account.base];
  return {
    send: async (message) => {
      const recipient = findMailRecipient(message.to, [...ours, ...(await listOwn())]);
      if ('problem' in recipient) return { kind: 'refused', reason: recipient.problem };
      const transport = await open();
      return transport.send(composeMail(message, recipient.address, account));
    },
    close: async () => {
      await (await opened)?.close();
    },
  };
}
