import { type ImportField, importFields, type Mapping } from '../domain/import.ts';

/** Which column is what, by its heading. */

const names: Readonly<Record<ImportField, readonly string[]>> = {
  agendaNumber: [
    'nomor agenda',
    'no agenda',
    'agenda',
    'nomor surat masuk',
    'no surat masuk',
    'nomor register',
    'no register',
    'nomor urut',
    'agenda number',
    'agenda no',
    'register number',
    'reference',
    'nomor surat',
    'no surat',
  ],
  receivedOn: [
    'tanggal diterima',
    'tgl diterima',
    'tanggal terima',
    'tgl terima',
    'diterima',
    'diterima tanggal',
    'tanggal masuk',
    'tgl masuk',
    'tanggal agenda',
    'received on',
    'received',
    'date received',
    'received date',
  ],
  writtenOn: [
    'tanggal surat',
    'tgl surat',
    'tanggal',
    'tgl',
    'written on',
    'letter date',
    'date of letter',
    'date',
  ],
  origin: ['asal', 'cara masuk', 'media', 'saluran', 'sumber', 'jenis surat', 'origin', 'source', 'channel'],
  kind: ['jenis', 'jenis laporan', 'klasifikasi', 'bentuk', 'kind', 'type', 'report type'],
  title: ['perihal', 'hal', 'judul', 'pokok', 'title', 'subject'],
  text: [
    'isi',
    'isi surat',
    'isi laporan',
    'isi aduan',
    'isi ringkas',
    'uraian',
    'kronologi',
    'ringkasan',
    'pengaduan',
    'aduan',
    'text',
    'content',
    'body',
    'description',
    'summary',
  ],
  place: [
    'tempat',
    'tempat kejadian',
    'lokasi',
    'lokasi kejadian',
    'tkp',
    'place',
    'location',
    'place of event',
  ],
  topic: ['topik', 'kategori', 'bidang', 'topic', 'category'],
  agency: [
    'instansi',
    'instansi tujuan',
    'tujuan',
    'terlapor',
    'instansi terlapor',
    'dinas',
    'opd',
    'agency',
    'addressee',
  ],
  name: [
    'nama',
    'nama pelapor',
    'nama pengirim',
    'pengirim',
    'pelapor',
    'name',
    'reporter',
    'sender',
    'from',
  ],
  phone: [
    'telepon',
    'nomor telepon',
    'no telepon',
    'telp',
    'no telp',
    'hp',
    'no hp',
    'nomor hp',
    'nomor ponsel',
    'handphone',
    'whatsapp',
    'wa',
    'no wa',
    'kontak',
    'phone',
    'telephone',
    'phone number',
    'mobile',
  ],
  email: ['email', 'e mail', 'surel', 'alamat email', 'pos el', 'email address'],
  address: ['alamat', 'alamat pelapor', 'alamat pengirim', 'domisili', 'address'],
  onBehalfOf: ['atas nama', 'mewakili', 'a n', 'on behalf of', 'for'],
  anonymous: ['anonim', 'tanpa nama', 'nama disembunyikan', 'anonymous'],
  confidential: ['rahasia', 'dirahasiakan', 'confidential', 'secret'],
  postUrl: ['tautan', 'alamat unggahan', 'url', 'link', 'post url'],
  joins: ['terkait', 'id pelacakan terkait', 'laporan terkait', 'related', 'joins'],
  files: ['lampiran', 'berkas', 'nama berkas', 'file', 'files', 'attachment', 'attachments'],
};

/** Headings of result files, which are uploaded again once they are corrected. */
const ofResults = [
  'nomor baris',
  'status',
  'id pelacakan',
  'masalah',
  'row number',
  'tracking id',
  'problems',
];
export const isResultHeading = (heading: string): boolean => ofResults.includes(fold(heading));

const fieldOf = new Map(
  importFields.flatMap((field) => [field, ...names[field]].map((name) => [fold(name), field])),
);

/** What each heading most likely means; no field twice, the first column wins. */
export function guessMapping(headings: readonly string[]): Mapping {
  const taken = new Set<ImportField>();
  return headings.map((heading) => {
    const field = isResultHeading(heading) ? undefined : fieldOf.get(fold(heading));
    if (field === undefined || taken.has(field)) return null;
    taken.add(field);
    return field;
  });
}

/** What a field is called at the command line, and as a heading: any of its names. */
export const findField = (name: string): ImportField | null => fieldOf.get(fold(name)) ?? null;

/** How the heading of a column is compared. */
export function fold(heading: string): string {
  return heading
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/\(.*?\)/g, ' ')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

export const isField = (name: string): name is ImportField => importFields.some((field) => field === name);
