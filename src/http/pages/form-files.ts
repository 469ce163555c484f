import type { HttpContext } from '../../context.ts';
import { isUnavailable } from '../../db/pool.ts';
import type { NewAttachment, UploadSecret } from '../../domain/attachment.ts';
import type { NewReport } from '../../domain/report.ts';
import type { Submission } from '../../domain/submission.ts';
import type { Multipart } from '../uploads/read-multipart.ts';
import type { FormFiles, KeptFile } from './attachments-field.tsx';
import type { FormProblem } from './report-form.ts';

type FilesContext = Pick<HttpContext, 'attachments' | 'config'>;

/** The files of a posted form: those that came with it now and those that came before and are still ticked. */
export type PostedFiles = {
  readonly shown: FormFiles;
  readonly problems: readonly FormProblem[];
  /** What the report is given of them. */
  readonly ofReport: Pick<NewReport, 'uploads' | 'attachments'>;
  /** SHA-256 of what is kept of each: by it the same form with other files is known to be another. */
  readonly hashes: readonly string[];
};

export async function gatherFiles(
  { attachments, config }: FilesContext,
  { fields, uploads, problems }: Multipart,
): Promise<PostedFiles> {
  const { attachmentsMaxFiles: maxFiles, attachmentsMaxMb: maxMb } = config;
  const before = [...new Set(fields.getAll('upload'))].slice(0, maxFiles) as UploadSecret[];
  const known = await listKnown(attachments, before);
  const kept: KeptFile[] = [
    ...before.flatMap((secret, index): KeptFile[] =>
      known === null ? [{ secret, facts: null }] : known[index] ? [{ secret, facts: known[index] }] : [],
    ),
    ...uploads.flatMap(({ secret, isKept, type, bytes }) =>
      isKept ? [{ secret, facts: { type, bytes } }] : [],
    ),
  ];
  const isGone = known?.includes(null) === true;
  return {
    shown: {
      kept,
      places: listPlaces(fields, uploads),
      takenPlace: fields.get('takePhotoPlace'),
      maxFiles,
      maxMb,
    },
    problems: [
      ...problems.map(
        ({ number, problem }): FormProblem => ({
          field: 'files',
          message: `file_${problem}`,
          values: { number, count: maxFiles, size: maxMb },
        }),
      ),
      ...(isGone ? [{ field: 'files', message: 'file_gone' } as const] : []),
    ],
    ofReport: {
      uploads: kept.map(({ secret }) => secret),
      attachments: uploads.filter(({ isKept }) => !isKept).map(withoutSecret),
    },
    hashes: [...(known ?? []).flatMap((file) => file?.sha256 ?? []), ...uploads.map(({ sha256 }) => sha256)],
  };
}

/** Null for those that are gone; null altogether where PostgreSQL is away. */
async function listKnown(
  attachments: FilesContext['attachments'],
  secrets: readonly UploadSecret[],
): Promise<readonly (NewAttachment | null)[] | null> {
  try {
    return await attachments.list(secrets);
  } catch (error) {
    if (isUnavailable(error)) return null;
    throw error;
  }
}

const withoutSecret = ({ id, type, bytes, sha256, state, name }: NewAttachment): NewAttachment => ({
  id,
  type,
  bytes,
  sha256,
  state,
  name,
});

/** Where the photos say they were taken: those of now, and those of before, which the form itself remembers. */
function listPlaces(fields: URLSearchParams, uploads: Multipart['uploads']): readonly string[] {
  const before = fields.getAll('photoPlace').filter((place) => parsePlace(place) !== null);
  const now = uploads.flatMap(({ gps }) => (gps === null ? [] : [`${gps.lat},${gps.lon}`]));
  return [...new Set([...before, ...now])].slice(0, 5);
}

/** With the place of a photo, where the person ticked it. */
export function takePhotoPlace(submission: Submission, fields: URLSearchParams): Submission {
  const place = parsePlace(fields.get('takePhotoPlace') ?? '');
  return place === null ? submission : { ...submission, place: { ...submission.place, ...place } };
}

function parsePlace(written: string): { readonly lat: number; readonly lon: number } | null {
  const [, lat, lon] = /^(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?)$/.exec(written) ?? [];
  const place = { lat: Number(lat), lon: Number(lon) };
  return Math.abs(place.lat) <= 90 && Math.abs(place.lon) <= 180 ? place : null;
}
