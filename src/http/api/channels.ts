import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Accept } from '../../accept.ts';
import type { Context } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { Problem } from '../problems.ts';
import { readInbound } from './inbound.ts';

/** Providers send many messages at once, or a long one percent-encoded. */
const bodyLimit = 16 * 1024 * 1024;

/** `/channels/<channel>/<provider>`: what providers push, in the provider's own form, answered in its own form. */
export function registerChannels(
  app: FastifyInstance,
  context: Pick<Context, 'channels' | 'clock'>,
  accept: Accept,
): void {
  app.route<{ Params: { channel: string; provider: string } }>({
    method: ['GET', 'POST'],
    url: '/channels/:channel/:provider',
    bodyLimit,
    config: { limit: 'authentication' },
    schema: {
      summary: 'Push a message in the form of its provider',
      tags: ['channels'],
      params: Type.Object({
        channel: Type.String({ description: 'sms' }),
        provider: Type.String({ description: 'generic (JSON, Standard Webhooks) or kannel (query string)' }),
      }),
      response: { 401: Problem, 404: Problem, 429: Problem, 503: Problem },
    },
    handler: async (request, reply) => {
      const provider = context.channels
        .find(({ name }) => name === request.params.channel)
        ?.providers.find(({ name }) => name === request.params.provider);
      if (provider === undefined) throw new AppError('not-found', 'there is no such channel');
      if ('off' in provider) throw new AppError('not-found', `this channel is off: ${provider.off}`);

      const received = provider.receive(readInbound(request, context.clock()));
      const accepted = await accept(received.messages);
      const answer = received.answer(accepted);
      return reply
        .code(answer.status)
        .header('content-type', answer.contentType)
        .header('cache-control', 'no-store')
        .send(answer.body);
    },
  });
}
