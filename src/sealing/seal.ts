import { createCipheriv } from 'node:crypto';
import { type Agreement, agree } from './hpke.ts';
import type { PublicKey } from './keys.ts';

/**
 * Who may open a sealed identity besides the channel that sends word back: `agency` for a report given with its name,
 * `nobody` for an anonymous or confidential one. It is part of what the seal authenticates, so that a flag changed in
 * the database opens nothing.
 */
export type Audience = 'agency' | 'nobody';

/** Which report it belongs to and who may open it: another row's, or another audience's, seal does not open. */
export type SealLabel = { readonly reportId: string; readonly audience: Audience };

export type Sealed = {
  readonly keyId: string;
  /** Encapsulation (32 bytes), nonce (12), AES-256-GCM ciphertext, tag (16). */
  readonly bytes: Buffer;
};

/** Seals for the holder of the private key; this process cannot open it again once it has moved on to the next agreement. */
export type Seal = (plaintext: Buffer, label: SealLabel) => Sealed;

export const nonceBytes = 12;
export const tagBytes = 16;
export const encapsulationBytes = 32;

/** A process that is broken into gives away what it sealed since the last agreement and no more. */
const agreementMs = 10 * 60_000;

/** Seals with `publicKey`, agreeing on a new secret every ten minutes, whether or not anything is sealed. */
export async function createSeal(publicKey: PublicKey): Promise<Seal> {
  let agreement: Agreement = await agree(publicKey.bytes);
  let count = 0;

  // Whatever keeps it from renewing, the present agreement is as good as before.
  const renew = () =>
    agree(publicKey.bytes).then(
      (next) => {
        agreement = next;
        count = 0;
      },
      () => undefined,
    );
  setInterval(renew, agreementMs).unref();

  return (plaintext, label) => {
    // A counter is a nonce that never repeats, because every agreement has a secret of its own.
    const nonce = Buffer.alloc(nonceBytes);
    nonce.writeUIntBE(count, nonceBytes - 6, 6);
    count += 1;
    const cipher = createCipheriv('aes-256-gcm', agreement.secret, nonce);
    cipher.setAAD(additionalData(label));
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return {
      keyId: publicKey.id,
      bytes: Buffer.concat([agreement.encapsulation, nonce, ciphertext, cipher.getAuthTag()]),
    };
  };
}

export const additionalData = ({ reportId, audience }: SealLabel): Buffer =>
  Buffer.from(`${audience}:${reportId}`);
