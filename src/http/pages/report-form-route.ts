import csrf from '@fastify/csrf-protection';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nanoid } from 'nanoid';
import type { Accept } from '../../accept.ts';
import type { HttpContext } from '../../context.ts';
import { isUnavailable } from '../../db/pool.ts';
import type { Accepted } from '../../domain/report.ts';
import { listTopics } from '../../domain/routing/directory.ts';
import { toNewReport } from '../../domain/submission.ts';
import { AppError } from '../../errors.ts';
import { createWaitForTrackingId } from '../api/wait-for-tracking-id.ts';
import { askedLanguage } from '../messages/language.ts';
import { problemKinds, setRetryHeaders } from '../problems.ts';
import type { Multipart } from '../uploads/read-multipart.ts';
import { gatherFiles, readPostedForm, takePhotoPlace } from './form-files.ts';
import { checkForm, emptyForm, type FormValues, latestDay, readForm } from './report-form.ts';
import { ReportFormPage, type ReportFormProps } from './report-form-page.tsx';
import { sendPage, viewOf } from './send-page.ts';

const formType = 'application/x-www-form-urlencoded';

/** A posted form: its fields, the bytes as they came, which are kept for audit, and the files that came with it. */
type Posted = Multipart & { readonly raw: Buffer };

const nothing: Posted = { fields: new URLSearchParams(), raw: Buffer.alloc(0), uploads: [], problems: [] };

/** Filing takes some 50 ms, so the receipt nearly always has its tracking ID at first sight. */
const waitForFilingMs = 1_000;

/** `GET /lapor` and `POST /lapor`: the report form, which never loses what was typed. */
export async function registerReportForm(
  app: FastifyInstance,
  context: Pick<HttpContext, 'attachments' | 'config' | 'db' | 'directory' | 'clock' | 'log'>,
  accept: Accept,
): Promise<void> {
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
    done(null, { ...nothing, raw, fields: new URLSearchParams(raw.toString()) } satisfies Posted);
  });
  await app.register(multipart);

  const sendForm = (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Pick<ReportFormProps, 'values' | 'files' | 'problems' | 'agencyChoices' | 'notice'>,
  ): FastifyReply => {
    const directory = context.directory();
    const page = ReportFormPage({
      ...form,
      view: viewOf(request),
      csrfToken: reply.generateCsrf(),
      today: latestDay(context.clock()),
      agencies: [...directory.agencies.values()].filter((agency) => agency.active),
      topics: listTopics(directory)
        .filter((topic) => topic.parentCode === null)
        .sort((one, other) => one.name.localeCompare(other.name, 'id')),
    });
    return sendPage(reply, page);
  };

  app.get('/lapor', { schema: { hide: true } }, async (request, reply) => {
    const { shown: files } = await gatherFiles(context, nothing);
    // no-cache, not no-store: the way back in the browser's history keeps what was typed
    reply.header('cache-control', 'private, no-cache');
    return sendForm(request, reply, { values: emptyForm(nanoid()), files });
  });

  app.post<{ Body: Posted }>(
    '/lapor',
    {
      schema: { hide: true },
      config: { limit: 'reports', takesFiles: true },
      preValidation: async (request) => {
        if (request.isMultipart()) request.body = await readPosted(request, context);
      },
      preHandler: app.csrfProtection,
      // A form without a valid CSRF token is shown again, everything typed kept, with a token that is valid.
      errorHandler: async (error, request, reply) => {
        if (!error.code?.startsWith('FST_CSRF')) throw error;
        const posted = (request.body as Posted | undefined) ?? nothing;
        const values = withToken(readForm(posted.fields));
        const { shown: files, problems } = await gatherFiles(context, posted);
        return sendForm(request, reply.code(403), { values, files, problems, notice: { kind: 'csrf' } });
      },
    },
    async (request, reply) => {
      const { fields, raw } = request.body;
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
          original: {
            contentType: formType,
            body: request.isMultipart() ? writeOriginal(fields, given.hashes) : withoutCsrfToken(raw),
            messageId: null,
          },
        }),
        ...given.ofReport,
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
          values: { ...values, token: nanoid() },
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

/** Byte for byte as posted, but for the one field that differs each time the same form is shown again. */
function withoutCsrfToken(raw: Buffer): Buffer {
  return Buffer.from(raw.toString('latin1').replace(/^csrf=[^&]*&|&csrf=[^&]*/, ''), 'latin1');
}

async function readPosted(
  request: FastifyRequest,
  context: Pick<HttpContext, 'attachments' | 'config'>,
): Promise<Posted> {
  return { ...(await readPostedForm(request, context)), raw: Buffer.alloc(0) };
}

/**
 * What is kept of a form with files: its fields as a form without would have brought them, and instead of the files their
 * hashes, so that the same form sent again is known to be the same.
 */
function writeOriginal(fields: URLSearchParams, hashes: readonly string[]): Buffer {
  const kept = [...fields].filter(([name]) => !/^(csrf|upload|photoPlace)$/.test(name));
  return Buffer.from(
    new URLSearchParams([...kept, ...hashes.map((hash) => ['file', hash] as [string, string])]).toString(),
  );
}

function withToken(values: FormValues): FormValues {
  return /^[\w-]{21}$/.test(values.token) ? values : { ...values, token: nanoid() };
}
