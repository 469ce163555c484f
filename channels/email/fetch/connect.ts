import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { ImapFlow } from 'imapflow';
import { AppError } from '../../../src/errors.ts';
import type { AccessTokens } from './access-token.ts';
import type { Mailbox } from './mailbox.ts';

/** A server that is silent for so long while it owes an answer is gone. */
export const answerWithinMs = 20_000;
const connectWithinMs = 20_000;

/**
 * Connects and signs in; the connection ends when the signal is aborted. Throws `AppError`: `unauthenticated` where the
 * server does not let us in, `config` where a file is missing, `unavailable` for all else. No message of these names the user.
 */
export async function connect(
  mailbox: Mailbox,
  {
    tokens,
    now,
    signal,
  }: { readonly tokens: AccessTokens | null; readonly now: Date; readonly signal: AbortSignal },
): Promise<ImapFlow> {
  // Only who has a mailbox loads it.
  const imapflow = await import('imapflow');
  signal.throwIfAborted();
  const { host, port, secure, user, maxMb } = mailbox;
  const ca = mailbox.caFile === null ? null : await readSetting(mailbox.caFile, 'caFile');
  const client = new imapflow.ImapFlow({
    host,
    port,
    secure: secure === 'tls',
    ...(secure === 'tls' ? {} : { doSTARTTLS: secure === 'starttls' }),
    auth: { user, ...(await readSecret(mailbox, tokens, now)) },
    tls: { minVersion: 'TLSv1.2', ...(ca === null ? {} : { ca: [...rootCertificates, ca] }) },
    clientInfo: { name: 'lapor-gateway' },
    // It would log who writes to whom.
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: connectWithinMs,
    greetingTimeout: connectWithinMs,
    socketTimeout: 2 * answerWithinMs,
    // A server that sends more than it was asked for must not fill our memory.
    maxLineLength: 16 * 1024 * 1024,
    maxLiteralSize: (maxMb + 1) * 1024 * 1024,
    maxResponseSize: (maxMb + 20) * 1024 * 1024,
  });
  // Without a listener an error ends the process; whoever waits for an answer is told as well.
  client.on('error', () => client.close());
  const end = () => client.close();
  signal.addEventListener('abort', end, { once: true });
  client.once('close', () => signal.removeEventListener('abort', end));
  try {
    await within(client, connectWithinMs * 2, client.connect());
    return client;
  } catch (error) {
    client.close();
    if (isRefusal(error)) tokens?.forget();
    throw explain(error, mailbox);
  }
}

/** Rejects, and ends the connection, where the server does not answer in time: a network can go without a word. */
export async function within<T>(client: ImapFlow, ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AppError('unavailable', `the server did not answer within ${Math.round(ms / 1_000)} s`));
      client.close();
    }, ms);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readSecret(
  { login }: Mailbox,
  tokens: AccessTokens | null,
  now: Date,
): Promise<{ readonly pass: string } | { readonly accessToken: string }> {
  if (login.kind === 'password') return { pass: login.password };
  if (login.kind === 'password-file') {
    return { pass: (await readSetting(login.file, 'passwordFile')).split(/\r?\n/)[0] ?? '' };
  }
  if (tokens === null) throw new AppError('config', 'oauth2 without tokens');
  return { accessToken: await tokens.get(now) };
}

async function readSetting(file: string, field: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AppError('config', `${field} ${file} cannot be read (${code ?? 'unknown reason'})`, { cause });
  }
}

type ImapError = Error & {
  readonly code?: string;
  readonly authenticationFailed?: boolean;
  readonly tlsFailed?: boolean;
};

const isRefusal = (error: unknown): boolean => (error as ImapError).authenticationFailed === true;

/** In words that say what to do, and hold nothing that the server said: it repeats user names. */
function explain(error: unknown, { host, port, secure }: Mailbox): AppError {
  if (error instanceof AppError) return error;
  const cause = error as ImapError;
  const code = cause.code ?? '';
  if (isRefusal(error)) {
    return new AppError(
      'unauthenticated',
      `${host} refused user and password, or does not allow IMAP to them`,
      {
        cause,
      },
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code)) {
    return new AppError(
      'unavailable',
      `the certificate of ${host} is not trusted (${code}); is caFile set?`,
      {
        cause,
      },
    );
  }
  if (cause.tlsFailed === true || /SSL|TLS|EPROTO/.test(code) || /STARTTLS/i.test(cause.message)) {
    const hint = secure === 'tls' ? 'is it a port for starttls?' : 'does it offer STARTTLS?';
    return new AppError(
      'unavailable',
      `${host}:${port} speaks no TLS as asked (${code || 'STARTTLS'}); ${hint}`,
      {
        cause,
      },
    );
  }
  return new AppError('unavailable', `${host}:${port} cannot be reached (${code || cause.name})`, { cause });
}

/** As `explain`, of what happens once we are in. */
export function explainLoss(error: unknown, { host }: Pick<Mailbox, 'host'>): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const { code, responseStatus } = error as ImapError & { readonly responseStatus?: string };
  if (responseStatus === 'NO' || responseStatus === 'BAD') {
    return new AppError('unavailable', `${host} refused a command (${responseStatus})`, { cause: error });
  }
  // What imapflow and sockets call it; all else is a mistake of ours and keeps its stack.
  return code === 'NoConnection' ||
    code === 'ETIMEOUT' ||
    /^(E[A-Z]+|[A-Z][A-Za-z]+TooLarge)$/.test(code ?? '')
    ? new AppError('unavailable', `the connection to ${host} was lost (${code})`, { cause: error })
    : error;
}
