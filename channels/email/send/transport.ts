import type { Readable } from 'node:stream';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { SendOutcome } from '../../../src/domain/notification.ts';
import type { MailAccount } from './account.ts';
import { toFailedOutcome, toSentOutcome } from './outcome.ts';

/** In milliseconds. `total` bounds one mail from its way into the queue to the server's last word, whatever happens. */
export type MailTimeouts = {
  readonly connect: number;
  /** Without a word from the server. */
  readonly silence: number;
  readonly total: number;
};
export const mailTimeouts: MailTimeouts = { connect: 5_000, silence: 10_000, total: 15_000 };

/** A mail as nodemailer takes it, by a name of ours. */
export type ComposedMail = SendMailOptions & { readonly messageId: string };

export type MailTransport = {
  /** One attempt. Never sends more than once, and never rejects. */
  readonly send: (mail: ComposedMail) => Promise<SendOutcome>;
  /** Connects and signs in, and sends nothing. Rejects with nodemailer's error, whose message may quote the server. */
  readonly verify: () => Promise<unknown>;
  readonly close: () => Promise<void>;
};

/** As many mails under way at once as `notify` sends by one channel. */
const maxConnections = 8;

/** Connections nobody used for so long are ended: servers do the same, some after a minute. */
const idleMs = 30_000;

/**
 * Makes the way out through a mail server, with connections that are used again. A mail whose connection fails is never
 * sent again by nodemailer (`maxRequeues`): when to try again is ours to decide.
 */
export function createMailTransport(
  { server, dkim }: Pick<MailAccount, 'server' | 'dkim'>,
  timeouts: MailTimeouts = mailTimeouts,
): MailTransport {
  const { host, port, tls, user } = server;
  const pool = createTransport({
    pool: true,
    host,
    port,
    secure: tls === 'wrapped',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none' && user === null,
    // A server of this machine lets nobody sign in before STARTTLS, perhaps, and its certificate is mostly its own.
    ...(tls === 'none' ? { opportunisticTLS: true, tls: { rejectUnauthorized: false } } : {}),
    ...(user === null ? {} : { auth: { user: user.name, pass: user.password } }),
    ...(dkim === null
      ? {}
      : { dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.privateKey } }),
    connectionTimeout: timeouts.connect,
    greetingTimeout: timeouts.connect,
    dnsTimeout: timeouts.connect,
    socketTimeout: timeouts.silence,
    maxConnections,
    maxRequeues: 0,
    idleTimeout: idleMs,
  });
  // An idle connection that breaks is nobody's failure.
  pool.on('error', () => undefined);

  // nodemailer reads a mail only once the server has asked for it with 354, and tells of any lost connection the same
  // whether that was before or after. So it is looked at whether the mail was read.
  const bodies = new Map<string, Readable[]>();
  pool.use('stream', (mail, done) => {
    const create = mail.message.createReadStream.bind(mail.message);
    mail.message.createReadStream = (options) => {
      const body = create(options);
      bodies.get(mail.message.messageId())?.push(body);
      return body;
    };
    done();
  });

  async function send(mail: ComposedMail): Promise<SendOutcome> {
    const { messageId } = mail;
    // Each attempt of a notification has the same Message-ID, and there is one attempt at a time: see beginSending.
    const read: Readable[] = [];
    bodies.set(messageId, read);
    try {
      const { response } = await pool.sendMail({ ...mail, signal: AbortSignal.timeout(timeouts.total) });
      return toSentOutcome(response);
    } catch (error) {
      return toFailedOutcome(
        error,
        read.some((body) => body.readableDidRead),
      );
    } finally {
      bodies.delete(messageId);
    }
  }

  return {
    send,
    verify: () => pool.verify(),
    close: async () => pool.close(),
  };
}
