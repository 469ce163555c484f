import { describeSmtpAnswer } from '../../../src/domain/mail-status.ts';
import type { SendOutcome } from '../../../src/domain/notification.ts';

/** What nodemailer tells of a mail that was not sent, or may not have been (its `NodemailerError`). */
type Failure = {
  readonly code?: unknown;
  /** The code of the error that nodemailer calls `code`: ECONNREFUSED where that is ESOCKET. */
  readonly originalCode?: unknown;
  /** What was said last: `CONN`, `MAIL FROM`, `RCPT TO`, `DATA`, `AUTH PLAIN` … */
  readonly command?: unknown;
  readonly response?: unknown;
};

/**
 * What a failure means. `begun`: some of the mail itself was written, so the server may have all of it; from then on only
 * its answer to the whole makes the outcome certain, and that is the one failure with the command DATA. What goes wrong
 * with the connection has the command CONN at any stage, even where it quotes the beginning of an answer.
 */
export function toFailedOutcome(error: unknown, begun: boolean): SendOutcome {
  const { command, response, ...failure } = (error ?? {}) as Failure;
  const code = failure.originalCode ?? failure.code;
  const answer = typeof response === 'string' ? response : '';
  const said = describeSmtpAnswer(answer);
  if (begun && !(command === 'DATA' && said !== null && /^[45]/.test(said))) {
    return { kind: 'unknown', reason: `no answer to the mail: ${nameFailure(code)}` };
  }
  const stage = nameStage(command);
  if (said === null) {
    // The server says how large a mail may be, and nodemailer does not try.
    return command === 'MAIL FROM'
      ? { kind: 'refused', reason: `the mail server takes no such mail: ${nameFailure(code)}` }
      : { kind: 'retry', reason: `no answer ${stage}: ${nameFailure(code)}`, retryAfter: null };
  }
  const reason = `the mail server answered ${stage} with ${said}`;
  return isAboutMail(command, said)
    ? { kind: 'refused', reason }
    : { kind: 'retry', reason, retryAfter: null };
}

/** The server has the mail; its own name for it is in the sentence, where it has the form that Postfix and Exim give it. */
export function toSentOutcome(answer: string): SendOutcome {
  const [, name] = /\b(?:queued as|id=) ?([A-Za-z0-9-]{6,40})\b/.exec(answer) ?? [];
  return { kind: 'sent', providerId: name ?? null };
}

/**
 * Refused for good, and because of this mail or its recipient. What is refused before there is any, or because we did not
 * sign in, or because the session went wrong, is refused to every mail alike until somebody mends it.
 */
const isAboutMail = (command: unknown, said: string): boolean =>
  ['MAIL FROM', 'RCPT TO', 'DATA'].includes(String(command)) &&
  /^5/.test(said) &&
  !/^5(03|30|34|35|38)\b/.test(said);

function nameStage(command: unknown): string {
  switch (command) {
    case 'MAIL FROM':
      return 'to the sender';
    case 'RCPT TO':
      return 'to the recipient';
    case 'DATA':
      return 'to the mail';
    case 'CONN':
    case 'API':
    case undefined:
      return 'to the connection';
    default:
      return /^AUTH/.test(String(command)) ? 'to our signing in' : 'to the greeting';
  }
}

/** nodemailer's code: its messages quote servers and addresses. */
const nameFailure = (code: unknown): string =>
  typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code) ? code : 'unknown failure';
