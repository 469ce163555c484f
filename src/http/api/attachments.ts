import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { HttpContext } from '../../context.ts';
import { listAttachments, listAttachmentsByReceipt } from '../../db/attachments.ts';
import { findProgressByTrackingId } from '../../db/progress.ts';
import { extensions, type ListedFile } from '../../domain/attachment.ts';
import { publicFiles } from '../../domain/audiences/public.ts';
import { type ReporterFile, reporterFiles } from '../../domain/audiences/reporter.ts';
import { parseTrackingId } from '../../domain/tracking-id.ts';
import { AppError } from '../../errors.ts';
import { Problem } from '../problems.ts';
import { type RefusedFile, readMultipart } from '../uploads/read-multipart.ts';

const types = Object.keys(extensions);

const Uploaded = Type.Object(
  {
    attachments: Type.Array(
      Type.Object({
        id: Type.String({ description: 'A secret, good for 24 hours: for `attachments` of a report' }),
        type: Type.Enum(types),
        bytes: Type.Integer({ description: 'Of what is kept: without metadata, images painted anew' }),
        sha256: Type.String(),
        gps: Type.Union([Type.Object({ lat: Type.Number(), lon: Type.Number() }), Type.Null()], {
          description:
            'Where a photo says it was taken. It is kept nowhere: offer it to the person as the place of the report',
        }),
      }),
    ),
  },
  { title: 'Uploaded' },
);

const File = Type.Object({
  name: Type.String(),
  type: Type.Enum(types),
  bytes: Type.Integer(),
  state: Type.Enum(['ready', 'unscanned', 'infected']),
  url: Type.Union([Type.String({ format: 'uri' }), Type.Null()]),
});
const Listed = Type.Object({ attachments: Type.Array(File) }, { title: 'Attachments' });

const OwnListed = Type.Object(
  {
    attachments: Type.Array(
      Type.Object({
        ...File.properties,
        additionId: Type.Union([Type.String({ format: 'uuid' }), Type.Null()], {
          description: 'Of the addition that it came with; null where it came with the report',
        }),
      }),
    ),
  },
  { title: 'OwnAttachments' },
);

/** `POST /v1/attachments`, and what files a report has. */
export async function registerAttachments(app: FastifyInstance, context: HttpContext): Promise<void> {
  await app.register(multipart);
  const base = context.config.publicUrl;

  app.post('/v1/attachments', {
    config: { limit: 'uploads', takesFiles: true },
    validatorCompiler: () => () => true,
    schema: {
      summary: 'Upload files for a report',
      description:
        `multipart/form-data with up to ${context.config.attachmentsMaxFiles} files of ` +
        `${context.config.attachmentsMaxMb} MB: JPEG, PNG, WebP, HEIC where it can be decoded, TIFF (kept as PDF), PDF, MP4, DOCX. ` +
        'All of them are taken or none.',
      tags: ['reports'],
      consumes: ['multipart/form-data'],
      body: Type.Object({ files: Type.Array(Type.String({ format: 'binary' })) }),
      response: {
        201: Uploaded,
        400: Problem,
        413: Problem,
        422: Problem,
        429: Problem,
        503: Problem,
        507: Problem,
      },
    },
    handler: async (request, reply) => {
      if (!request.isMultipart()) throw new AppError('malformed', 'files come as multipart/form-data');
      const { uploads, problems } = await readMultipart(request, context);
      const lost = uploads.some(({ isKept }) => !isKept);
      if (problems.length > 0 || uploads.length === 0 || lost) {
        await context.attachments.discard(uploads).catch(() => undefined);
        if (lost)
          throw new AppError('unavailable', 'uploads cannot be kept at the moment; try again shortly');
        throw refuse(problems);
      }
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({
          attachments: uploads.map(({ secret, type, bytes, sha256, gps }) => ({
            id: secret,
            type,
            bytes,
            sha256,
            gps,
          })),
        });
    },
  });

  app.get<{ Params: { receipt: string } }>('/v1/receipts/:receipt/attachments', {
    schema: {
      summary: 'The files of a report, for its reporter',
      tags: ['reports'],
      params: Type.Object({ receipt: Type.String() }),
      response: { 200: OwnListed, 404: Problem },
    },
    handler: async (request, reply) => {
      const files = await listAttachmentsByReceipt(context.db, request.params.receipt.toLowerCase());
      if (files === null) throw new AppError('not-found', 'nobody was given this receipt');
      return reply
        .header('cache-control', 'no-store')
        .send({ attachments: reporterFiles(files).map(describe) });
    },
  });

  app.get<{ Params: { trackingId: string } }>('/v1/track/:trackingId/attachments', {
    schema: {
      summary: 'The files of a report that everybody may see',
      tags: ['reports'],
      params: Type.Object({ trackingId: Type.String() }),
      response: { 200: Listed, 400: Problem },
    },
    handler: async (request, reply) => {
      const parsed = parseTrackingId(request.params.trackingId);
      if (parsed === 'mistyped') throw new AppError('tracking-id-mistyped', 'the check digit does not fit');
      const record = await findProgressByTrackingId(context.db, parsed.trackingId);
      const files = record && publicFiles(record, await listAttachments(context.db, record.reportId));
      return reply.header('cache-control', 'no-store').send({ attachments: (files ?? []).map(describe) });
    },
  });

  function describe({ path, ...file }: ListedFile | ReporterFile) {
    return { ...file, url: path === null ? null : `${base}${path}` };
  }
}

/** In words, for the programmer; `fields` says which file. */
const words: Readonly<Record<RefusedFile['problem'], string>> = {
  empty: 'is empty',
  size: 'is larger than one file may be',
  count: 'is one more than may come with a report',
  type: `is none of ${types.join(', ')}, by its content`,
  heic: 'is a HEIC that cannot be decoded here: send it as JPEG',
  pixels: 'has more pixels than an image may have',
  pages: 'has more pages than a document may have',
  damaged: 'is damaged',
  locked: 'is locked by a password',
  active: 'holds programs, or other files',
  location: 'is a video that records its place along the way',
  infected: 'was found to be infected',
  storage: 'could not be stored',
  busy: 'cannot be looked at for the moment: too many wait',
};

function refuse(problems: readonly RefusedFile[]): AppError {
  const fields = problems.map(({ number, problem }) => ({
    path: `/files/${number - 1}`,
    problem: words[problem],
  }));
  if (problems.length === 0) return new AppError('invalid', 'there is no file in the request');
  if (problems.some(({ problem }) => problem === 'storage')) {
    return new AppError('storage-full', 'a file could not be stored', { fields });
  }
  if (problems.some(({ problem }) => problem === 'busy')) {
    return new AppError('unavailable', 'too many files wait to be looked at; try again shortly', { fields });
  }
  const isTooLarge = problems.every(({ problem }) => problem === 'size');
  return new AppError(isTooLarge ? 'too-large' : 'invalid', 'a file cannot be taken', { fields });
}
