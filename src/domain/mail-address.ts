import type { NotificationId } from './report.ts';

/** How our own mails are named, so that what comes back leads to what we said: by Message-ID, else by the address it comes to. */

export type PlusAddress = { readonly kind: 'reply' | 'bounce'; readonly id: NotificationId };

export const ourMessageId = (id: NotificationId, domain: string): string => `<n.${id}@${domain}>`;

/** `base` is the address that our mails come from. */
export const replyAddress = (id: NotificationId, base: string): string => plusAddress('n', id, base);

export const bounceAddress = (id: NotificationId, base: string): string => plusAddress('b', id, base);

/** Null where it is none of ours. */
export function readOurMessageId(messageId: string, domain: string): NotificationId | null {
  const [, id, host] =
    /^<?n\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([^<>@\s]+)>?$/i.exec(messageId.trim()) ?? [];
  return id !== undefined && host?.toLowerCase() === domain.toLowerCase()
    ? (id.toLowerCase() as NotificationId)
    : null;
}

/** Null where it is none of ours. */
export function readPlusAddress(address: string, base: string): PlusAddress | null {
  const [, local, letter, digits, domain] =
    /^([^+\s]+)\+([nb])\.([0-9a-f]{32})@([^@\s]+)$/i.exec(address.trim()) ?? [];
  if (digits === undefined || `${local}@${domain}`.toLowerCase() !== base.toLowerCase()) return null;
  const id = digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') as NotificationId;
  return { kind: letter?.toLowerCase() === 'n' ? 'reply' : 'bounce', id };
}

function plusAddress(letter: 'n' | 'b', id: NotificationId, base: string): string {
  const at = base.lastIndexOf('@');
  return `${base.slice(0, at)}+${letter}.${id.replaceAll('-', '')}${base.slice(at)}`;
}
