import { type Env, type Parse, read, requireTogether, text } from './values.ts';

/** Everything about e-mail that an operator decides; the mailboxes it comes from are in a file of their own. */
export type EmailConfig = {
  /** JSON file of mailboxes; null: `mailboxes.json` in the data folder, if it is there. `lapor mailbox` writes it. */
  readonly mailboxesFile: string | null;
  /** `smtp://user:password@host:587` or `smtps://…`; null: no e-mail is sent. */
  readonly smtpUrl: string | null;
  /** From whom e-mail comes: an address, or a name and an address in angle brackets. Set where the one before is. */
  readonly from: string | null;
  /**
   * Names, in lower case, under which our own mail servers write Authentication-Results (RFC 8601), which they have to take out
   * of what comes from outside; nobody else's are believed. Empty: none are.
   */
  readonly authservIds: readonly string[];
};

/** Throws `AppError` `config` that names the variable. */
export function parseEmailConfig(env: Env): EmailConfig {
  requireTogether(env, 'EMAIL_SMTP_URL', 'EMAIL_FROM');
  return {
    mailboxesFile: read(env, 'EMAIL_MAILBOXES_FILE', text, null),
    smtpUrl: read(env, 'EMAIL_SMTP_URL', text, null),
    from: read(env, 'EMAIL_FROM', text, null),
    authservIds: read(env, 'EMAIL_AUTHSERV_ID', authservIds, []),
  };
}

const authservIds: Parse<readonly string[]> = (raw) => {
  const names = raw.split(',').map((name) => name.trim().toLowerCase());
  return names.every((name) => /^[a-z0-9._-]{1,253}$/.test(name))
    ? { value: names }
    : { expected: 'names of mail servers separated by commas, such as mx.contoh.go.id' };
};
