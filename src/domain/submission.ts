import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from '../errors.ts';
import type { UploadSecret } from './attachment.ts';
import {
  type AgencyCode,
  kinds,
  limits,
  type NewReport,
  normalizeLine,
  normalizePhone,
  normalizeText,
} from './report.ts';
import { validate } from './validate.ts';

/** What a person or a program submits through the web: the body of `POST /v1/reports` and the report form. */
const Line = (maxLength: number, description: string) => Type.String({ maxLength, description });

export const Submission = Type.Object(
  {
    kind: Type.Enum([...kinds], {
      description:
        'complaint (pengaduan), aspiration (aspirasi) or information_request (permintaan informasi)',
    }),
    title: Type.Optional(Line(limits.title, 'A few words, as a headline')),
    text: Type.String({ description: `What happened, up to ${limits.text} characters` }),
    occurredOn: Type.Optional(
      Type.String({
        format: 'date',
        // PostgreSQL has no year 0; a year before 1900 is a slip of the pen
        pattern: '^(19|[2-9][0-9])',
        description: 'Day of the event, YYYY-MM-DD',
      }),
    ),
    place: Type.Optional(
      Type.Object({
        text: Type.Optional(Line(limits.placeText, 'Where it happened, in words')),
        lat: Type.Optional(Type.Number({ minimum: -90, maximum: 90, description: 'Degrees, WGS 84' })),
        lon: Type.Optional(Type.Number({ minimum: -180, maximum: 180, description: 'Degrees, WGS 84' })),
        areaCode: Type.Optional(
          Type.String({
            pattern: '^\\d\\d(\\.\\d\\d(\\.\\d\\d(\\.\\d{4})?)?)?$',
            description: 'Kemendagri code with dots: 32, 32.73, 32.73.01 or 32.73.01.1001',
          }),
        ),
      }),
    ),
    topic: Type.Optional(Line(200, 'Code of a topic')),
    agency: Type.Optional(Line(64, 'Code of the agency the reporter wants to reach; no need to know it')),
    reporter: Type.Optional(
      Type.Object({
        name: Type.Optional(Line(limits.name, 'Name')),
        phone: Type.Optional(Line(limits.contact, 'Phone number')),
        email: Type.Optional(Type.String({ maxLength: limits.contact, pattern: '^[^\\s@]+@[^\\s@]+$' })),
      }),
    ),
    joins: Type.Optional(
      Type.String({
        pattern: '^\\d{12}$',
        description:
          'Tracking ID of a report about the same event: this one is linked with it, and need not tell everything again',
      }),
    ),
    onBehalfOf: Type.Optional(Line(limits.name, 'Name of the person for whom the reporter speaks')),
    anonymous: Type.Optional(
      Type.Boolean({ description: 'The name is hidden from the agency and the public' }),
    ),
    confidential: Type.Optional(
      Type.Boolean({
        description: 'The whole report is hidden from the public, the name from the agency too',
      }),
    ),
    attachments: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        maxItems: 100,
        description: 'Ids of files as POST /v1/attachments gave them',
      }),
    ),
    consent: Type.Literal(true, {
      description: 'The reporter agrees that the report is processed for its purpose (UU 27/2022)',
    }),
  },
  { title: 'Submission' },
);
export type Submission = Type.Static<typeof Submission>;

const submissionValidator = Compile(Submission);

/** Throws `AppError` `consent-missing`, `text-empty`, `too-large` or `invalid` with every field that is wrong. */
export function parseSubmission(input: unknown): Submission {
  const submission = validate<Submission>(submissionValidator, input, (fields) =>
    fields.length > 0 && fields.every((field) => field.path === '/consent')
      ? new AppError('consent-missing', 'consent must be true: without it the report may not be processed', {
          fields,
        })
      : undefined,
  );
  const text = normalizeText(submission.text);
  if (text === '') {
    throw new AppError('text-empty', 'text is empty', {
      fields: [{ path: '/text', problem: 'must say what happened' }],
    });
  }
  if (text.length > limits.text) {
    throw new AppError('too-large', `text has ${text.length} characters; at most ${limits.text} fit`, {
      fields: [{ path: '/text', problem: `must not have more than ${limits.text} characters` }],
    });
  }
  return { ...submission, text };
}

export function toNewReport(
  submission: Submission,
  message: Pick<NewReport, 'externalId' | 'receivedAt' | 'original'>,
): NewReport {
  const { place, reporter } = submission;
  const identity = {
    name: normalizeLine(reporter?.name),
    phone:
      reporter?.phone === undefined
        ? null
        : (normalizePhone(reporter.phone) ?? normalizeLine(reporter.phone)),
    email: normalizeLine(reporter?.email),
    onBehalfOf: normalizeLine(submission.onBehalfOf),
  };
  const placed = {
    text: normalizeLine(place?.text),
    // one coordinate without the other is no point
    lat: place?.lon === undefined ? null : (place.lat ?? null),
    lon: place?.lat === undefined ? null : (place.lon ?? null),
    areaCode: place?.areaCode ?? null,
  };
  // Every member by name: spreading an object this wide costs more than all the normalizing above.
  return {
    channel: 'web',
    externalId: message.externalId,
    kind: submission.kind,
    title: normalizeLine(submission.title),
    text: submission.text,
    occurredOn: submission.occurredOn ?? null,
    place: Object.values(placed).every((value) => value === null) ? null : placed,
    topic: normalizeLine(submission.topic),
    agency: normalizeLine(submission.agency) as AgencyCode | null,
    identity: Object.values(identity).every((value) => value === null) ? null : identity,
    anonymous: submission.anonymous ?? false,
    confidential: submission.confidential ?? false,
    receivedAt: message.receivedAt,
    original: message.original,
    // that a confidential report is about the same event as a public one is nobody's business
    joins: submission.confidential ? null : (submission.joins ?? null),
    hold: null,
    uploads: submission.attachments?.map((id) => id as UploadSecret) ?? [],
  };
}
