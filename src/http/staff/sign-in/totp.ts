import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { StaffId } from '../../../domain/staff.ts';
import type { StaffSecrets } from './staff-secrets.ts';

/** Codes from an app (RFC 6238): six digits, half a minute each, as every app expects them. */

const periodSeconds = 30;

export type TotpSecret = {
  /** For the QR code. */
  readonly uri: string;
  /** To be typed, in groups of four. */
  readonly text: string;
};

export const newTotpSecret = (): Buffer => randomBytes(20);

/** Bound to the member: a row copied to another opens nothing. */
export const totpPurpose = (id: StaffId): string => `totp ${id}`;

const totpOf = (secret: Buffer, issuer: string, label: string): TOTP =>
  new TOTP({
    issuer,
    label,
    secret: new Secret({ buffer: new Uint8Array(secret).buffer }),
    period: periodSeconds,
  });

export function describeTotp(secret: Buffer, issuer: string, login: string): TotpSecret {
  const totp = totpOf(secret, issuer, login);
  return { uri: totp.toString(), text: totp.secret.base32.replace(/(.{4})(?=.)/g, '$1 ') };
}

/** The half minute that the code is of, this one or one next to it; null where it is of none. */
export function findTotpStep(secret: Buffer, typed: string, now: Date): number | null {
  const token = typed.replace(/[\s-]/g, '');
  if (!/^\d{6}$/.test(token)) return null;
  const delta = totpOf(secret, '', '').validate({ token, timestamp: now.getTime(), window: 1 });
  return delta === null ? null : Math.floor(now.getTime() / 1000 / periodSeconds) + delta;
}

const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';

/** Ten for who loses the app: each is good once, and cannot be guessed. */
export const newRecoveryCodes = (): readonly string[] =>
  Array.from({ length: 10 }, () => {
    // the 31 letters are taken from bytes below 248, so that each is as likely as another
    const letters: string[] = [];
    while (letters.length < 16) {
      for (const byte of randomBytes(24)) {
        if (byte < 248 && letters.length < 16) letters.push(alphabet[byte % 31] ?? '');
      }
    }
    return letters.join('').replace(/(.{4})(?=.)/g, '$1-');
  });

/** Null where it cannot be a recovery code. */
export function hashRecoveryCode(secrets: StaffSecrets, id: StaffId, typed: string): Buffer | null {
  const code = typed.toLowerCase().replace(/[\s-]/g, '');
  return /^[2-9a-z]{16}$/.test(code) ? secrets.sign(`recovery ${id} ${code}`) : null;
}
