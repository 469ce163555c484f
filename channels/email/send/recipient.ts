import { isOwnAddress, splitAddress } from '../../../src/domain/mail-address.ts';
import type { Identity } from '../../../src/domain/report.ts';

/** Names of mailboxes that nobody reads, or whose mail would come back for ever. */
const machines =
  /^(mailer-?daemon|postmaster|(no|do-?not|donot|jangan)[-_.]?(reply|respond|balas)|tidak-?dibalas|bounces?|abuse|auto-?(reply|responder)|daemon|root|nobody|www-data|listserv|majordomo)$/;

/** The address a mail goes to, or why none can be sent; `own` are those that come back to us. */
export function findMailRecipient(
  { email }: Pick<Identity, 'email'>,
  own: readonly string[],
): { readonly address: string } | { readonly problem: string } {
  if (email === null) return { problem: 'no e-mail address' };
  const parts = splitAddress(email);
  if (parts === null) return { problem: 'no address that mail can be sent to' };
  const [name = ''] = parts.local.toLowerCase().split('+');
  if (machines.test(name) || /[-_.](no-?reply|bounces?)$/.test(name)) {
    return { problem: 'nobody reads what is sent to that address' };
  }
  return own.some((base) => isOwnAddress(email, base))
    ? { problem: 'that address is our own' }
    : { address: `${parts.local}@${parts.domain}` };
}
