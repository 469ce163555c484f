import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieOptions, hostCookie } from '../session-cookie.ts';
import type { StaffSecrets } from './staff-secrets.ts';

/**
 * Tells a browser that somebody has signed in with before, so that what strangers try at the same login never holds them up
 * (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). It proves nothing else.
 */

const nameOf = (publicUrl: string) => hostCookie(publicUrl, 'lapor-staff-device');
const halfAYearSeconds = 182 * 24 * 60 * 60;

const signatureOf = (secrets: StaffSecrets, login: string, device: string): Buffer =>
  secrets.sign(`device\n${login}\n${device}`);

/** Null of a browser that this login was never signed in with. */
export function readDevice(
  request: FastifyRequest,
  secrets: StaffSecrets,
  publicUrl: string,
  login: string,
): string | null {
  const [device = '', signature = ''] = (request.cookies[nameOf(publicUrl)] ?? '').split('.');
  const expected = signatureOf(secrets, login, device);
  const given = Buffer.from(signature, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected) ? device : null;
}

export function rememberDevice(
  request: FastifyRequest,
  reply: FastifyReply,
  secrets: StaffSecrets,
  publicUrl: string,
  login: string,
): void {
  const device = readDevice(request, secrets, publicUrl, login) ?? randomBytes(16).toString('base64url');
  const signature = signatureOf(secrets, login, device).toString('base64url');
  reply.setCookie(nameOf(publicUrl), `${device}.${signature}`, {
    ...cookieOptions(publicUrl),
    maxAge: halfAYearSeconds,
  });
}
