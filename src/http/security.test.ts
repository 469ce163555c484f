import fastify from 'fastify';
import { expect, test } from 'vitest';
import { registerSecurity } from './security.ts';

test('every answer forbids scripts, frames, foreign resources and referrers, and does not force https', async () => {
  const app = fastify();
  registerSecurity(app);
  app.get('/', async () => 'ok');
  const { headers } = await app.inject('/');
  expect(headers['content-security-policy']).toBe(
    "default-src 'none';style-src 'self';img-src 'self' data:;form-action 'self';frame-ancestors 'none';base-uri 'none'",
  );
  expect(headers['referrer-policy']).toBe('no-referrer');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['x-frame-options']).toBe('DENY');
  await app.close();
});
