import type { MailAddress } from './mail.ts';
import type { NotificationId } from './report.ts';

/**
 * The names that mails of ours go by. Each has the id of its notification, so whatever comes back, a reply or a bounce,
 * tells by itself what it is about. An id is as hard to guess as its 74 random bits, and known to whom the mail went.
 */

/** Letters, digits and signs of a local part that needs no quotes (RFC 5322), in any script (RFC 6531). */
const localPart = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const domainName =
  /^(?=.{4,253}$)([\p{L}\p{N}]([\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)+[\p{L}][\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}]$/u;

/** What is added to the local part of `replyAddress` and `bounceAddress`, in characters. */
export const plusLength = 35;

/**
 * Both parts of an address that mail can be sent to as it stands, the domain in lower case; null for anything else. What
 * is legal but unseen in the wild is refused: quotes, comments, IP addresses, domains without a dot.
 */
export function splitAddress(address: string): { readonly local: string; readonly domain: string } | null {
  const at = address.lastIndexOf('@');
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  const fits = at > 0 && Buffer.byteLength(local) <= 64 && localPart.test(local) && domainName.test(domain);
  return fits ? { local, domain: domain.toLowerCase() } : null;
}

/**
 * An address with or without a name, as people write it: `lapor@example.go.id`, `Lapor! <lapor@example.go.id>`; null for
 * anything that `splitAddress` refuses, and for a name that is more than words on one line.
 */
export function parseMailbox(written: string): MailAddress | null {
  const [, quoted, plain, inBrackets] =
    /^(?:"([^"\\]*)"|([^"<>]*?))\s*<([^<>]+)>$/.exec(written.trim()) ?? [];
  const name = (quoted ?? plain ?? '').trim();
  const address = inBrackets?.trim() ?? written.trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a name must not have
  if (splitAddress(address) === null || /[\u0000-\u001f\u007f]/.test(name)) return null;
  return { name: name === '' ? null : name, address };
}

/** Message-ID of the mail that carries a notification, the same on every attempt. */
export const ourMessageId = (id: NotificationId, domain: string): string => `<n.${id}@${domain}>`;

/** Where replies to a notification go: `base`, plus-addressed. */
export const replyAddress = (id: NotificationId, base: string): string => plusAddress('n', id, base);

/** Where bounces of a notification go. */
export const bounceAddress = (id: NotificationId, base: string): string => plusAddress('b', id, base);

/** The notification a Message-ID of ours names, with or without angle brackets; null where it is none of ours. */
export function readOurMessageId(messageId: string, domain: string): NotificationId | null {
  const [, id, ofDomain] = /^<?n\.([0-9a-f-]{36})@([^<>\s]+?)>?$/i.exec(messageId.trim()) ?? [];
  return ofDomain?.toLowerCase() === domain.toLowerCase() ? readId(id) : null;
}

/**
 * What mail to a plus address of ours is about, by either form; null for any other address. Letters count as the same in
 * either case: some mail systems change them on the way.
 */
export function readPlusAddress(
  address: string,
  base: string,
): { readonly kind: 'reply' | 'bounce'; readonly id: NotificationId } | null {
  const [own, written] = [cutAtDomain(base), cutAtDomain(address)];
  if (written.domain !== own.domain || !written.local.startsWith(`${own.local}+`)) return null;
  const [, form, digits = ''] =
    /^([nb])\.([0-9a-f]{32})$/.exec(written.local.slice(own.local.length + 1)) ?? [];
  const id = readId(digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  return id === null ? null : { kind: form === 'n' ? 'reply' : 'bounce', id };
}

/** Whether mail to the address comes back to us: it is `base`, or a plus address of it, ours or not. */
export function isOwnAddress(address: string, base: string): boolean {
  const [own, written] = [cutAtDomain(base), cutAtDomain(address)];
  const isIt = written.local === own.local || written.local.startsWith(`${own.local}+`);
  return written.domain === own.domain && isIt;
}

function plusAddress(form: 'n' | 'b', id: NotificationId, base: string): string {
  const at = base.lastIndexOf('@');
  return `${base.slice(0, at)}+${form}.${id.replaceAll('-', '')}${base.slice(at)}`;
}

function cutAtDomain(address: string): { readonly local: string; readonly domain: string } {
  const lower = address.trim().toLowerCase();
  const at = lower.lastIndexOf('@');
  return { local: lower.slice(0, Math.max(0, at)), domain: lower.slice(at + 1) };
}

const readId = (text: string | undefined): NotificationId | null =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text ?? '')
    ? ((text ?? '').toLowerCase() as NotificationId)
    : null;
