import csrf from '@fastify/csrf-protection';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nanoid } from 'nanoid';
import type { Accept } from '../../accept.ts';
import type { HttpContext } from '../../context.ts';
import { isUnavailable } from '../../db/pool.ts';
import { type FormSigns, reasonToHold } from '../../domain/machine-signs.ts';
import type { Accepted } from '../../domain/report.ts';
import { listTopics } from '../../domain/routing/directory.ts';
import { toNewReport } from '../../domain/submission.ts';
import { parseTrackingId } from '../../domain/tracking-id.ts';
import { AppError } from '../../errors.ts';
import { createWaitForTrackingId } from '../api/wait-for-tracking-id.ts';
import type { Challenges } from '../limits/challenges.ts';
import { secondsSince, stampForm } from '../limits/form-stamp.ts';
import { createUnprovenCount } from '../limits/unproven-forms.ts';
import { askedLanguage } from '../messages/language.ts';
import { problemKinds, setRetryHeaders } from '../problems.ts';
import { formPageHeaders } from '../security.ts';
import { gatherFiles, takePhotoPlace } from './form-files.ts';
import { formType, nothingPosted, originalOf, type Posted, readMultipartForm } from './posted-form.ts';
import { checkForm, emptyForm, type FormValues, latestDay, readForm } from './report-form.ts';
import { ReportFormPage, type ReportFormProps } from './report-form-page.tsx';
import { sendPackedPage, sendPage, viewOf } from './send-page.ts';

/** Filing takes some 50 ms, so the receipt nearly always has its tracking ID at first sight. */
const waitForFilingMs = 1_000;

/** `GET /lapor` and `POST /lapor`: the report form, which never loses what was typed. */
export async function registerReportForm(
  app: FastifyInstance,
  context: Pick<HttpContext, 'attachments' | 'config' | 'db' | 'directory' | 'clock' | 'log' | 'formKey'>,
  accept: Accept,
  { isSolved }: Pick<Challenges, 'isSolved'>,
): Promise<void> {
  const countUnproven = createUnprovenCount(context);
  const waitForTrackingId = createWaitForTrackingId(context);
  await app.register(csrf, {
    // lax, not strict: a second tab opened from a link elsewhere must not spoil the form in the first
    cookieOpts: {
      path: '/',
      sameSite: 'lax',
      httpOnly: true,
      secure: context.config.publicUrl.startsWith('https:'),
    },
    getToken: (request) => (request.body as Posted | undefined)?.fields.get('csrf') ?? '',
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(formType, { parseAs: 'buffer' }, (_request, body, done) => {
    const raw = body as Buffer;
    done(null, { ...nothingPosted, raw, fields: new URLSearchParams(raw.toString()) } satisfies Posted);
  });
  await app.register(multipart);

  const sendForm = (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Pick<ReportFormProps, 'values' | 'files' | 'problems' | 'agencyChoices' | 'notice'>,
  ): FastifyReply | Promise<FastifyReply> => {
    const directory = context.directory();
    const page = ReportFormPage({
      ...form,
      view: viewOf(request),
      csrfToken: reply.generateCsrf(),
      today: latestDay(context.clock()),
      agencies: [...directory.agencies.values()].filter((agency) => agency.active),
      topics: listTopics(directory)
        .filter((topic) => topic.parentCode === null || topic.code === form.values.topic)
        .sort((one, other) => one.name.localeCompare(other.name, 'id')),
    });
    // An empty form repeats nothing that was sent, and is long: it names every agency.
    const send = request.method === 'GET' ? sendPackedPage : sendPage;
    return send(reply, page, formPageHeaders);
  };

  /** A token of ours that no form had before, and when it was given. */
  const newToken = (): Pick<FormValues, 'token' | 'opened'> => {
    const token = nanoid();
    return { token, opened: stampForm(context.formKey, token, context.clock()) };
  };
  const withToken = (values: FormValues): FormValues =>
    /^[\w-]{21}$/.test(values.token) ? values : { ...values, ...newToken() };

  async function findReasonToHold(request: FastifyRequest, values: FormValues): Promise<string | null> {
    const { token, opened, proof, trap } = values;
    const proven = await isSolved(proof, token);
    const signs: FormSigns = {
      proven,
      trapped: trap !== '',
      seconds: secondsSince(context.formKey, token, opened, context.clock()),
      unproven: proven ? 0 : countUnproven(request),
    };
    const { formMinSeconds: minSeconds, formsWithoutProof: maxUnproven } = context.config;
    return reasonToHold(signs, { minSeconds, maxUnproven });
  }

  // `gabung` names the report to join: the way of "saya juga" without scripts.
  app.get<{ Querystring: { gabung?: unknown } }>(
    '/lapor',
    { schema: { hide: true } },
    async (request, reply) => {
      const joins = parseTrackingId(String(request.query.gabung ?? ''));
      const values = {
        ...emptyForm(''),
        ...newToken(),
        ...(joins !== 'mistyped' && { joins: joins.trackingId }),
      };
      const { shown: files } = await gatherFiles(context, nothingPosted);
      // no-cache, not no-store: the way back in the browser's history keeps what was typed
      reply.header('cache-control', 'private, no-cache');
      return sendForm(request, reply, { values, files });
    },
  );

  app.post<{ Body: Posted }>(
    '/lapor',
    {
      schema: { hide: true },
      config: { limit: 'reports', takesFiles: true },
      preValidation: async (request) => {
        if (request.isMultipart()) request.body = await readMultipartForm(request, context);
      },
      preHandler: app.csrfProtection,
      // A form without a valid CSRF token is shown again, everything typed kept, with a token that is valid.
      errorHandler: async (error, request, reply) => {
        if (!error.code?.startsWith('FST_CSRF')) throw error;
        const posted = (request.body as Posted | undefined) ?? nothingPosted;
        const values = withToken(readForm(posted.fields));
        const { shown: files, problems } = await gatherFiles(context, posted);
        return sendForm(request, reply.code(403), { values, files, problems, notice: { kind: 'csrf' } });
      },
    },
    async (request, reply) => {
      const { fields } = request.body;
      const values = withToken(readForm(fields));
      const { shown: files, ...given } = await gatherFiles(context, request.body);
      // The language was switched in the middle of the form, or the files come before the rest.
      if (askedLanguage(request) !== null || fields.has('unggah')) {
        const { problems } = given;
        return sendForm(request, reply.code(problems.length > 0 ? 422 : 200), { values, files, problems });
      }

      const receivedAt = context.clock();
      const checked = checkForm(values, context.directory(), latestDay(receivedAt));
      if (!('submission' in checked) || given.problems.length > 0) {
        const form = 'submission' in checked ? { values, problems: [] } : checked;
        const problems = [...form.problems, ...given.problems];
        return sendForm(request, reply.code(422), { ...form, files, problems });
      }

      const report = {
        ...toNewReport(takePhotoPlace(checked.submission, fields), {
          externalId: `form:${values.token}`,
          receivedAt,
          original: originalOf(request, given.hashes),
        }),
        ...given.ofReport,
        hold: await findReasonToHold(request, values),
      };
      const accepted = await acceptOrRefuse(async () => accept([await context.attachments.claim(report)]));
      if (accepted instanceof AppError) {
        setRetryHeaders(reply.code(problemKinds[accepted.code].status), accepted);
        const kind = accepted.code === 'unavailable' ? 'unavailable' : 'tooMany';
        return sendForm(request, reply, { values, files, notice: { kind } });
      }
      // The form that was sent before brought the same files, and they are with its report.
      if (accepted.repeated && accepted.sameContent)
        await context.attachments.discard(request.body.uploads).catch(() => undefined);
      if (!accepted.sameContent) {
        return sendForm(request, reply.code(409), {
          values: { ...values, ...newToken(), proof: '' },
          files,
          notice: { kind: 'sentBefore', receipt: accepted.receipt },
        });
      }
      await waitForTrackingId(accepted, waitForFilingMs);
      return reply.redirect(`/terima/${accepted.receipt}`, 303);
    },
  );
}

/** The error instead, where the same form sent again later may well be taken. */
async function acceptOrRefuse(accept: () => ReturnType<Accept>): Promise<Accepted | AppError> {
  try {
    const [accepted] = (await accept()) as [Accepted];
    return accepted;
  } catch (error) {
    if (isUnavailable(error)) return new AppError('unavailable', 'the files cannot be found at the moment');
    const mayPass = error instanceof AppError && /^(unavailable|too-many-requests)$/.test(error.code);
    if (mayPass) return error;
    throw error;
  }
}
