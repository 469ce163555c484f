import { createHmac, timingSafeEqual } from 'node:crypto';

/** Says when a form was opened, in a way that only we can: seconds since 1970 and a signature for this one form. */
export function stampForm(formKey: Buffer, formToken: string, openedAt: Date): string {
  const seconds = Math.floor(openedAt.getTime() / 1000).toString(36);
  return `${seconds}.${sign(formKey, formToken, seconds)}`;
}

/** How many seconds ago it was opened; null where the stamp is not ours, or another form's. */
export function secondsSince(formKey: Buffer, formToken: string, stamp: string, now: Date): number | null {
  const [, seconds, signature] = /^([0-9a-z]{1,8})\.([\w-]{22})$/.exec(stamp) ?? [];
  if (seconds === undefined || signature === undefined) return null;
  const expected = sign(formKey, formToken, seconds);
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return null;
  return now.getTime() / 1000 - Number.parseInt(seconds, 36);
}

const sign = (formKey: Buffer, formToken: string, seconds: string): string =>
  createHmac('sha256', formKey).update(`opened\n${formToken}\n${seconds}`).digest('base64url').slice(0, 22);
