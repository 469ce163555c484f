import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { ImportId } from '../domain/import.ts';

/**
 * What of an import lies in the database between its upload and its end: names, addresses, words of people. Whoever serves has
 * no private key, but has to read it again after a restart; so it is encrypted with a key made of the index key, which is in
 * no database and in no backup of one. Every piece is bound to its import and its place.
 */
export type ContentSeal = {
  readonly seal: (content: Buffer, id: ImportId, place: string) => Buffer;
  /** Throws where it is not what was sealed for this place. */
  readonly open: (sealed: Buffer, id: ImportId, place: string) => Buffer;
  /** What stands for a word that must not be stored; the same for the same word of the same scope. */
  readonly mark: (scope: string, word: string | Buffer) => Buffer;
};

const nonceBytes = 12;
const tagBytes = 16;

/** `formKey` is itself made of the index key: every gateway that has that can go on with the imports of the others. */
export function createContentSeal(formKey: Buffer): ContentSeal {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', formKey, '', purpose, 32));
  const [key, markKey] = [derive('lapor import content'), derive('lapor import marks')];
  return {
    seal: (content, id, place) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(`${id}\n${place}`));
      return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    },
    open: (sealed, id, place) => {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
        .setAAD(Buffer.from(`${id}\n${place}`))
        .setAuthTag(sealed.subarray(-tagBytes));
      return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    },
    mark: (scope, word) => createHmac('sha256', markKey).update(`${scope}\n`).update(word).digest(),
  };
}
