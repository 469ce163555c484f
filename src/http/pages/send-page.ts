import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseLanguage } from '../messages/language.ts';
import { speechIn } from '../messages/speech.ts';
import { pageHeaders } from '../security.ts';
import type { Assets } from './assets.ts';
import type { View } from './layout.tsx';

const pack = promisify(gzip);

declare module 'fastify' {
  interface FastifyInstance {
    /** The files pages link to; there from `registerPages` on. */
    assets: Assets;
  }
}

/**
 * `asked` is what the page in the other language has to be asked for as well. Whatever else is in an address is no
 * business of ours, and is not written into the page.
 */
export function viewOf(request: FastifyRequest, asked: Readonly<Record<string, string>> = {}): View {
  const speech = speechIn(chooseLanguage(request));
  const query = new URLSearchParams({ ...asked, lang: speech.language === 'id' ? 'en' : 'id' });
  return { speech, assets: request.server.assets, otherLanguageHref: `?${query}` };
}

export function sendPage(
  reply: FastifyReply,
  page: { toString(): string | Promise<string> },
  headers: Readonly<Record<string, string>> = pageHeaders,
): FastifyReply {
  return reply.headers(headers).type('text/html; charset=utf-8').send(renderDocument(page));
}

/**
 * Packed, where the browser can unpack it. Only for pages that say nothing secret and repeat nothing that came with the
 * request: of what is secret, the length of the packed page would tell an eavesdropper who has a say in the rest (BREACH).
 */
export async function sendPackedPage(
  reply: FastifyReply,
  page: { toString(): string | Promise<string> },
  headers: Readonly<Record<string, string>> = pageHeaders,
): Promise<FastifyReply> {
  reply.header('vary', 'accept-encoding');
  if (!/\bgzip\b/.test(String(reply.request.headers['accept-encoding'])))
    return sendPage(reply, page, headers);
  const packed = await pack(renderDocument(page));
  return reply
    .headers(headers)
    .header('content-encoding', 'gzip')
    .type('text/html; charset=utf-8')
    .send(packed);
}

/** Throws where a part of the page would have to be waited for: pages get data, not promises. */
export function renderDocument(page: { toString(): string | Promise<string> }): string {
  const html = page.toString();
  if (typeof html !== 'string') throw new Error('a page must not render asynchronously');
  return `<!doctype html>${html}`;
}
