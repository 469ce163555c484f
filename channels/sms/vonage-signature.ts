import { createHash, createHmac } from 'node:crypto';
import { AppError } from '../../src/errors.ts';
import { isEqual } from './equal.ts';

const hourMs = 60 * 60_000;

/**
 * As old as a signature may be. Vonage tries for 24 hours to hand a message over, and does not say that it signs each
 * attempt anew: minutes would refuse for good what came during an outage. A replay within the day changes nothing, since
 * the id of the message is signed, too.
 */
const maxAgeMs = 25 * hourMs;
/** As far as Vonage's clock may run ahead. */
const maxAheadMs = hourMs / 12;

/**
 * Passes parameters that Vonage signed with `secret`, else throws `AppError` `unauthenticated`, or `stale` where the
 * signature is right but too old. Signed are all parameters but `sig`, sorted by name, as `&name=value` with every `&` and
 * `=` in a value replaced (https://developer.vonage.com/en/getting-started/concepts/signing-messages). Which of the
 * documented methods it is, the account says and the request does not: its length does.
 */
export function verifyVonageSignature(
  parameters: ReadonlyMap<string, string>,
  secret: string,
  now: Date,
): void {
  const given = (parameters.get('sig') ?? '').toLowerCase();
  const signed = [...parameters]
    .filter(([name]) => name !== 'sig')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `&${name}=${value.replace(/[&=]/g, '_')}`)
    .join('');
  const hmac = (algorithm: string) => createHmac(algorithm, secret).update(signed).digest('hex');
  const expected =
    {
      32: [createHash('md5').update(`${signed}${secret}`).digest('hex'), hmac('md5')],
      40: [hmac('sha1')],
      64: [hmac('sha256')],
      128: [hmac('sha512')],
    }[given.length] ?? [];
  if (!expected.some((signature) => isEqual(signature, given))) {
    throw new AppError(
      'unauthenticated',
      'the parameter sig does not fit: ask Vonage to sign webhooks, and set SMS_VONAGE_SIGNATURE_SECRET',
    );
  }
  const age = now.getTime() - signedAt(parameters);
  if (Number.isNaN(age)) throw new AppError('unauthenticated', 'signed, but without a timestamp');
  if (age > maxAgeMs || age < -maxAheadMs) {
    throw new AppError('stale', 'the timestamp is more than a day old, or ahead of our clock');
  }
}

/** In milliseconds; NaN where it cannot be read. */
function signedAt(parameters: ReadonlyMap<string, string>): number {
  const timestamp = parameters.get('timestamp') ?? '';
  if (/^\d{9,11}$/.test(timestamp)) return Number(timestamp) * 1000;
  return Date.parse(`${parameters.get('message-timestamp')?.replace(' ', 'T')}Z`);
}
