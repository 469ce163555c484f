import type { FastifyReply, FastifyRequest } from 'fastify';
import { formType, type Posted } from '../pages/posted-form.ts';
import { sendPage, viewOf } from '../pages/send-page.ts';
import { LostFormPage } from './lost-form-page.tsx';

/** More is handed back to nobody: no form of ours is larger. */
const mostBytes = 256 * 1024;

/**
 * Answers a form that is not taken, because its sender is not signed in any more (401) or its token does not fit (403), with
 * what was typed. After `signed-out` the same form, with the token it came with, can be sent again: the token of a session
 * goes on in the next one of the same person in the same browser, and in no other.
 */
export function refuseLostForm(
  request: FastifyRequest,
  reply: FastifyReply,
  why: 'signed-out' | 'not-ours',
): FastifyReply {
  const posted = request.body as Partial<Posted> | undefined;
  const isForm = (request.headers['content-type'] ?? '').startsWith(formType);
  // What another site had the browser send was typed by nobody here.
  const cameFromHere = ['same-origin', 'none', undefined].includes(
    request.headers['sec-fetch-site']?.toString(),
  );
  const isKept =
    isForm && cameFromHere && posted?.fields !== undefined && (posted.raw?.length ?? 0) <= mostBytes;
  const fields = isKept ? [...(posted.fields as URLSearchParams)] : [];
  reply.code(why === 'signed-out' ? 401 : 403).header('cache-control', 'no-store');
  // The path alone, as the router knows it: `//jahat.example` would be elsewhere.
  const action = request.url.replace(/^\/+/, '/');
  return sendPage(reply, LostFormPage({ view: viewOf(request), why, action, fields }));
}
