import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Channel, DeliveryReceipt, InboundRequest, Receive } from '../../../channels/channel.ts';
import type { Accept } from '../../accept.ts';
import type { Context } from '../../context.ts';
import { recordDeliveries } from '../../db/delivery-receipts.ts';
import { maskPersonalData } from '../../domain/masking.ts';
import { type ChannelName, normalizeLine } from '../../domain/report.ts';
import { AppError } from '../../errors.ts';
import { Problem } from '../problems.ts';
import { readInbound } from './inbound.ts';

/** Providers send many messages at once, or a long one percent-encoded. */
const bodyLimit = 16 * 1024 * 1024;

/** `/channels/<channel>/<provider>`: what providers push, in the provider's own form, answered in its own form. */
export function registerChannels(
  app: FastifyInstance,
  context: Pick<Context, 'channels' | 'clock' | 'db' | 'log'>,
  accept: Accept,
): void {
  const route = {
    method: ['GET' as const, 'POST' as const],
    bodyLimit,
    config: { limit: 'authentication' as const },
  };
  const response = { 401: Problem, 404: Problem, 429: Problem, 503: Problem };
  const channel = Type.String({ description: 'sms' });

  app.route<{ Params: { channel: string; provider: string } }>({
    ...route,
    url: '/channels/:channel/:provider',
    schema: {
      summary: 'Push a message or a delivery receipt in the form of its provider',
      tags: ['channels'],
      params: Type.Object({
        channel,
        provider: Type.String({ description: 'generic (JSON, Standard Webhooks), kannel, twilio or vonage' }),
      }),
      response,
    },
    handler: (request, reply) => {
      const receive = findReceive(context.channels, request.params, false);
      return take(request.params.channel, receive, readInbound(request, context.clock()), reply);
    },
  });

  app.route<{ Params: { channel: string; provider: string; secret: string } }>({
    ...route,
    url: '/channels/:channel/:provider/:secret',
    schema: {
      summary: 'The same for providers that cannot sign',
      tags: ['channels'],
      params: Type.Object({
        channel,
        provider: Type.String({ description: 'infobip or 8x8' }),
        secret: Type.String({ description: 'what tells the provider from anybody else' }),
      }),
      response,
    },
    handler: async (request, reply) => {
      const { channel, provider, secret } = request.params;
      const receive = findReceive(context.channels, request.params, true);
      const inbound = {
        ...readInbound(request, context.clock()),
        caller: { secret, address: request.ip },
      };
      try {
        return await take(channel, receive, inbound, reply);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        // Whoever has the secret is no stranger, so no stranger can fill the log with this.
        if (error.code === 'forbidden') {
          context.log.warn({ event: 'channel_refused', channel, provider, reason: error.message });
        }
        throw isUnknownCaller(error) ? noSuchChannel(error) : error;
      }
    },
  });

  async function take(
    channel: string,
    receive: Receive,
    inbound: InboundRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const received = receive(inbound);
    const accepted = await accept(received.messages);
    // There is no spool for these: while PostgreSQL is away the provider is told to come again.
    const told = received.deliveryReceipts?.map(describe) ?? [];
    if (told.length > 0) await recordDeliveries(context.db, channel as ChannelName, told, context.clock());
    const answer = received.answer(accepted);
    return reply
      .code(answer.status)
      .header('content-type', answer.contentType)
      .header('cache-control', 'no-store')
      .send(answer.body);
  }
}

/** Providers put numbers into their words, and have many. */
function describe({ notificationId, state, detail }: DeliveryReceipt) {
  const words = normalizeLine(detail);
  return { notificationId, state, detail: words && maskPersonalData(words.slice(0, 200).toWellFormed()) };
}

/** An address with a secret behind it and one without are never the same provider's. */
function findReceive(
  channels: readonly Channel[],
  wanted: { readonly channel: string; readonly provider: string },
  secretInPath: boolean,
): Receive {
  const provider = channels
    .find(({ name }) => name === wanted.channel)
    ?.providers.find(({ name }) => name === wanted.provider);
  if (provider === undefined || (provider.secretInPath ?? false) !== secretInPath) throw noSuchChannel();
  if ('off' in provider) throw new AppError('not-found', `this channel is off: ${provider.off}`);
  return provider.receive;
}

const noSuchChannel = (cause?: AppError) =>
  new AppError('not-found', 'there is no such channel', cause === undefined ? {} : { cause });

const isUnknownCaller = ({ code }: AppError): boolean => code === 'unauthenticated' || code === 'forbidden';

/** Whether a request failed to prove whom it comes from, also where its answer does not say so. */
export const isFailedAuthentication = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === 'unauthenticated' || (error.cause instanceof AppError && isUnknownCaller(error.cause)));
