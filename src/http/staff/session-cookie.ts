import { createHash, randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Config } from '../../config.ts';

/** With `__Host-` no other host of the same site can set it; browsers take that only over https. */
export const hostCookie = (publicUrl: string, name: string): string =>
  publicUrl.startsWith('https:') ? `__Host-${name}` : name;

export const sessionCookie = (publicUrl: string): string => hostCookie(publicUrl, 'lapor-staff');

/** 256 random bits. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** A token that nobody can guess needs no slow hash. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

export const cookieOptions = (publicUrl: string) =>
  ({ path: '/', sameSite: 'lax', httpOnly: true, secure: publicUrl.startsWith('https:') }) as const;

/** The browser keeps it as long as a session may last; whether it still does PostgreSQL says. */
export function setSessionCookie(
  reply: FastifyReply,
  { publicUrl, staff }: Pick<Config, 'publicUrl' | 'staff'>,
  token: string,
): void {
  reply.setCookie(sessionCookie(publicUrl), token, {
    ...cookieOptions(publicUrl),
    maxAge: staff.sessionHours * 3600,
  });
}

export function clearSessionCookie(reply: FastifyReply, { publicUrl }: Pick<Config, 'publicUrl'>): void {
  reply.clearCookie(sessionCookie(publicUrl), cookieOptions(publicUrl));
}
