import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Posted } from '../pages/posted-form.ts';
import { sendPage, viewOf } from '../pages/send-page.ts';
import { LostFormPage } from './lost-form-page.tsx';

/** More is handed back to nobody: no form of ours is larger. */
const mostBytes = 256 * 1024;
const mostParts = 200;
/** Beyond what any form of ours with its files is; a browser always says how much it sends. */
const mostReadPast = 256 * 1024 * 1024;

/**
 * Of a form with files, sent by who is not signed in any more: its fields become the body, so that they can be handed back.
 * Files are read past, for the fields behind them, and dropped; `showAgain` is added where there were any.
 */
export async function readPastFiles(request: FastifyRequest, showAgain?: string): Promise<void> {
  if (!request.isMultipart() || !cameFromHere(request)) return;
  const announced = Number(request.headers['content-length'] ?? Number.NaN);
  if (!(announced <= mostReadPast)) return;
  const fields = new URLSearchParams();
  let hasFiles = false;
  let length = 0;
  try {
    // Of a file one byte tells that there is one; the rest of it is not even looked at.
    const options = {
      limits: { parts: mostParts, fieldSize: mostBytes, fileSize: 1 },
      throwFileSizeLimit: false,
    };
    for await (const part of request.parts(options)) {
      if (part.type === 'file') {
        for await (const chunk of part.file as AsyncIterable<Buffer>) hasFiles ||= chunk.length > 0;
        continue;
      }
      // Read on to the end also where it is too much: a connection that is left in the middle is of no use to anybody.
      if (typeof part.value !== 'string' || part.valueTruncated) length = Infinity;
      else length += part.fieldname.length + part.value.length;
      if (length <= mostBytes) fields.append(part.fieldname, part.value as string);
    }
  } catch {
    // It was cut short, or is none of our forms: there is nothing to hand back.
    return;
  }
  if (length > mostBytes) return;
  if (hasFiles && showAgain !== undefined) fields.set(showAgain, '1');
  request.body = { fields, hasFiles };
}

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
  const posted = request.body as Partial<Posted & { readonly hasFiles: boolean }> | undefined;
  const typed = posted?.fields instanceof URLSearchParams ? [...posted.fields] : [];
  const length = typed.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const isKept = cameFromHere(request) && length <= mostBytes && (posted?.raw?.length ?? 0) <= mostBytes;
  reply.code(why === 'signed-out' ? 401 : 403).header('cache-control', 'no-store');
  // The path alone, as the router knows it: `//jahat.example` would be elsewhere.
  const action = request.url.replace(/^\/+/, '/');
  const fields = isKept ? typed : [];
  const hasFiles = posted?.hasFiles === true;
  return sendPage(reply, LostFormPage({ view: viewOf(request), why, action, fields, hasFiles }));
}

/** What another site had the browser send was typed by nobody here. */
const cameFromHere = ({ headers }: FastifyRequest): boolean =>
  ['same-origin', 'none', undefined].includes(headers['sec-fetch-site']?.toString());
