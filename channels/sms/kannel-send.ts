import type { SendOutcome } from '../../src/domain/notification.ts';
import { isGsm7 } from '../../src/domain/sms-text.ts';
import type { CallOutcome } from '../../src/outbound/provider-call.ts';
import type { OutgoingMessage, Send } from '../channel.ts';
import { findRecipient } from './recipient.ts';

/** A `sendsms-user` of Kannel's smsbox, as `kannel.conf` beside this file sets it up. */
export type KannelAccount = {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Our number, which the citizen sees as sender. */
  readonly from: string;
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
    return toSendOutcome(await call({ method: 'GET', url, headers: {}, body: null }));
  };

function parameters(account: KannelAccount, to: string, { text }: OutgoingMessage): URLSearchParams {
  return new URLSearchParams({
    username: account.user,
    password: account.password,
    from: account.from,
    to,
    text,
    charset: 'UTF-8',
    coding: isGsm7(text) ? '0' : '2',
  });
}

/**
 * What Kannel 1.4.5 answers (gw/smsbox.c): 202 taken or queued, 4xx not taken for good, 503 not taken for now. Any other
 * answer comes from something between us and Kannel, which may have passed the message on before it failed.
 */
function toSendOutcome(outcome: CallOutcome): SendOutcome {
  if (outcome.kind !== 'answer') {
    return outcome.kind === 'not-sent'
      ? { kind: 'retry', reason: `no connection: ${outcome.detail}`, retryAfter: null }
      : { kind: 'unknown', reason: `no answer: ${outcome.detail}` };
  }
  const { status, retryAfter, body } = outcome;
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
