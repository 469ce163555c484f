import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AddInformation } from '../../add-information.ts';
import type { Context } from '../../context.ts';
import { isUnavailable } from '../../db/pool.ts';
import { findProgressByReceipt } from '../../db/progress.ts';
import { recordRating } from '../../db/ratings.ts';
import { mayBeAddedTo, mayBeRated, ratings } from '../../domain/progress.ts';
import { limits, normalizeText } from '../../domain/report.ts';
import { AppError } from '../../errors.ts';
import { askedLanguage } from '../messages/language.ts';
import { setRetryHeaders } from '../problems.ts';
import { AdditionAgainPage, type Obstacle, RatingAgainPage } from './receipt-forms.tsx';
import { type ReceiptParams, receiptOf, sendUnknownReceipt, storedNames } from './receipt-route.ts';
import { formType, type Posted, withoutKeys } from './report-form-route.ts';
import { sendPage, viewOf } from './send-page.ts';

type Post = ReceiptParams & { Body: Posted };
type PostRequest = FastifyRequest<Post>;

/** Why a form is shown again: something in the way of it, or something wrong in it; neither where the language was switched. */
type Why = { readonly obstacle?: Obstacle; readonly problem?: string };
type ShowAgain = (request: PostRequest, reply: FastifyReply, why: Why) => FastifyReply;

/**
 * `POST /terima/:receipt/tambah` and `…/nilai`: what the owner of a receipt has to add, and how they judge the outcome.
 * Answered by a redirect, so that loading again sends nothing again; what could not be taken comes back as it was typed.
 */
export function registerReceiptForms(
  app: FastifyInstance,
  context: Pick<Context, 'db' | 'clock'>,
  addInformation: AddInformation,
): void {
  const showAddition: ShowAgain = (request, reply, why) =>
    sendPage(reply, AdditionAgainPage({ ...again(request, reply, why), ...readAddition(request) }));

  app.post<Post>('/terima/:receipt/tambah', {
    schema: { hide: true },
    config: { limit: 'reports' },
    preHandler: app.csrfProtection,
    errorHandler: showWhatFailed(showAddition),
    handler: async (request, reply) => {
      if (askedLanguage(request) !== null) return showAddition(request, reply, {});
      const { text, token } = readAddition(request);
      const problem = findTextProblem(request, text);
      if (problem !== undefined) return showAddition(request, reply, { problem });
      const record = await findProgressByReceipt(context.db, receiptOf(request));
      if (record === null) return sendUnknownReceipt(request, reply);
      if (!mayBeAddedTo(record)) return showAddition(request, reply, { obstacle: 'tooEarly' });
      await addInformation({
        report: record,
        channel: 'web',
        token,
        text,
        original: { contentType: formType, body: withoutKeys(request.body.raw), messageId: null },
      });
      return reply.redirect(`/terima/${receiptOf(request)}?tersimpan=${storedNames.addition}`, 303);
    },
  });

  const showRating: ShowAgain = (request, reply, why) =>
    sendPage(reply, RatingAgainPage({ ...again(request, reply, why), rating: readRating(request) }));

  app.post<Post>('/terima/:receipt/nilai', {
    schema: { hide: true },
    config: { limit: 'reports' },
    preHandler: app.csrfProtection,
    errorHandler: showWhatFailed(showRating),
    handler: async (request, reply) => {
      if (askedLanguage(request) !== null) return showRating(request, reply, {});
      const rating = readRating(request);
      if (rating === null) {
        return showRating(request, reply, { problem: viewOf(request).speech.words.rating.missing });
      }
      const record = await findProgressByReceipt(context.db, receiptOf(request));
      if (record === null) return sendUnknownReceipt(request, reply);
      if (!mayBeRated(record)) return showRating(request, reply, { obstacle: 'tooEarly' });
      const { reportId } = record;
      await recordRating(context.db, { reportId, rating, channel: 'web', ratedAt: context.clock() });
      return reply.redirect(`/terima/${receiptOf(request)}?tersimpan=${storedNames.rating}`, 303);
    },
  });
}

/** A form without a valid token, or sent while PostgreSQL is away, is not lost: it is shown again. */
const showWhatFailed =
  (show: ShowAgain) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const isExpired = error.code?.startsWith('FST_CSRF');
    if (!isExpired && !isUnavailable(error)) throw error;
    show(request as PostRequest, reply, { obstacle: isExpired ? 'expired' : 'unavailable' });
  };

const obstacleStatus: Readonly<Record<Obstacle, number>> = { expired: 403, tooEarly: 409, unavailable: 503 };

function again(request: PostRequest, reply: FastifyReply, { obstacle, problem }: Why) {
  if (obstacle !== undefined) reply.code(obstacleStatus[obstacle]);
  else if (problem !== undefined) reply.code(422);
  if (obstacle === 'unavailable') setRetryHeaders(reply, new AppError('unavailable', 'PostgreSQL is away'));
  reply.header('cache-control', 'no-store');
  return {
    view: viewOf(request),
    receipt: receiptOf(request),
    csrfToken: reply.generateCsrf(),
    obstacle: obstacle ?? null,
    problem,
  };
}

function readAddition({ body }: PostRequest): { readonly text: string; readonly token: string } {
  const fields = fieldsOf(body);
  return { text: normalizeText(fields.get('text') ?? ''), token: fields.get('token') ?? '' };
}

/** Null where nothing was chosen, or nothing that can be. */
function readRating({ body }: PostRequest): number | null {
  const chosen = fieldsOf(body).get('rating');
  return ratings.find((rating) => String(rating) === chosen) ?? null;
}

/** A form without any content has no body at all. */
const fieldsOf = (body: Posted | undefined): URLSearchParams => body?.fields ?? new URLSearchParams();

function findTextProblem(request: PostRequest, text: string): string | undefined {
  const { speech } = viewOf(request);
  const words = speech.words.addition;
  if (text === '') return words.empty;
  const values = { max: limits.text, count: text.length };
  return text.length > limits.text ? speech.say(words.tooLong, values) : undefined;
}
