import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isUnavailable } from '../db/pool.ts';
import { AppError, type ErrorCode, type FieldProblem } from '../errors.ts';
import { chooseLanguage, type Language } from './messages/language.ts';

/** Errors as RFC 9457 problem documents. `type` is a page of ours that explains the problem at length. */
export const Problem = Type.Object(
  {
    type: Type.String({
      format: 'uri',
      description: 'Stable name of the kind of problem, and a page about it',
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'A sentence for the person who sees it, in the language asked for' }),
    reason: Type.Optional(Type.String({ description: 'What exactly, in English, for the programmer' })),
    fields: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ description: 'JSON pointer (RFC 6901) to the field' }),
          problem: Type.String(),
        }),
      ),
    ),
  },
  { title: 'Problem', description: 'RFC 9457 problem document' },
);

type ProblemKind = { readonly status: number } & Readonly<
  Record<Language, { readonly title: string; readonly detail: string }>
>;

/** Where an error code becomes HTTP; `internal` is what nobody foresaw. */
export const problemKinds: Readonly<Record<ErrorCode | 'internal', ProblemKind>> = {
  malformed: {
    status: 400,
    id: {
      title: 'Isi tidak terbaca',
      detail: 'Isi permintaan tidak dapat dibaca. Periksa bentuknya, lalu kirim lagi.',
    },
    en: {
      title: 'Unreadable body',
      detail: 'The body of the request cannot be read. Check its form and send it again.',
    },
  },
  invalid: {
    status: 422,
    id: {
      title: 'Isian belum benar',
      detail: 'Ada isian yang kurang atau keliru. Lihat daftar isian, perbaiki, lalu kirim lagi.',
    },
    en: {
      title: 'Fields are wrong',
      detail: 'Some fields are missing or wrong. See the list of fields, mend them and send again.',
    },
  },
  'consent-missing': {
    status: 422,
    id: {
      title: 'Persetujuan belum diberikan',
      detail:
        'Laporan hanya dapat diproses bila Anda menyetujui pemrosesan data untuk menangani laporan ini.',
    },
    en: {
      title: 'Consent is missing',
      detail: 'A report can be processed only if you agree that your data is used to handle it.',
    },
  },
  'text-empty': {
    status: 422,
    id: { title: 'Laporan masih kosong', detail: 'Ceritakan apa yang terjadi; satu kalimat sudah cukup.' },
    en: { title: 'The report is empty', detail: 'Say what happened; one sentence is enough.' },
  },
  'too-large': {
    status: 413,
    id: {
      title: 'Terlalu besar',
      detail:
        'Kiriman ini lebih besar daripada yang dapat diterima. Persingkat, atau bagi menjadi beberapa kiriman.',
    },
    en: {
      title: 'Too large',
      detail: 'This is more than can be taken at once. Shorten it, or send it in several parts.',
    },
  },
  'agency-unknown': {
    status: 422,
    id: {
      title: 'Instansi tidak dikenal',
      detail:
        'Tidak ada instansi aktif dengan kode itu. Cari di /v1/agencies?q=…, atau kosongkan: laporan tetap sampai ke instansi yang tepat.',
    },
    en: {
      title: 'Unknown agency',
      detail:
        'There is no active agency with that code. Search /v1/agencies?q=…, or leave it out: the report finds the right agency all the same.',
    },
  },
  'topic-unknown': {
    status: 422,
    id: {
      title: 'Topik tidak dikenal',
      detail: 'Tidak ada topik dengan kode itu. Lihat /v1/topics, atau kosongkan.',
    },
    en: {
      title: 'Unknown topic',
      detail: 'There is no topic with that code. See /v1/topics, or leave it out.',
    },
  },
  unauthenticated: {
    status: 401,
    id: {
      title: 'Pengirim tidak dikenali',
      detail: 'Tanda tangan atau kata sandi saluran tidak ada atau tidak cocok. Tidak ada yang disimpan.',
    },
    en: {
      title: 'Sender not recognised',
      detail: 'The signature or the secret of the channel is missing or does not fit. Nothing was stored.',
    },
  },
  stale: {
    status: 401,
    id: {
      title: 'Tanda tangan kedaluwarsa',
      detail:
        'Pesan ini ditandatangani terlalu lama yang lalu atau jam pengirim tidak tepat. Tidak ada yang disimpan.',
    },
    en: {
      title: 'Signature too old',
      detail: 'This message was signed too long ago, or the clock of the sender is off. Nothing was stored.',
    },
  },
  'idempotency-conflict': {
    status: 422,
    id: {
      title: 'Idempotency-Key sudah dipakai',
      detail: 'Kunci ini sudah dipakai untuk laporan lain. Gunakan kunci baru untuk laporan baru.',
    },
    en: {
      title: 'Idempotency-Key was used before',
      detail: 'This key was used for another report. Use a new key for a new report.',
    },
  },
  'tracking-id-mistyped': {
    status: 400,
    id: {
      title: 'ID pelacakan salah ketik',
      detail:
        'Nomor ini bukan ID pelacakan yang benar: ada angka yang salah atau kurang. ID terdiri dari 12 angka, misalnya 1234-5678-9012.',
    },
    en: {
      title: 'Tracking ID mistyped',
      detail:
        'This is not a correct tracking ID: a digit is wrong or missing. An ID has 12 digits, such as 1234-5678-9012.',
    },
  },
  'not-found': {
    status: 404,
    id: { title: 'Tidak ditemukan', detail: 'Tidak ada yang dapat ditampilkan untuk alamat atau nomor ini.' },
    en: { title: 'Not found', detail: 'There is nothing to show for this address or number.' },
  },
  conflict: {
    status: 409,
    id: { title: 'Bertentangan', detail: 'Permintaan ini bertentangan dengan keadaan sekarang.' },
    en: { title: 'Conflict', detail: 'The request conflicts with how things are now.' },
  },
  forbidden: {
    status: 403,
    id: {
      title: 'Tidak diizinkan',
      detail:
        'Formulir ini sudah kedaluwarsa atau dibuka dari tempat lain. Muat ulang halaman, lalu kirim lagi.',
    },
    en: {
      title: 'Not allowed',
      detail:
        'This form has expired or was opened from elsewhere. Load the page again and send it once more.',
    },
  },
  config: {
    status: 500,
    id: {
      title: 'Pengaturan salah',
      detail: 'Layanan ini belum diatur dengan benar. Pengelola perlu memeriksanya.',
    },
    en: {
      title: 'Misconfigured',
      detail: 'This service is not set up correctly; its operator needs to look at it.',
    },
  },
  'too-many-requests': {
    status: 429,
    id: {
      title: 'Terlalu banyak permintaan',
      detail:
        'Terlalu banyak permintaan datang dari jaringan atau kontak ini dalam waktu singkat. Tunggu sebentar, kembali, lalu kirim lagi: yang ditolak ini belum tersimpan. Jaringan seluler dipakai bersama banyak orang; bila terus begini, coba jaringan lain.',
    },
    en: {
      title: 'Too many requests',
      detail:
        'Too many requests came from this network or contact in a short time. Wait a little, go back and send again: what is refused here was not stored. Mobile networks are shared by many people; if it goes on, try another network.',
    },
  },
  'storage-full': {
    status: 507,
    id: {
      title: 'Berkas tidak dapat disimpan',
      detail:
        'Penyimpanan berkas sedang penuh atau terganggu. Laporan tanpa lampiran tetap dapat dikirim; berkas dapat menyusul.',
    },
    en: {
      title: 'Files cannot be stored',
      detail:
        'The place for files is full or disturbed at the moment. A report without files is taken all the same.',
    },
  },
  unavailable: {
    status: 503,
    id: {
      title: 'Sedang terganggu',
      detail:
        'Layanan ini terganggu untuk sementara. Coba lagi sebentar lagi; laporan yang belum mendapat tanda terima aman dikirim ulang.',
    },
    en: {
      title: 'Unavailable for the moment',
      detail:
        'This service is disturbed for the moment. Try again shortly; a report that got no receipt is safe to send again.',
    },
  },
  internal: {
    status: 500,
    id: {
      title: 'Ada yang salah pada kami',
      detail: 'Terjadi kesalahan di pihak kami. Coba lagi; bila berulang, kabari pengelola.',
    },
    en: {
      title: 'Something went wrong here',
      detail: 'Something went wrong on our side. Try again; if it keeps happening, tell the operator.',
    },
  },
};

export type ProblemDocument = Type.Static<typeof Problem>;

export function toProblem(error: unknown, language: Language, publicUrl: string): ProblemDocument {
  const code = problemCode(error);
  const kind = problemKinds[code];
  return {
    type: `${publicUrl}/problems/${code}`,
    ...kind[language],
    status: kind.status,
    ...(error instanceof AppError && kind.status < 500 ? { reason: error.message } : {}),
    ...fieldsOf(error),
  };
}

function fieldsOf(error: unknown): Pick<ProblemDocument, 'fields'> {
  const fields = error instanceof AppError ? error.fields : wrongParameters(error);
  return fields.length > 0 ? { fields: [...fields] } : {};
}

/** What a route's own schema says about the query. */
function wrongParameters(error: unknown): readonly FieldProblem[] {
  if (!(error instanceof Error)) return [];
  const { validation = [] } = error as Partial<FastifyError>;
  return validation.map(({ instancePath: path, message: problem = 'is wrong' }) => ({ path, problem }));
}

export async function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  publicUrl: string,
): Promise<void> {
  const problem = toProblem(error, chooseLanguage(request), publicUrl);
  if (problem.status === 401) reply.header('www-authenticate', 'Signature');
  await reply
    .code(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem));
}

/** When to try again, where trying again helps; a limit as draft-ietf-httpapi-ratelimit-headers-06 tells it. */
export function setRetryHeaders(reply: FastifyReply, error: unknown): void {
  if (problemCode(error) === 'unavailable') reply.header('retry-after', '5');
  if (!(error instanceof AppError) || error.quota === null) return;
  const { limit, resetSeconds } = error.quota;
  reply.headers({
    'retry-after': resetSeconds,
    'ratelimit-limit': limit,
    'ratelimit-remaining': 0,
    'ratelimit-reset': resetSeconds,
  });
}

/**
 * Fastify's own errors keep their meaning, and a database that is away is said to be; whatever else is not ours is
 * `internal` and says nothing of its inside.
 */
export function problemCode(error: unknown): ErrorCode | 'internal' {
  if (error instanceof AppError) return error.code;
  if (isUnavailable(error)) return 'unavailable';
  if (!(error instanceof Error) || !('statusCode' in error)) return 'internal';
  if (error.statusCode === 413) return 'too-large';
  if (error.statusCode === 404) return 'not-found';
  if (error.statusCode === 403) return 'forbidden';
  if ('validation' in error) return 'invalid';
  if (error.statusCode === 503) return 'unavailable';
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
    ? 'malformed'
    : 'internal';
}
