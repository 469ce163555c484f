import type { BusboyFileStream } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import type { Upload } from '../../attachments/attachments.ts';
import type { HttpContext } from '../../context.ts';
import type { FileProblem } from '../../domain/attachment.ts';
import { AppError } from '../../errors.ts';
import { findAddress } from '../limits/addresses.ts';

/** What a `multipart/form-data` request brought: its fields in their order, the files that were taken, and the others. */
export type Multipart = {
  readonly fields: URLSearchParams;
  readonly uploads: readonly (Upload & Numbered)[];
  readonly problems: readonly RefusedFile[];
};

/** Counts the files of one request from 1. */
type Numbered = { readonly number: number };
export type RefusedFile = Numbered & { readonly problem: FileProblem };

const megabyte = 1024 * 1024;
const maxFieldBytes = megabyte / 4;
const maxFields = 100;
/** Files behind those that are too many are read and dropped, so that the fields behind them arrive. */
const surplusFiles = 20;
/** An empty file input arrives as a file without a name and without content. */
const isNoFile = (name: string | undefined, taken: Upload | FileProblem): boolean =>
  taken === 'empty' && (name ?? '') === '';

/**
 * Reads a request to its end, its files straight to the disk. `countKept` tells how many files the fields so far name that came
 * before and count as well. Whatever cuts the request short, nothing of it is left.
 */
export async function readMultipart(
  request: FastifyRequest,
  { attachments, config }: Pick<HttpContext, 'attachments' | 'config'>,
  countKept: (fields: URLSearchParams) => number = () => 0,
): Promise<Multipart> {
  const fields = new URLSearchParams();
  const uploads: (Upload & Numbered)[] = [];
  const problems: RefusedFile[] = [];
  const sender = findAddress(request);
  let number = 0;
  let fieldBytes = 0;
  try {
    const parts = request.parts({
      limits: {
        fileSize: config.attachmentsMaxMb * megabyte,
        files: config.attachmentsMaxFiles + surplusFiles,
        fields: maxFields,
        fieldSize: maxFieldBytes,
        fieldNameSize: 100,
        parts: maxFields + config.attachmentsMaxFiles + surplusFiles,
        headerPairs: 20,
      },
    });
    for await (const part of parts) {
      if (part.type === 'field') {
        if (typeof part.value !== 'string') throw new AppError('malformed', 'a field of the form is no text');
        fieldBytes += part.value.length;
        if (part.valueTruncated || fieldBytes > megabyte) {
          throw new AppError('too-large', 'the fields of the form are too large');
        }
        fields.append(part.fieldname, part.value);
        continue;
      }
      const isSurplus = uploads.length + countKept(fields) >= config.attachmentsMaxFiles;
      const taken = isSurplus
        ? await readNothing(part.file)
        : await attachments.receive(part.file, part.filename, sender);
      if (isNoFile(part.filename, taken)) continue;
      number += 1;
      if (typeof taken === 'string') problems.push({ number, problem: taken });
      else uploads.push({ ...taken, number });
    }
    return { fields, uploads, problems };
  } catch (error) {
    await attachments.discard(uploads).catch(() => undefined);
    throw error;
  }
}

async function readNothing(file: BusboyFileStream): Promise<'count' | 'empty'> {
  let bytes = 0;
  for await (const chunk of file) bytes += chunk.length;
  return bytes === 0 ? 'empty' : 'count';
}
