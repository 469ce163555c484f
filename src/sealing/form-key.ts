import { hkdfSync } from 'node:crypto';

/**
 * What the report form signs with: when it was opened, and the challenge it was given. Made of the index key, so every
 * gateway with the same one accepts the forms of the others, and tells nothing of it.
 */
export const deriveFormKey = (indexKey: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', indexKey, '', 'lapor report form', 32));
