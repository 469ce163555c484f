import { Webhook } from 'standardwebhooks';

export const smsSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** A request of the generic SMS provider, signed by the reference implementation of Standard Webhooks. */
export function signSms(body: Buffer, { secondsAgo = 0, secret = smsSecret } = {}) {
  const seconds = Math.floor(Date.now() / 1000) - secondsAgo;
  return {
    method: 'POST',
    url: '/channels/sms/generic',
    payload: body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(seconds),
      'webhook-signature': new Webhook(secret).sign('msg_1', new Date(seconds * 1000), body),
    },
  } as const;
}
