/**
 * Solves a challenge of altcha-lib 2, in a thread of its own: finds the number with which PBKDF2 gives a key that begins
 * as asked. The password is the nonce followed by the number as four bytes, the largest first.
 */
const maxNumber = 10_000;

/** @param {string} hex */
const toBytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** @param {ArrayBuffer} bytes */
const toHex = (bytes) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {{ nonce: string, salt: string, cost: number, keyLength: number, keyPrefix: string }} parameters */
async function solve({ nonce, salt, cost, keyLength, keyPrefix }) {
  const pbkdf2 = { name: 'PBKDF2', hash: 'SHA-256', salt: toBytes(salt), iterations: cost };
  const start = toBytes(nonce);
  const password = new Uint8Array(start.length + 4);
  password.set(start);
  const number = new DataView(password.buffer, start.length);
  for (let counter = 0; counter <= maxNumber; counter += 1) {
    number.setUint32(0, counter);
    const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    const derivedKey = toHex(await crypto.subtle.deriveBits(pbkdf2, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return { counter, derivedKey };
  }
  return null;
}

self.addEventListener('message', async ({ data: challenge }) => {
  self.postMessage(await solve(challenge.parameters).catch(() => null));
});
