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

export function viewOf(request: FastifyRequest): View {
  const speech = speechIn(chooseLanguage(request));
  const query = new URLSearchParams(request.url.split('?', 2)[1] ?? '');
  query.set('lang', speech.language === 'id' ? 'en' : 'id');
  return { speech, assets: request.server.assets, otherLanguageHref: `?${query}` };
}

export function sendPage(reply: FastifyReply, page: { toString(): string | Promise<string> }): FastifyReply {
  return reply.headers(pageHeaders).type('text/html; charset=utf-8').send(renderDocument(page));
}

/** Throws where a part of the page would have to be waited for: pages get data, not promises. */
export function renderDocument(page: { toString(): string | Promise<string> }): string {
  const html = page.toString();
  if (typeof html !== 'string') throw new Error('a page must not render asynchronously');
  return `<!doctype html>${html}`;
}
