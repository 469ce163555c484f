import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import type { UploadSecret } from '../domain/attachment.ts';

/**
 * What the secret of an upload is good for. Its hash finds the row; a key made of it opens what the file was called, which
 * so lies in the database without anybody who reads the database being able to read it.
 */

const tagBytes = 16;

export const hashSecret = (secret: UploadSecret): Buffer => createHash('sha256').update(secret).digest();

/** Who takes the upload, a report or an addition that is known again by its name. Tells nothing without the secret. */
export const nameClaimant = (secret: UploadSecret, name: string): Buffer =>
  createHmac('sha256', secret).update(name).digest();

/** One name for each secret, so that the nonce may be the same. */
export function sealName(secret: UploadSecret, name: string | null): Buffer | null {
  if (name === null) return null;
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), Buffer.alloc(12));
  return Buffer.concat([cipher.update(name, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Null where there is none, or it was changed. */
export function openName(secret: UploadSecret, sealed: Buffer | null): string | null {
  if (sealed === null || sealed.length < tagBytes) return null;
  const end = sealed.length - tagBytes;
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), Buffer.alloc(12), {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

const keyOf = (secret: UploadSecret): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'name of an upload', 32));
