/**
 * An e-mail as it was read: who wrote it, what they say themselves, and what it is. What of a mail is kept where is
 * decided by whoever files it; nothing here is masked.
 */

export type MailAddress = { readonly name: string | null; readonly address: string };

/**
 * `report`: what a person wrote. `bounce`: a delivery status notification (RFC 3464) or what mail systems send in its
 * stead. `auto-reply`: sent by a machine, by a list or in bulk (RFC 3834). `own`: we sent it ourselves. `receipt`: says
 * that a mail was displayed or delivered (RFC 8098).
 */
export const mailKinds = ['report', 'bounce', 'auto-reply', 'own', 'receipt'] as const;
export type MailKind = (typeof mailKinds)[number];

/** A file in a mail; bytes as decoded, type as stated, lower case. */
export type MailFile = {
  readonly name: string | null;
  readonly type: string;
  readonly content: Uint8Array;
  /** Shown in the text, as a rule a logo or a picture that was pasted. */
  readonly inline: boolean;
};

/** What a bounce says became of one of our mails. */
export type Bounce = {
  /** Message-ID of the mail that came back, with its angle brackets; null where the bounce does not say. */
  readonly messageId: string | null;
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded' | null;
  /** Enhanced status code (RFC 3463), such as 5.1.1. */
  readonly status: string | null;
  /** What the other server said; may name the recipient. */
  readonly diagnostic: string | null;
};

/** One result of an Authentication-Results header (RFC 8601), such as spf, pass. */
export type AuthenticationResult = {
  /** Who says so; only our own server is believed. */
  readonly authservId: string;
  readonly method: string;
  readonly result: string;
};

export type ReadMail = {
  readonly kind: MailKind;
  /** Why it is of this kind, in words for staff; null for a report. */
  readonly why: string | null;
  /** With angle brackets; null where it has none. */
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** Who wrote it: From, else Sender, Reply-To or Return-Path; null where nobody is named. */
  readonly from: MailAddress | null;
  /** Display name in From, also where no address can be read; null where there is none. */
  readonly fromName?: string | null;
  /** Of a mail that was forwarded: who wrote what was forwarded, where it can be read. */
  readonly forwardedFrom: MailAddress | null;
  /** To, Cc, Delivered-To and the like. */
  readonly recipients: readonly MailAddress[];
  readonly subject: string | null;
  /** As the sender's machine says; null where it is missing or no date. */
  readonly date: Date | null;
  /** What its writer says; quoted history and signature are cut. Empty where there are no words. */
  readonly text: string;
  /** What was cut, as text; null where nothing was. */
  readonly quoted: string | null;
  readonly files: readonly MailFile[];
  readonly bounce: Bounce | null;
  readonly authentication: readonly AuthenticationResult[];
  /** What a spam filter put into the header of the mail: X-Spam-Flag, X-Spam-Status and the like. */
  readonly markedSpam: boolean;
  /** Of which header fields there are several although one is allowed, which parts are encrypted, what was too much …; for staff. */
  readonly notes: readonly string[];
  /** Why it could not be read as a mail, or only in part; null where all of it was. */
  readonly error: string | null;
};
