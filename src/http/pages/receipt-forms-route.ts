import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AddInformation, Information } from '../../add-information.ts';
import type { HttpContext } from '../../context.ts';
import { isUnavailable } from '../../db/pool.ts';
import { findProgressByReceipt } from '../../db/progress.ts';
import { recordRating } from '../../db/ratings.ts';
import type { UploadSecret } from '../../domain/attachment.ts';
import { mayBeAddedTo, mayBeRated, ratings } from '../../domain/progress.ts';
import { limits, normalizeText } from '../../domain/report.ts';
import { AppError } from '../../errors.ts';
import { askedLanguage } from '../messages/language.ts';
import { setRetryHeaders } from '../problems.ts';
import { gatherFiles, type PostedFiles } from './form-files.ts';
import { nothingPosted, originalOf, type Posted, readMultipartForm } from './posted-form.ts';
import { AdditionAgainPage, type Obstacle, RatingAgainPage } from './receipt-forms.tsx';
import { type ReceiptParams, receiptOf, sendUnknownReceipt, storedNames } from './receipt-route.ts';
import type { FormProblem } from './report-form.ts';
import { sendPage, viewOf } from './send-page.ts';

type Post = ReceiptParams & { Body: Posted };
type PostRequest = FastifyRequest<Post>;

/** Why a form is shown again: something in the way of it, or something wrong in it; neither where the language was switched. */
type Why = { readonly obstacle?: Obstacle; readonly problem?: string | undefined };
type ShowAgain = (
  request: PostRequest,
  reply: FastifyReply,
  why: Why,
) => FastifyReply | Promise<FastifyReply>;

type FormsContext = Pick<HttpContext, 'attachments' | 'config' | 'db' | 'clock'>;

/**
 * `POST /terima/:receipt/tambah` and `…/nilai`: what the owner of a receipt has to add, and how they judge the outcome.
 * Answered by a redirect, so that loading again sends nothing again; what could not be taken comes back as it was typed,
 * with the files that were uploaded.
 */
export function registerReceiptForms(
  app: FastifyInstance,
  context: FormsContext,
  addInformation: AddInformation,
): void {
  registerAddition(app, context, addInformation);
  registerRating(app, context);
}

function registerAddition(app: FastifyInstance, context: FormsContext, addInformation: AddInformation): void {
  const showAddition = async (
    request: PostRequest,
    reply: FastifyReply,
    why: Why,
    given?: Pick<PostedFiles, 'shown' | 'problems'>,
  ) => {
    const { shown, problems } = given ?? (await gatherFiles(context, request.body ?? nothingPosted));
    const fileProblem = describeProblems(request, problems);
    if (fileProblem !== undefined) reply.code(422);
    return sendPage(
      reply,
      AdditionAgainPage({
        ...again(request, reply, why),
        ...readAddition(request),
        // a place for the report was asked for when it was sent
        files: { ...shown, places: [] },
        fileProblem,
      }),
    );
  };

  app.post<Post>('/terima/:receipt/tambah', {
    schema: { hide: true },
    config: { limit: 'reports', takesFiles: true },
    preValidation: async (request) => {
      if (request.isMultipart()) {
        request.body = await withoutLost(context, await readMultipartForm(request, context));
      }
    },
    preHandler: app.csrfProtection,
    errorHandler: showWhatFailed(showAddition),
    handler: async (request, reply) => {
      const { text, token } = readAddition(request);
      const uploads = request.body?.uploads ?? [];
      const files = await gatherFiles(context, request.body ?? nothingPosted);
      const secrets = files.shown.kept.map(({ secret }) => secret);
      if (askedLanguage(request) !== null) return showAddition(request, reply, {}, files);
      const problem = findTextProblem(request, text, secrets.length > 0 || files.problems.length > 0);
      if (problem !== undefined || files.problems.length > 0) {
        return showAddition(request, reply, { problem }, files);
      }
      const record = await findProgressByReceipt(context.db, receiptOf(request));
      if (record === null) {
        await context.attachments.discard(uploads).catch(() => undefined);
        return sendUnknownReceipt(request, reply);
      }
      if (!mayBeAddedTo(record)) return showAddition(request, reply, { obstacle: 'tooEarly' }, files);
      const outcome = await addWithFiles(secrets, {
        report: record,
        channel: 'web',
        token,
        text,
        original: originalOf(request, files.hashes),
      });
      if (outcome === 'gone') {
        const gone: FormProblem = { field: 'files', message: 'file_gone' };
        const isNew = (secret: UploadSecret) => uploads.some((upload) => upload.secret === secret);
        const kept = files.shown.kept.filter(({ secret }) => isNew(secret));
        return showAddition(request, reply, {}, { shown: { ...files.shown, kept }, problems: [gone] });
      }
      // The form that was sent before brought the same files, and they are with its addition.
      if (outcome === 'repeated') await context.attachments.discard(uploads).catch(() => undefined);
      return reply.redirect(`/terima/${receiptOf(request)}?tersimpan=${storedNames.addition}`, 303);
    },
  });

  /** `gone` where a file expired meanwhile, or was sent with something else. */
  async function addWithFiles(
    secrets: readonly UploadSecret[],
    information: Omit<Information, 'files'>,
  ): Promise<'added' | 'repeated' | 'gone'> {
    if (secrets.length > context.config.attachmentsMaxFiles) {
      throw new AppError('invalid', 'more files than the form takes');
    }
    const name = `addition:${information.report.reportId}:${information.token}`;
    const claimed = await context.attachments.claimForAddition(secrets, name);
    const files = claimed.flatMap((file) => file ?? []);
    if (files.length < secrets.length) return 'gone';
    try {
      return await addInformation({ ...information, files });
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid') return 'gone';
      throw error;
    }
  }
}

/**
 * An addition is not spooled, so files that PostgreSQL was not there to keep have nothing to go with: they are dropped at once,
 * and whoever sent them is told.
 */
async function withoutLost({ attachments }: FormsContext, posted: Posted): Promise<Posted> {
  const lost = posted.uploads.filter(({ isKept }) => !isKept);
  if (lost.length === 0) return posted;
  await attachments.discard(lost).catch(() => undefined);
  return {
    ...posted,
    uploads: posted.uploads.filter(({ isKept }) => isKept),
    problems: [...posted.problems, ...lost.map(({ number }) => ({ number, problem: 'storage' as const }))],
  };
}

function describeProblems(request: PostRequest, problems: readonly FormProblem[]): string | undefined {
  const { say, words } = viewOf(request).speech;
  const sentences = problems.map(({ message, values = {} }) =>
    say(message === 'file_storage' ? words.addition.fileNotStored : words.problems[message], values),
  );
  return sentences.length === 0 ? undefined : sentences.join('. ');
}

function registerRating(app: FastifyInstance, context: FormsContext): void {
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
  async (error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const isExpired = error.code?.startsWith('FST_CSRF');
    if (!isExpired && !isUnavailable(error)) throw error;
    return show(request as PostRequest, reply, { obstacle: isExpired ? 'expired' : 'unavailable' });
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

function findTextProblem(request: PostRequest, text: string, mayBeEmpty: boolean): string | undefined {
  const { speech } = viewOf(request);
  const words = speech.words.addition;
  if (text === '') return mayBeEmpty ? undefined : words.empty;
  const values = { max: limits.text, count: text.length };
  return text.length > limits.text ? speech.say(words.tooLong, values) : undefined;
}
