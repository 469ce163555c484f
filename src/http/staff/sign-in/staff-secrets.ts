import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * What keeps the secrets of signing in, made of the key that the report form signs with, and so of the index key: every gateway
 * has it, the database has not.
 */
export type StaffSecrets = {
  /** Sealed for this purpose and owner, it opens for no other. */
  readonly seal: (plain: Buffer, purpose: string) => Buffer;
  /** Null where it is not what was sealed for this. */
  readonly open: (sealed: Buffer, purpose: string) => Buffer | null;
  /** A hash that only who has the key can make. */
  readonly sign: (text: string) => Buffer;
};

const nonceBytes = 12;
const tagBytes = 16;

export function deriveStaffSecrets(formKey: Buffer): StaffSecrets {
  const derive = (what: string) => Buffer.from(hkdfSync('sha256', formKey, '', `lapor staff ${what}`, 32));
  const sealingKey = derive('sealing');
  const signingKey = derive('signing');
  return {
    seal: (plain, purpose) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce).setAAD(Buffer.from(purpose));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open: (sealed, purpose) => {
      if (sealed.length < nonceBytes + tagBytes) return null;
      const decipher = createDecipheriv('aes-256-gcm', sealingKey, sealed.subarray(0, nonceBytes))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(sealed.subarray(-tagBytes));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
      } catch {
        return null;
      }
    },
    sign: (text) => createHmac('sha256', signingKey).update(text).digest(),
  };
}
