import type { SendOutcome } from '../../src/domain/notification.ts';
import { isGsm7 } from '../../src/domain/sms-text.ts';
import type { OutgoingMessage, Send } from '../channel.ts';
import { notificationParameter } from './receipts.ts';
import { findRecipient } from './recipient.ts';
import { type AnsweredCall, toSendOutcome } from './send-outcome.ts';

/** A `sendsms-user` of Kannel's smsbox, as `kannel.conf` beside this file sets it up. */
export type KannelAccount = {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Our number, which the citizen sees as sender. */
  readonly from: string;
  /** Where Kannel tells us what became of a message, and the secret it shows there; null: it is not asked to. */
  readonly receipts: { readonly url: string; readonly secret: string } | null;
};

/**
 * The way out through Kannel's sendsms. Kannel names no message and cannot be asked about one, so what is in doubt stays
 * in doubt: there is no `reconcile`.
 */
export const createKannelSend =
  (account: KannelAccount): Send =>
  async (message, call) => {
    const recipient = findRecipient(message.to, account.from);
    if ('problem' in recipient) return { kind: 'refused', reason: recipient.problem };
    const url = `${account.url}?${parameters(account, recipient.phone, message)}`;
    return toSendOutcome(await call({ method: 'GET', url, headers: {}, body: null }), readAnswer);
  };

function parameters(account: KannelAccount, to: string, { id, text }: OutgoingMessage): URLSearchParams {
  return new URLSearchParams({
    username: account.user,
    password: account.password,
    from: account.from,
    to,
    text,
    charset: 'UTF-8',
    coding: isGsm7(text) ? '0' : '2',
    ...(account.receipts === null
      ? {}
      : { 'dlr-mask': everyState, 'dlr-url': receiptUrl(account.receipts, id) }),
  });
}

const everyState = String(1 | 2 | 4 | 8 | 16);

/** Kannel puts the state in for `%d`. In the secret a `%` is written twice, or it would put something in there, too. */
function receiptUrl({ url, secret }: { readonly url: string; readonly secret: string }, id: string): string {
  const shown = encodeURIComponent(secret).replaceAll('%', '%%');
  return `${url}?secret=${shown}&${notificationParameter}=${id}&dlr=%d`;
}

/**
 * What Kannel 1.4.5 answers (gw/smsbox.c): 202 taken or queued, 4xx not taken for good, 503 not taken for now. Any other
 * answer comes from something between us and Kannel, which may have passed the message on before it failed.
 */
function readAnswer({ status, retryAfter, body }: AnsweredCall): SendOutcome {
  if (status === 202) return { kind: 'sent', providerId: null };
  const reason = `answered ${status}${quote(body)}`;
  if (status === 503 || status === 429) return { kind: 'retry', reason, retryAfter };
  return { kind: status >= 300 && status < 500 ? 'refused' : 'unknown', reason };
}

/** Kannel's reasons are short sentences, and some end in the number they are about: what comes before any digit is kept. */
function quote(body: string): string {
  const words = /^[A-Za-z ,.'()/-]{1,80}/.exec(body)?.[0].trim() ?? '';
  return words === '' ? '' : `: ${words}`;
}
