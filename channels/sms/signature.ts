import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../src/errors.ts';
import type { InboundRequest } from '../channel.ts';

/** As far as a sender's clock may be off, and as old as a signature may be (standardwebhooks allows the same). */
const toleranceMs = 5 * 60_000;

/**
 * Passes a request signed as Standard Webhooks with `secret` (`whsec_…`), else throws `AppError` `unauthenticated`, or
 * `stale` where the signature is right but was made too long ago. The library standardwebhooks cannot tell the two
 * apart, knows no clock but the machine's, and signs a body that is not UTF-8 as if it were.
 */
export function verifySignature(request: InboundRequest, secret: string): void {
  const id = request.headers['webhook-id'];
  const timestamp = request.headers['webhook-timestamp'];
  const signatures = request.headers['webhook-signature'];
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    throw new AppError(
      'unauthenticated',
      'sign the request as Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature must be given',
    );
  }
  const expected = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(`${id}.${timestamp}.`)
    .update(request.body)
    .digest();
  // Several signatures are given while a secret is being replaced.
  const signed = signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!signed || !/^\d{1,11}$/.test(timestamp)) {
    throw new AppError('unauthenticated', 'the webhook-signature does not fit the body and the secret');
  }
  if (Math.abs(request.receivedAt.getTime() - Number(timestamp) * 1000) > toleranceMs) {
    throw new AppError(
      'stale',
      'the webhook-timestamp is more than 5 minutes off: sign every attempt anew, and check the clock',
    );
  }
}
