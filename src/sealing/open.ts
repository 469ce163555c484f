import { createDecipheriv } from 'node:crypto';
import { AppError } from '../errors.ts';
import { recoverSecret } from './hpke.ts';
import type { PrivateKey } from './keys.ts';
import {
  additionalData,
  createSeal,
  encapsulationBytes,
  nonceBytes,
  type Seal,
  type Sealed,
  type SealLabel,
  tagBytes,
} from './seal.ts';

/**
 * Opens what was sealed under exactly this label; null where it was changed, or sealed for another report or audience.
 * Throws `AppError` `config` without the private key, unless that was given up.
 */
export type Open = (sealed: Sealed, label: SealLabel) => Promise<Buffer | null>;

/** Reports sealed under one agreement come one after the other, so few secrets need remembering. */
const maxSecrets = 256;

/** `readKeys` is asked again for a key it had not: after a rotation the file holds one more. */
export function createOpen(
  readKeys: () => readonly PrivateKey[],
  forgotten: ReadonlySet<string> = new Set(),
): Open {
  let keys = byId(readKeys());
  const secrets = new Map<string, Promise<Buffer>>();

  function secretOf(key: PrivateKey, encapsulation: Buffer): Promise<Buffer> {
    const name = encapsulation.toString('base64');
    const known = secrets.get(name);
    if (known !== undefined) return known;
    const secret = recoverSecret({ publicKey: key.bytes, privateKey: key.privateBytes }, encapsulation);
    const [oldest] = secrets.keys();
    if (oldest !== undefined && secrets.size >= maxSecrets) secrets.delete(oldest);
    secrets.set(name, secret);
    return secret;
  }

  return async ({ keyId, bytes }, label) => {
    if (!keys.has(keyId)) keys = byId(readKeys());
    const key = keys.get(keyId);
    if (key === undefined) {
      if (forgotten.has(keyId)) return null;
      throw new AppError('config', `IDENTITY_PRIVATE_KEY_FILE does not hold the private key ${keyId}.`);
    }
    const ciphertextStart = encapsulationBytes + nonceBytes;
    try {
      const secret = await secretOf(key, bytes.subarray(0, encapsulationBytes));
      const decipher = createDecipheriv(
        'aes-256-gcm',
        secret,
        bytes.subarray(encapsulationBytes, ciphertextStart),
        { authTagLength: tagBytes },
      );
      decipher.setAAD(additionalData(label));
      decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
      const plaintext = decipher.update(bytes.subarray(ciphertextStart, bytes.length - tagBytes));
      decipher.final();
      return plaintext;
    } catch {
      return null;
    }
  };
}

/** Seals for a key that something was opened with. Throws `AppError` `config` where it is not here any more. */
export function createSealAgain(readKeys: () => readonly PrivateKey[]): (keyId: string) => Promise<Seal> {
  const seals = new Map<string, Promise<Seal>>();
  return (keyId) => {
    const known = seals.get(keyId);
    if (known !== undefined) return known;
    const key = byId(readKeys()).get(keyId);
    if (key === undefined) {
      throw new AppError('config', `IDENTITY_PRIVATE_KEY_FILE does not hold the private key ${keyId}.`);
    }
    const seal = createSeal(key);
    seals.set(keyId, seal);
    return seal;
  };
}

const byId = (keys: readonly PrivateKey[]): ReadonlyMap<string, PrivateKey> =>
  new Map(keys.map((key) => [key.id, key]));
