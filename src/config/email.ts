import { parseMailbox, plusLength, splitAddress } from '../domain/mail-address.ts';
import { AppError } from '../errors.ts';
import { type Env, integer, isSet, type Parse, parseUrl, read, requireTogether, text } from './values.ts';

/** Everything about e-mail that an operator decides; the mailboxes it comes from are in a file of their own. */
export type EmailConfig = {
  /** JSON file of mailboxes; null: `mailboxes.json` in the data folder, if it is there. `lapor mailbox` writes it. */
  readonly mailboxesFile: string | null;
  /** `smtp://user:password@host:587` or `smtps://…`; null: no e-mail is sent. */
  readonly smtpUrl: string | null;
  /** From whom e-mail comes: an address, or a name and an address in angle brackets. Set where the one before is. */
  readonly from: string | null;
  /** Where replies and bounces go, plus-addressed; null: the address of `from`. */
  readonly replyTo: string | null;
  /** Who signs what we send, the name of the key in DNS, and the file of the private key in PEM; null: nobody signs. */
  readonly dkimDomain: string | null;
  readonly dkimSelector: string | null;
  readonly dkimKeyFile: string | null;
  /** Mails one address may get in 24 hours, and mails about one report; mails an hour to anybody. 0 means no limit. */
  readonly maxPerAddress: number;
  readonly maxPerReport: number;
  readonly maxPerHour: number;
  /**
   * Names, in lower case, under which our own mail servers write Authentication-Results (RFC 8601), which they have to take out
   * of what comes from outside; nobody else's are believed. Empty: none are.
   */
  readonly authservIds: readonly string[];
};

/** Throws `AppError` `config` that names the variable. */
export function parseEmailConfig(env: Env): EmailConfig {
  requireTogether(env, 'EMAIL_SMTP_URL', 'EMAIL_FROM');
  requireTogether(env, 'EMAIL_DKIM_DOMAIN', 'EMAIL_DKIM_SELECTOR', 'EMAIL_DKIM_KEY_FILE');
  for (const name of ['EMAIL_REPLY_TO', 'EMAIL_DKIM_DOMAIN']) {
    if (isSet(env, name) && !isSet(env, 'EMAIL_SMTP_URL')) {
      throw new AppError('config', `${name} is set, so EMAIL_SMTP_URL must be set too`);
    }
  }
  const from = read(env, 'EMAIL_FROM', mailbox, null);
  const dkimDomain = read(env, 'EMAIL_DKIM_DOMAIN', domain, null);
  if (from !== null && dkimDomain !== null && !isWithin(domainOf(from), dkimDomain)) {
    throw new AppError(
      'config',
      `EMAIL_DKIM_DOMAIN cannot be used: expected the domain of EMAIL_FROM, ${domainOf(from)}, or one above it`,
    );
  }
  return {
    mailboxesFile: read(env, 'EMAIL_MAILBOXES_FILE', text, null),
    smtpUrl: read(env, 'EMAIL_SMTP_URL', smtpUrl, null),
    from,
    replyTo: read(env, 'EMAIL_REPLY_TO', plusBase, null),
    dkimDomain,
    dkimSelector: read(env, 'EMAIL_DKIM_SELECTOR', selector, null),
    dkimKeyFile: read(env, 'EMAIL_DKIM_KEY_FILE', text, null),
    maxPerAddress: read(env, 'EMAIL_MAX_PER_ADDRESS', integer(0, 100_000), 10),
    maxPerReport: read(env, 'EMAIL_MAX_PER_REPORT', integer(0, 100_000), 5),
    maxPerHour: read(env, 'EMAIL_MAX_PER_HOUR', integer(0, 10_000_000), 1_000),
    authservIds: read(env, 'EMAIL_AUTHSERV_ID', authservIds, []),
  };
}

/** The settings as one may print them. */
export const describeEmailConfig = (config: EmailConfig): Record<string, unknown> => ({
  ...config,
  smtpUrl: config.smtpUrl === null ? null : withoutUser(config.smtpUrl),
});

/** Some providers' user names are keys as well. */
function withoutUser(url: string): string {
  const { protocol, username, host } = new URL(url);
  return `${protocol}//${username === '' ? '' : '***@'}${host}`;
}

/** In user and password what has a meaning in URLs is written with a percent sign, and what is behind the port has none. */
const smtpUrl: Parse<string> = (raw) => {
  const url = parseUrl(raw);
  const fits =
    url !== null &&
    /^smtps?:$/.test(url.protocol) &&
    url.hostname !== '' &&
    /^\/?$/.test(url.pathname + url.search + url.hash) &&
    (url.username === '') === (url.password === '') &&
    isDecodable(url.username + url.password);
  return fits
    ? { value: raw }
    : { expected: 'smtp://user:password@host:587 or smtps://user:password@host:465, or without the user' };
};

function isDecodable(text: string): boolean {
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: SMTP ends a command with them
    return !/[\u0000-\u001f\u007f]/.test(decodeURIComponent(text));
  } catch {
    return false;
  }
}

/** Its address gets 35 characters more where replies go, and 64 are all that a local part may have (RFC 5321, 4.5.3.1.1). */
const mailbox: Parse<string> = (raw) => {
  const address = parseMailbox(raw)?.address;
  return address !== undefined && leavesRoom(address)
    ? { value: raw }
    : {
        expected:
          'an address such as lapor@example.go.id, or "Lapor! <lapor@example.go.id>", with at most 29 ASCII letters before the @',
      };
};

const plusBase: Parse<string> = (raw) =>
  leavesRoom(raw)
    ? { value: raw }
    : { expected: 'an address such as lapor@example.go.id, with at most 29 ASCII letters before the @' };

/** Ours is in ASCII: else none could answer who has an old mail server. */
function leavesRoom(address: string): boolean {
  const { local, domain } = splitAddress(address) ?? { local: '', domain: '' };
  return /^[\x21-\x7e]+$/.test(local + domain) && local.length + plusLength <= 64;
}

const domain: Parse<string> = (raw) =>
  splitAddress(`lapor@${raw}`) === null || !/^[\x21-\x7e]+$/.test(raw)
    ? { expected: 'a domain such as example.go.id' }
    : { value: raw.toLowerCase() };

/** One or more labels of a name in DNS (RFC 6376, 3.1). */
const selector: Parse<string> = (raw) =>
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(raw)
    ? { value: raw }
    : { expected: 'the name of a key in DNS, such as lapor2026' };

const domainOf = (from: string): string => splitAddress(parseMailbox(from)?.address ?? '')?.domain ?? '';

const isWithin = (name: string, above: string): boolean => name === above || name.endsWith(`.${above}`);

const authservIds: Parse<readonly string[]> = (raw) => {
  const names = raw.split(',').map((name) => name.trim().toLowerCase());
  return names.every((name) => /^[a-z0-9._-]{1,253}$/.test(name))
    ? { value: names }
    : { expected: 'names of mail servers separated by commas, such as mx.contoh.go.id' };
};
