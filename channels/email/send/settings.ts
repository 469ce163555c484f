import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../../../src/config.ts';
import { parseMailbox } from '../../../src/domain/mail-address.ts';
import { AppError } from '../../../src/errors.ts';
import type { DkimKey, MailAccount, MailServer } from './account.ts';

/** The account mail is sent with; null: none is sent. Throws `AppError` `config` where the DKIM key cannot be used. */
export function chooseMailAccount({
  email,
  publicUrl,
}: Pick<Config, 'email' | 'publicUrl'>): MailAccount | null {
  const from = parseMailbox(email.from ?? '');
  if (email.smtpUrl === null || from === null) return null;
  return {
    server: readServer(email.smtpUrl),
    from,
    base: email.replyTo ?? from.address,
    dkim: readDkimKey(email),
    publicUrl,
  };
}

/** In the clear only to this machine; to any other the server must offer TLS, with a certificate that can be verified. */
function readServer(smtpUrl: string): MailServer {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  const wrapped = protocol === 'smtps:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const isThisMachine = /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);
  return {
    host,
    port: port === '' ? (wrapped ? 465 : 587) : Number(port),
    tls: wrapped ? 'wrapped' : isThisMachine ? 'none' : 'starttls',
    user:
      username === '' ? null : { name: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}

/** With less nobody believes the signature (RFC 8301). */
const fewestBits = 1024;

/** nodemailer sends unsigned what it cannot sign, and says nothing: so the key is looked at before. */
function readDkimKey({
  dkimDomain,
  dkimSelector,
  dkimKeyFile,
}: Pick<Config['email'], 'dkimDomain' | 'dkimSelector' | 'dkimKeyFile'>): DkimKey | null {
  if (dkimDomain === null || dkimSelector === null || dkimKeyFile === null) return null;
  const unusable = (cause: unknown) =>
    new AppError(
      'config',
      `EMAIL_DKIM_KEY_FILE cannot be used: expected the file of an RSA private key in PEM, of at least ${fewestBits} bits`,
      { cause },
    );
  let privateKey: string;
  let key: KeyObject;
  try {
    privateKey = readFileSync(dkimKeyFile, 'utf8');
    key = createPrivateKey(privateKey);
  } catch (error) {
    throw unusable(error);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < fewestBits) throw unusable(undefined);
  return { domain: dkimDomain, selector: dkimSelector, privateKey };
}
