import fastify from 'fastify';
import { expect, test } from 'vitest';
import { sendPage } from './pages/send-page.ts';
import { registerSecurity } from './security.ts';

test('every page forbids inline scripts, frames, foreign resources and referrers, and does not force https', async () => {
  const app = fastify();
  registerSecurity(app);
  app.get('/', async (_request, reply) => sendPage(reply, { toString: () => '<p>ok</p>' }));
  const { headers } = await app.inject('/');
  expect(headers['content-security-policy']).toBe(
    "default-src 'none';style-src 'self';img-src 'self' data:;form-action 'self';frame-ancestors 'none';base-uri 'none'",
  );
  expect(headers['referrer-policy']).toBe('no-referrer');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['x-frame-options']).toBe('DENY');
  await app.close();
});

test('no answer lets a browser guess another type', async () => {
  const app = fastify();
  registerSecurity(app);
  app.get('/', async () => ({ ok: true }));
  expect((await app.inject('/')).headers['x-content-type-options']).toBe('nosniff');
  await app.close();
});
