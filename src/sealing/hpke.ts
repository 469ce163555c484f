import { AEAD_EXPORT_ONLY, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';

/**
 * HPKE (RFC 9180) in its export-only form, section 5.3: it agrees on a secret with whoever holds the private key, and
 * that secret keys an AEAD of ours. So one agreement, which costs a millisecond, serves many reports.
 */
const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_EXPORT_ONLY);
const options = { info: Buffer.from('lapor-gateway identity v1') };
const exporterContext = Buffer.from('aes-256-gcm');
const keyBytes = 32;

/** `encapsulation`, 32 bytes, is stored beside what is sealed: with it the private key finds `secret` again. */
export type Agreement = { readonly encapsulation: Buffer; readonly secret: Buffer };

/** Agrees on a fresh secret with the holder of the private key; `publicKey` is 32 bytes of X25519. */
export async function agree(publicKey: Buffer): Promise<Agreement> {
  const key = await suite.DeserializePublicKey(publicKey);
  const sent = await suite.SendExport(key, exporterContext, keyBytes, options);
  return { encapsulation: Buffer.from(sent.encapsulatedSecret), secret: Buffer.from(sent.exportedSecret) };
}

/** The secret that was agreed on; both keys are 32 bytes of X25519. Rejects where the encapsulation is not for this key. */
export async function recoverSecret(
  { publicKey, privateKey }: { readonly publicKey: Buffer; readonly privateKey: Buffer },
  encapsulation: Buffer,
): Promise<Buffer> {
  const pair = {
    publicKey: await suite.DeserializePublicKey(publicKey),
    privateKey: await suite.DeserializePrivateKey(privateKey),
  };
  return Buffer.from(await suite.ReceiveExport(pair, encapsulation, exporterContext, keyBytes, options));
}
