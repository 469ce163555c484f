import type { IncomingMessage } from 'node:http';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Registry } from 'prom-client';
import type { Accept } from '../accept.ts';
import { createAddInformation } from '../add-information.ts';
import type { HttpContext } from '../context.ts';
import { AppError, describeFailure, findPlace } from '../errors.ts';
import { registerAttachments } from './api/attachments.ts';
import { registerChallenge } from './api/challenge.ts';
import { isFailedAuthentication, registerChannels } from './api/channels.ts';
import { registerDirectory } from './api/directory.ts';
import { registerDocs } from './api/docs.ts';
import { keepBodiesRaw } from './api/inbound.ts';
import { type Part, registerOperations } from './api/operations.ts';
import { registerProblemKinds } from './api/problem-kinds.ts';
import { registerProgress } from './api/progress.ts';
import { registerProgressEvents } from './api/progress-events.ts';
import { registerReports } from './api/reports.ts';
import { registerSuggestions } from './api/suggestions.ts';
import { createWaitForTrackingId } from './api/wait-for-tracking-id.ts';
import { registerAttachmentFiles } from './attachment-files.ts';
import { registerAddressLimits } from './limits/addresses.ts';
import { registerBodyBudget } from './limits/bodies.ts';
import { longestRequestMs, registerBodyDeadline } from './limits/body-deadline.ts';
import { createChallenges } from './limits/challenges.ts';
import { registerClosing } from './limits/closing.ts';
import { type ConnectionBounds, connectionBounds } from './limits/connections.ts';
import { registerPressure } from './limits/pressure.ts';
import { limitSenders } from './limits/senders.ts';
import { registerPages, renderErrorPage } from './pages/plugin.ts';
import { problemCode, sendProblem, setRetryHeaders } from './problems.ts';
import { registerSecurity } from './security.ts';
import type { StaffRoute } from './staff/area.ts';
import { registerStaff } from './staff/plugin.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What staff may do, and who of them: for the test that tries all of it with everybody else. */
    staffRoutes: readonly StaffRoute[];
  }
}

const megabyte = 1024 * 1024;

/** The HTTP side of the gateway: pages for people, an API for programs, doors for providers, figures for operators. */
export async function createApp(
  context: HttpContext,
  accept: Accept,
  parts: readonly Part[],
  metrics: Pick<Registry, 'metrics' | 'contentType'>,
  bounds: ConnectionBounds = connectionBounds,
): Promise<FastifyInstance> {
  const answerNotFound = async (request: FastifyRequest, reply: FastifyReply) => {
    if (wantsPage(request.raw)) return renderErrorPage(request, reply, 'not-found');
    const error = new AppError('not-found', 'there is no such address');
    return sendProblem(request, reply, error, context.config.publicUrl);
  };
  const { attachmentsMaxFiles, attachmentsMaxMb } = context.config;
  const maxUploadBytes = (attachmentsMaxFiles * attachmentsMaxMb + 2) * megabyte;
  const app = fastify({
    bodyLimit: megabyte,
    // Kannel sends a long SMS as one percent-encoded GET; Node's 16 kB would refuse it and Kannel would try for ever.
    http: {
      maxHeaderSize: 128 * 1024,
      headersTimeout: bounds.headMs,
      connectionsCheckingInterval: bounds.checkMs,
    },
    // The end of what body-deadline.ts ends earlier.
    requestTimeout: longestRequestMs(bounds, maxUploadBytes),
    connectionTimeout: bounds.stalledMs,
    keepAliveTimeout: bounds.idleMs,
    trustProxy: context.config.trustProxy.length > 0 ? [...context.config.trustProxy] : false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    // An address that cannot be decoded, or has a part longer than any of ours, is one that does not exist.
    frameworkErrors: (_error, request, reply) => void answerNotFound(request, reply),
  });

  app.server.maxConnections = bounds.maxConnections;

  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const code = problemCode(error);
    if (code === 'internal' || code === 'unavailable') {
      // During an outage every request fails alike: the parts that are away say so themselves, once.
      const level = code === 'internal' ? 'error' : 'debug';
      const cause = error instanceof AppError ? error.cause : error;
      context.log[level]({
        event: 'request_failed',
        route: request.routeOptions.url,
        code,
        error: describeFailure(cause),
        at: findPlace(cause),
      });
    }
    if (isFailedAuthentication(error)) await addresses.countFailedAuthentication(request);
    setRetryHeaders(reply, error);
    if (wantsPage(request.raw)) return renderErrorPage(request, reply, code);
    return sendProblem(request, reply, error, context.config.publicUrl);
  });
  app.setNotFoundHandler(answerNotFound);

  registerClosing(app);
  registerSecurity(app);
  await registerPressure(app, context);
  const addresses = await registerAddressLimits(app, context);
  registerBodyDeadline(app, bounds, maxUploadBytes);
  registerBodyBudget(app);
  // Providers are not senders: what they hand over is always taken.
  const acceptLimited = limitSenders(context, accept);
  const challenges = createChallenges(context);
  await registerDocs(app, context.config.publicUrl);
  await app.register(async (api) => {
    keepBodiesRaw(api);
    registerReports(api, context, acceptLimited, createWaitForTrackingId(context));
    registerProgress(api, context);
    registerProgressEvents(api, context);
    registerDirectory(api, context);
    registerSuggestions(api, context);
    registerChallenge(api, challenges);
    registerChannels(api, context, accept);
    registerOperations(api, parts, metrics);
    registerProblemKinds(api, context.config.publicUrl);
  });
  await app.register(async (files) => {
    await registerAttachments(files, context);
    registerAttachmentFiles(files, context);
  });
  await registerPages(app, context, acceptLimited, challenges, createAddInformation(context));
  app.decorate('staffRoutes', await registerStaff(app, context, accept));
  return app;
}

/** Browsers ask for HTML by name; programs do not, or call the API. */
function wantsPage(request: IncomingMessage): boolean {
  const isApi = /^\/(v1|channels|health|ready|metrics|docs)(\/|\?|$)/.test(request.url ?? '');
  return !isApi && (request.headers.accept ?? '').includes('text/html');
}
