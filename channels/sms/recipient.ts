import { type Identity, normalizePhone } from '../../src/domain/report.ts';

/**
 * The number an SMS may go to, or why none may. Names and short codes are machines of operators and banks, and so are
 * we: an answer to any of them is answered in turn, for ever.
 */
export function findRecipient(
  { phone }: Identity,
  own: string,
): { readonly phone: string } | { readonly problem: string } {
  if (phone === null) return { problem: 'no contact' };
  if (!/^\+?\d+$/.test(phone)) return { problem: 'the sender is a name, not a number' };
  const digits = phone.replace('+', '');
  if (digits.length < 8) return { problem: 'the sender is a short code' };
  if (digits.length > 15) return { problem: 'the sender is longer than a number can be' };
  return (normalizePhone(own) ?? own) === phone ? { problem: 'the sender is our own number' } : { phone };
}
