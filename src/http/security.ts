import type { FastifyInstance } from 'fastify';

/**
 * Headers of every page, as OWASP's Secure Headers Project lists them. Pages are plain HTML with our own style sheets: no
 * script, no inline style, no frame, nothing from elsewhere; `data:` images are Pico's icons. No referrer ever leaves: the
 * address of a receipt is a secret. No `upgrade-insecure-requests`: it breaks plain http on localhost.
 */
export const pageHeaders = {
  'content-security-policy':
    "default-src 'none';style-src 'self';img-src 'self' data:;form-action 'self';frame-ancestors 'none';base-uri 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  // Browsers ignore it over plain http.
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-frame-options': 'DENY',
};

/** A page with scripts: our own alone, which ask nobody but us. */
export const livePageHeaders = {
  ...pageHeaders,
  'content-security-policy': `${pageHeaders['content-security-policy']};script-src 'self';connect-src 'self'`,
};

/** The report form works in the background as well, and may ask where it is once its reader presses the button for it. */
export const formPageHeaders = {
  ...livePageHeaders,
  'content-security-policy': `${livePageHeaders['content-security-policy']};worker-src 'self'`,
  'permissions-policy': 'camera=(), geolocation=(self), microphone=()',
};

/** The letter desk shows the scan that is about to be sent, which is nowhere but in the browser yet. */
export const scanPageHeaders = {
  ...livePageHeaders,
  'content-security-policy': livePageHeaders['content-security-policy'].replace('data:', 'data: blob:'),
};

/** What every answer says. What only means something to a browser showing a page is left to pages: headers cost time. */
export function registerSecurity(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    done();
  });
}

/** For `staticCSP` of @fastify/swagger-ui: its page needs its own scripts, inline styles and the API it describes. */
export const docsContentSecurityPolicy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
};
