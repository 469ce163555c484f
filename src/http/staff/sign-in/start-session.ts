import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpContext } from '../../../context.ts';
import { recordAudit } from '../../../db/audit.ts';
import { transaction } from '../../../db/pool.ts';
import { findFormKey, insertSession } from '../../../db/staff-sessions.ts';
import type { StaffId } from '../../../domain/staff.ts';
import { hashToken, newToken, sessionCookie, setSessionCookie } from '../session-cookie.ts';

/** Signs a member in, under a token that nobody had before, and says so in the audit log. */
export async function startSession(
  { config, db }: Pick<HttpContext, 'config' | 'db'>,
  request: FastifyRequest,
  reply: FastifyReply,
  staffId: StaffId,
  way: 'password' | 'oidc',
  withWhat: string,
): Promise<void> {
  const token = newToken();
  const before = request.cookies[sessionCookie(config.publicUrl)];
  await transaction(db, async (tx) => {
    const formKey = before === undefined ? null : await findFormKey(tx, hashToken(before), staffId);
    const id = randomUUID();
    await insertSession(tx, {
      id,
      staffId,
      tokenHash: hashToken(token),
      formKey: formKey ?? randomUUID(),
      way,
      browser: request.headers['user-agent']?.slice(0, 200) ?? null,
      hours: config.staff.sessionHours,
    });
    await recordAudit(tx, {
      actor: `staff:${staffId}`,
      action: 'staff_signed_in',
      subject: `staff:${staffId}`,
      reason: null,
      details: { session: id, with: withWhat },
    });
  });
  setSessionCookie(reply, config, token);
}
