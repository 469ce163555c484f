import csrf from '@fastify/csrf-protection';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nanoid } from 'nanoid';
import type { Accept } from '../../accept.ts';
import type { Context } from '../../context.ts';
import type { Accepted, NewReport } from '../../domain/report.ts';
import { listTopics } from '../../domain/routing/directory.ts';
import { toNewReport } from '../../domain/submission.ts';
import { AppError } from '../../errors.ts';
import { createWaitForTrackingId } from '../api/wait-for-tracking-id.ts';
import { askedLanguage } from '../messages/language.ts';
import { problemKinds, setRetryHeaders } from '../problems.ts';
import { checkForm, emptyForm, type FormValues, latestDay, readForm } from './report-form.ts';
import { ReportFormPage, type ReportFormProps } from './report-form-page.tsx';
import { sendPackedPage, sendPage, viewOf } from './send-page.ts';

export const formType = 'application/x-www-form-urlencoded';

/** A posted form: its fields, and the bytes as they came, which are kept for audit. */
export type Posted = { readonly fields: URLSearchParams; readonly raw: Buffer };

/** Filing takes some 50 ms, so the receipt nearly always has its tracking ID at first sight. */
const waitForFilingMs = 1_000;

/** `GET /lapor` and `POST /lapor`: the report form, which never loses what was typed. */
export async function registerReportForm(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'db' | 'directory' | 'clock' | 'log'>,
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
    done(null, { raw, fields: new URLSearchParams(raw.toString()) } satisfies Posted);
  });

  const sendForm = (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Pick<ReportFormProps, 'values' | 'problems' | 'agencyChoices' | 'notice'>,
  ): FastifyReply | Promise<FastifyReply> => {
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
    // An empty form repeats nothing that was sent, and is long: it names every agency.
    return request.method === 'GET' ? sendPackedPage(reply, page) : sendPage(reply, page);
  };

  app.get('/lapor', { schema: { hide: true } }, async (request, reply) =>
    // no-cache, not no-store: the way back in the browser's history keeps what was typed
    sendForm(request, reply.header('cache-control', 'private, no-cache'), { values: emptyForm(nanoid()) }),
  );

  app.post<{ Body: Posted }>(
    '/lapor',
    {
      schema: { hide: true },
      config: { limit: 'reports' },
      preHandler: app.csrfProtection,
      // A form without a valid CSRF token is shown again, everything typed kept, with a token that is valid.
      errorHandler: (error, request, reply) => {
        if (!error.code?.startsWith('FST_CSRF')) throw error;
        const posted = request.body as Posted | undefined;
        const values = withToken(readForm(posted?.fields ?? new URLSearchParams()));
        void sendForm(request, reply.code(403), { values, notice: { kind: 'csrf' } });
      },
    },
    async (request, reply) => {
      const { fields, raw } = request.body;
      const values = withToken(readForm(fields));
      // The language was switched in the middle of the form.
      if (askedLanguage(request) !== null) return sendForm(request, reply, { values });

      const receivedAt = context.clock();
      const checked = checkForm(values, context.directory(), latestDay(receivedAt));
      if (!('submission' in checked)) return sendForm(request, reply.code(422), checked);

      const report = toNewReport(checked.submission, {
        externalId: `form:${values.token}`,
        receivedAt,
        original: { contentType: formType, body: withoutCsrfToken(raw), messageId: null },
      });
      const accepted = await acceptOrRefuse(accept, report);
      if (accepted instanceof AppError) {
        setRetryHeaders(reply.code(problemKinds[accepted.code].status), accepted);
        const kind = accepted.code === 'unavailable' ? 'unavailable' : 'tooMany';
        return sendForm(request, reply, { values, notice: { kind } });
      }
      if (!accepted.sameContent) {
        return sendForm(request, reply.code(409), {
          values: { ...values, token: nanoid() },
          notice: { kind: 'sentBefore', receipt: accepted.receipt },
        });
      }
      await waitForTrackingId(accepted, waitForFilingMs);
      return reply.redirect(`/terima/${accepted.receipt}`, 303);
    },
  );
}

/** The error instead, where the same form sent again later may well be taken. */
async function acceptOrRefuse(accept: Accept, report: NewReport): Promise<Accepted | AppError> {
  try {
    const [accepted] = (await accept([report])) as [Accepted];
    return accepted;
  } catch (error) {
    const mayPass = error instanceof AppError && /^(unavailable|too-many-requests)$/.test(error.code);
    if (mayPass) return error;
    throw error;
  }
}

/** Byte for byte as posted, but for the one field that differs each time the same form is shown again. */
export function withoutCsrfToken(raw: Buffer): Buffer {
  return Buffer.from(raw.toString('latin1').replace(/^csrf=[^&]*&|&csrf=[^&]*/, ''), 'latin1');
}

function withToken(values: FormValues): FormValues {
  return /^[\w-]{21}$/.test(values.token) ? values : { ...values, token: nanoid() };
}
