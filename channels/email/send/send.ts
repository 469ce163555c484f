import type { Channel } from '../../channel.ts';
import type { MailAccount } from './account.ts';
import { composeMail } from './compose.ts';
import { findMailRecipient } from './recipient.ts';
import { createMailTransport, type MailTimeouts } from './transport.ts';

/**
 * The way out by e-mail. SMTP cannot be asked what became of a mail, so what is in doubt stays in doubt: there is no
 * `reconcile`. `listOwn` gives addresses whose mail comes to us, besides those of the account: nothing is sent there.
 */
export function createEmailSend(
  account: MailAccount,
  listOwn: () => Promise<readonly string[]> = async () => [],
  timeouts?: MailTimeouts,
): Required<Pick<Channel, 'send' | 'close'>> {
  const transport = createMailTransport(account, timeouts);
  const ours = [account.from.address, account.base];
  return {
    send: async (message) => {
      const recipient = findMailRecipient(message.to, [...ours, ...(await listOwn())]);
      if ('problem' in recipient) return { kind: 'refused', reason: recipient.problem };
      return transport.send(composeMail(message, recipient.address, account));
    },
    close: transport.close,
  };
}
