import { isIP } from 'node:net';
import rateLimit, { normalizeIP, type RateLimitOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What counts against the address a request comes from; by default every request. `reports`: the stricter limit of
     * those who write, too. `uploads`: that of files for a report to come, too. `authentication`: only attempts that failed. `none`: nothing, and load is never shed.
     */
    limit?: 'reports' | 'uploads' | 'authentication' | 'none';
  }
}

const minuteMs = 60_000;
/** A provider whose secret was changed tries a few times; who guesses 128 bits needs more than that. */
const maxFailedAuthentications = 30;
/** Some 5 MB for each limit; beyond that the address unseen for longest is forgotten. */
const maxAddresses = 20_000;

/**
 * Refuses, before any body is read, requests from an address that sends too many. Counted in the memory of this process:
 * Redis may be away exactly when it matters.
 */
export async function registerAddressLimits(
  app: FastifyInstance,
  { config, log }: Pick<Context, 'config' | 'log'>,
): Promise<{
  /** Of a request that could not prove whom it comes from: after some of these its address has to wait. */
  readonly countFailedAuthentication: (request: FastifyRequest) => Promise<void>;
}> {
  // Not for all routes by itself: the plugin's hook costs even those whom it lets pass.
  await app.register(rateLimit, { global: false });
  const requests = createLimit(app, config.rateLimitPerAddress, 'requests');
  const reports = createLimit(app, config.rateLimitReportsPerAddress, 'reports');
  const uploads = createLimit(app, config.rateLimitUploadsPerAddress, 'uploads');
  const failures = createLimit(app, maxFailedAuthentications, 'failed authentications');
  const believesProxy = config.trustProxy.length > 0;

  async function findRefusal(request: FastifyRequest): Promise<AppError | null> {
    const { limit } = request.routeOptions.config;
    if (limit === 'none') return null;
    if (limit === 'authentication') return failures.check(request);
    const refusal = await requests.count(request);
    if (refusal !== null) return refusal;
    if (limit === 'uploads') return uploads.count(request);
    return limit === 'reports' ? reports.count(request) : null;
  }

  const hintAtProxy = createProxyHint(log);
  app.addHook('onRequest', (request, _reply, done) => {
    if (isThisMachine(request, believesProxy)) return done();
    findRefusal(request).then((refusal) => {
      if (refusal === null) return done();
      hintAtProxy(request);
      done(refusal);
    }, done);
  });
  return {
    countFailedAuthentication: async (request) => {
      if (!isThisMachine(request, believesProxy)) await failures.count(request);
    },
  };
}

type Limit = {
  /** Takes this request from what its address may send; answers with the error to refuse it with, or null. */
  readonly count: (request: FastifyRequest) => Promise<AppError | null>;
  /** The same, and takes nothing. */
  readonly check: (request: FastifyRequest) => Promise<AppError | null>;
};

/** At most `max` a minute, where it is not 0. */
function createLimit(app: FastifyInstance, max: number, what: string): Limit {
  if (max === 0) return { count: async () => null, check: async () => null };
  const options: RateLimitOptions = {
    max,
    timeWindow: minuteMs,
    keyGenerator: findAddress,
    cache: maxAddresses,
  };
  const take = app.createRateLimit(options);

  async function ask(request: FastifyRequest, increment: boolean): Promise<AppError | null> {
    const share = await take(request, { increment });
    if (share.isAllowed || (increment ? !share.isExceeded : share.remaining > 0)) return null;
    return new AppError('too-many-requests', `more than ${max} ${what} a minute come from this address`, {
      quota: { limit: max, resetSeconds: share.ttlInSeconds },
    });
  }
  return { count: (request) => ask(request, true), check: (request) => ask(request, false) };
}

/** No client of a proxy that we believe, but who speaks from here: the benchmark, a supervisor, a proxy nobody named. */
export function isThisMachine({ raw, headers }: FastifyRequest, believesProxy: boolean): boolean {
  const address = raw.socket.remoteAddress ?? '';
  const isLoopback = address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
  return isLoopback && !(believesProxy && headers['x-forwarded-for'] !== undefined);
}

/** An IPv6 client has a /64 to itself at least, and counts as that. What a proxy calls an address and is none is not kept. */
export function findAddress({ ip, raw }: FastifyRequest): string {
  return normalizeIP(isIP(ip) === 0 ? (raw.socket.remoteAddress ?? '') : ip, 64);
}

/**
 * Says once that a proxy which is not in `TRUST_PROXY` may be in front: then everybody behind it counts as one address.
 * Anyone can send the header, so it is a hint and no more.
 */
function createProxyHint(log: Context['log']): (request: FastifyRequest) => void {
  let given = false;
  return ({ ip, raw, headers }) => {
    if (given || headers['x-forwarded-for'] === undefined || ip !== raw.socket.remoteAddress) return;
    given = true;
    log.warn({ event: 'rate_limited_behind_proxy', hint: 'if the proxy is yours, name it in TRUST_PROXY' });
  };
}
