import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseLanguage } from '../messages/language.ts';
import { speechIn } from '../messages/speech.ts';
import { pageHeaders } from '../security.ts';
import type { Assets } from './assets.ts';
import type { View } from './layout.tsx';

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

/**
 * Beyond this a page takes seconds on a slow phone: the report form, with the names of all agencies. The secrets of a form
 * are written anew each time, so that their compressed length tells nothing of them (BREACH).
 */
const worthCompressing = 16_384;

export function sendPage(
  reply: FastifyReply,
  page: { toString(): string | Promise<string> },
  headers: Readonly<Record<string, string>> = pageHeaders,
): FastifyReply {
  const html = renderDocument(page);
  reply.headers(headers).type('text/html; charset=utf-8').header('vary', 'accept-encoding');
  const gzip =
    html.length > worthCompressing && /\bgzip\b/.test(String(reply.request.headers['accept-encoding']));
  return gzip ? reply.header('content-encoding', 'gzip').send(gzipSync(html)) : reply.send(html);
}

/** Throws where a part of the page would have to be waited for: pages get data, not promises. */
export function renderDocument(page: { toString(): string | Promise<string> }): string {
  const html = page.toString();
  if (typeof html !== 'string') throw new Error('a page must not render asynchronously');
  return `<!doctype html>${html}`;
}
