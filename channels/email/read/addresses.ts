import { domainToUnicode } from 'node:url';
import type { MailAddress } from '../../../src/domain/mail.ts';
import { decodeWords } from './encoded-words.ts';
import { limits } from './limits.ts';

/** A mailbox as a header names it; without an address where only a name is there. */
export type NamedMailbox = { readonly name: string | null; readonly address: string | null };

/**
 * Reads From, To and the like: names in quotes and without, with commas, comments, groups, old routes, addresses that
 * nobody quoted. Never fails; what it makes no sense of is a name.
 */
export function parseAddresses(field: string, hints: readonly string[] = []): NamedMailbox[] {
  const mailboxes: NamedMailbox[] = [];
  let carried = '';
  for (const piece of splitMailboxes(field)) {
    if (mailboxes.length >= limits.addresses) break;
    const mailbox = readMailbox(piece, hints);
    if (mailbox === null) continue;
    if (mailbox.address === null) {
      // "Rohmah, Siti <siti@example.com>" without quotes
      carried = carried === '' ? piece.trim() : `${carried}, ${piece.trim()}`;
      continue;
    }
    if (carried === '') mailboxes.push(mailbox);
    else if (piece.includes('<') && mailbox.name !== null) {
      mailboxes.push(readMailbox(`${carried}, ${piece}`, hints) ?? mailbox);
    } else mailboxes.push({ name: cleanName(carried, hints), address: null }, mailbox);
    carried = '';
  }
  if (carried !== '') mailboxes.push({ name: cleanName(carried, hints), address: null });
  return mailboxes;
}

export const withAddress = (mailboxes: readonly NamedMailbox[]): MailAddress[] =>
  mailboxes.flatMap(({ name, address }) => (address === null ? [] : [{ name, address }]));

/** At commas and semicolons outside of quotes, comments and angle brackets; the name of a group is dropped. */
function splitMailboxes(field: string): string[] {
  const pieces: string[] = [];
  let current = '';
  let quoted = false;
  let comments = 0;
  let angle = false;
  const end = () => {
    if (current.trim() !== '') pieces.push(current);
    current = '';
  };
  for (let at = 0; at < field.length; at += 1) {
    const character = field[at] ?? '';
    if (character === '\\' && (quoted || comments > 0)) {
      current += character + (field[at + 1] ?? '');
      at += 1;
      continue;
    }
    if (quoted) {
      quoted = character !== '"';
    } else if (character === '"' && comments === 0) {
      // a quote that never ends quotes nothing
      quoted = field.indexOf('"', at + 1) > 0;
    } else if (character === '(') {
      if (comments > 0 || field.indexOf(')', at + 1) > 0) comments += 1;
    } else if (character === ')' && comments > 0) {
      comments -= 1;
    } else if (comments === 0) {
      if (character === '<') angle = true;
      else if (character === '>') angle = false;
      else if (character === ',' && !angle) {
        end();
        continue;
      } else if (character === ';') {
        end();
        angle = false;
        continue;
      } else if (character === ':' && !angle && !current.includes('@') && /^[^<]*$/.test(current)) {
        const name = current.trim();
        // "Siti: <siti@example.com>" and groups alike
        if (!/^(mailto|smtp)$/i.test(name) && /;\s*$|;/.test(field.slice(at + 1))) {
          current = '';
          continue;
        }
        if (/^(mailto|smtp)$/i.test(name)) {
          current = '';
          continue;
        }
      }
    }
    current += character;
  }
  end();
  return pieces;
}

const bareAddress = /[^\s<>()[\]",;:@\\]+(?:"[^"]*")?@(?:\[[^\]\s]{1,60}\]|[^\s<>()[\]",;:@\\]+)/u;

function readMailbox(piece: string, hints: readonly string[]): NamedMailbox | null {
  const text = piece.trim();
  if (text === '') return null;
  const open = text.lastIndexOf('<');
  if (open >= 0) {
    const close = text.indexOf('>', open);
    const inner = text.slice(open + 1, close < 0 ? undefined : close).trim();
    const around = `${text.slice(0, open)} ${close < 0 ? '' : text.slice(close + 1)}`;
    const address = cleanAddress(inner, hints);
    if (address !== null) return { name: cleanName(around, hints), address };
    // the address in front of the brackets, or none at all
    const other = readBare(`${around} ${inner}`, hints);
    return other ?? { name: cleanName(around.trim() === '' ? inner : around, hints), address: null };
  }
  return readBare(text, hints) ?? { name: cleanName(text, hints), address: null };
}

/** An address without brackets, its name in a comment or beside it. */
function readBare(text: string, hints: readonly string[]): NamedMailbox | null {
  const withoutComments = text.replace(/\((?:[^()\\]|\\.)*\)/g, ' ');
  const quotedLocal = /^\s*("(?:[^"\\]|\\.)+"@[^\s,;]+)/.exec(withoutComments)?.[1];
  if (quotedLocal !== undefined) return { name: null, address: cleanAddress(quotedLocal, hints) };
  const plain = withoutComments.includes('=?') ? decodeWords(withoutComments, hints) : withoutComments;
  const found = bareAddress.exec(plain.slice(0, 5_000));
  if (found === null) return null;
  const address = cleanAddress(found[0], hints);
  if (address === null) return null;
  const comment = /\(((?:[^()\\]|\\.)*)\)/.exec(text)?.[1];
  const beside = `${plain.slice(0, found.index)} ${plain.slice(found.index + found[0].length)}`;
  return {
    name: cleanName(beside, hints) ?? (comment === undefined ? null : cleanName(comment, hints)),
    address,
  };
}

function cleanAddress(inner: string, hints: readonly string[]): string | null {
  let address = decodeWords(inner, hints)
    .replace(/\((?:[^()\\]|\\.)*\)/g, '')
    .replace(/^(?:mailto|smtp):/i, '')
    .trim();
  // an old route: @relay.example,@other.example:siti@example.com
  if (address.startsWith('@') && address.includes(':')) address = address.slice(address.indexOf(':') + 1);
  if (!address.startsWith('"')) address = address.replace(/\s+/g, '');
  address = address.replace(/^[<'"]+(?=[^"]*$)|[>'".,;]+$/g, '');
  const at = address.lastIndexOf('@');
  if (at <= 0 || at === address.length - 1 || address.length > 1_000) return null;
  const domain = address.slice(at + 1);
  return `${address.slice(0, at)}@${/^xn--|\.xn--/i.test(domain) ? domainToUnicode(domain) || domain : domain}`;
}

function cleanName(text: string, hints: readonly string[]): string | null {
  const name = decodeWords(text.replace(/\s*[\r\n]+\s*/g, ' ').trim(), hints)
    .replace(/\\(["\\(),])/g, '$1')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/^["']+|["']+$/g, '')
    .replace(/"/g, '')
    .trim();
  return name === '' || /^[<>,;:()\s]*$/.test(name) ? null : name.slice(0, 500);
}
