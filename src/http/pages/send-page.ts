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

export function sendPage(
  reply: FastifyReply,
  page: { toString(): string | Promise<string> },
  headers: Readonly<Record<string, string>> = pageHeaders,
): FastifyReply {
  return reply.headers(headers).type('text/html; charset=utf-8').send(renderDocument(page));
}

/** Throws where a part of the page would have to be waited for: pages get data, not promises. */
export function renderDocument(page: { toString(): string | Promise<string> }): string {
  const html = page.toString();
  if (typeof html !== 'string') throw new Error('a page must not render asynchronously');
  return `<!doctype html>${html}`;
}
