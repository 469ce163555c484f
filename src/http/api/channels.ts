import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { DeliveryReceipt } from '../../../channels/channel.ts';
import type { Accept } from '../../accept.ts';
import type { Context } from '../../context.ts';
import { recordDeliveries } from '../../db/delivery-receipts.ts';
import { maskPersonalData } from '../../domain/masking.ts';
import { normalizeLine } from '../../domain/report.ts';
import { AppError } from '../../errors.ts';
import { Problem } from '../problems.ts';
import { readInbound } from './inbound.ts';

/** Providers send many messages at once, or a long one percent-encoded. */
const bodyLimit = 16 * 1024 * 1024;

/** `/channels/<channel>/<provider>`: what providers push, in the provider's own form, answered in its own form. */
export function registerChannels(
  app: FastifyInstance,
  context: Pick<Context, 'channels' | 'clock' | 'db'>,
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
      const channel = context.channels.find(({ name }) => name === request.params.channel);
      const provider = channel?.providers.find(({ name }) => name === request.params.provider);
      if (channel === undefined || provider === undefined)
        throw new AppError('not-found', 'there is no such channel');
      if ('off' in provider) throw new AppError('not-found', `this channel is off: ${provider.off}`);

      const received = provider.receive(readInbound(request, context.clock()));
      const accepted = await accept(received.messages);
      // There is no spool for these: while PostgreSQL is away the provider is told to come again.
      const told = received.deliveryReceipts?.map(describe) ?? [];
      if (told.length > 0) await recordDeliveries(context.db, channel.name, told, context.clock());
      const answer = received.answer(accepted);
      return reply
        .code(answer.status)
        .header('content-type', answer.contentType)
        .header('cache-control', 'no-store')
        .send(answer.body);
    },
  });
}

/** Providers put numbers into their words, and have many. */
function describe({ notificationId, state, detail }: DeliveryReceipt) {
  const words = normalizeLine(detail);
  return { notificationId, state, detail: words && maskPersonalData(words.slice(0, 200).toWellFormed()) };
}
