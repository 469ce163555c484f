import type { FileProblem } from '../domain/attachment.ts';
import type { ImportField, ProblemAt, RowProblem, RowState } from '../domain/import.ts';
import type { TableProblem, TableProblemCode } from './reading/table.ts';
import type { UnpackProblem } from './reading/unpack.ts';

/** What an import is told in: on pages, at the command line, in its result. */

export type ImportLanguage = 'id' | 'en';

type Words = {
  readonly fields: Readonly<Record<ImportField, string>>;
  readonly problems: Readonly<Record<RowProblem, string>>;
  readonly table: Readonly<Record<TableProblemCode, string>>;
  readonly archive: Readonly<Record<UnpackProblem, string>>;
  readonly column: string;
  readonly line: string;
  readonly otherRow: string;
  readonly result: {
    readonly number: string;
    readonly state: string;
    readonly trackingId: string;
    readonly problems: string;
    readonly states: Readonly<Record<RowState, string>>;
  };
};

const fileProblemsId: Readonly<Record<FileProblem, string>> = {
  empty: 'berkas lampiran kosong',
  size: 'berkas lampiran terlalu besar',
  count: 'terlalu banyak lampiran',
  type: 'jenis berkas lampiran tidak diterima (JPG, PNG, WebP, PDF, MP4, DOCX)',
  heic: 'foto HEIC tidak dapat dibaca; simpan sebagai JPG',
  pixels: 'gambar lampiran terlalu besar ukurannya',
  pages: 'terlalu banyak halaman dalam lampiran',
  damaged: 'berkas lampiran rusak',
  locked: 'berkas lampiran terkunci kata sandi',
  active: 'lampiran memuat program atau berkas lain',
  location: 'video lampiran memuat jejak lokasi',
  infected: 'lampiran mengandung virus',
  storage: 'tidak ada tempat untuk lampiran',
  busy: 'terlalu banyak berkas menunggu diperiksa',
};

const fileProblemsEn: Readonly<Record<FileProblem, string>> = {
  empty: 'the attached file is empty',
  size: 'the attached file is too large',
  count: 'too many attachments',
  type: 'this type of file is not taken (JPG, PNG, WebP, PDF, MP4, DOCX)',
  heic: 'a HEIC photo cannot be read; save it as JPG',
  pixels: 'the attached picture has too many pixels',
  pages: 'the attachment has too many pages',
  damaged: 'the attached file is damaged',
  locked: 'the attached file is locked by a password',
  active: 'the attachment holds programs or other files',
  location: 'the attached video tells where it was taken',
  infected: 'the attachment is infected',
  storage: 'there is no room for the attachment',
  busy: 'too many files wait to be looked at',
};

const withPrefix = (words: Readonly<Record<FileProblem, string>>) =>
  Object.fromEntries(Object.entries(words).map(([code, word]) => [`file-${code}`, word])) as Readonly<
    Record<`file-${FileProblem}`, string>
  >;

export const importWords: Readonly<Record<ImportLanguage, Words>> = {
  id: {
    fields: {
      agendaNumber: 'Nomor agenda',
      receivedOn: 'Tanggal diterima',
      writtenOn: 'Tanggal surat',
      origin: 'Cara masuk',
      kind: 'Jenis laporan',
      title: 'Perihal',
      text: 'Isi',
      place: 'Tempat kejadian',
      topic: 'Topik',
      agency: 'Instansi tujuan',
      name: 'Nama pelapor',
      phone: 'Telepon',
      email: 'Email',
      address: 'Alamat pelapor',
      onBehalfOf: 'Atas nama',
      anonymous: 'Anonim',
      confidential: 'Rahasia',
      postUrl: 'Tautan unggahan',
      joins: 'ID pelacakan terkait',
      files: 'Lampiran',
    },
    problems: {
      required: 'harus diisi',
      long: 'terlalu panjang',
      date: 'tanggal tidak terbaca; tulis 31/12/2026',
      'date-future': 'tanggal belum tiba',
      'date-order': 'diterima sebelum surat ditulis',
      'agenda-form': 'nomor agenda harus memuat angka',
      choice: 'pilihan tidak dikenal',
      'yes-no': 'tulis ya atau tidak',
      phone: 'bukan nomor telepon',
      'phone-exponent':
        'nomor sudah diubah Excel menjadi bilangan seperti 8,12E+10; ubah kolom menjadi Teks lalu ketik ulang nomornya',
      email: 'bukan alamat email',
      agency: 'instansi tidak dikenal; pakai kode atau nama lengkapnya',
      topic: 'topik tidak dikenal',
      'post-url': 'bukan alamat unggahan (https://…)',
      joins: 'bukan ID pelacakan',
      invalid: 'tidak dapat dipakai',
      ragged: 'selnya lebih banyak daripada judul kolom; periksa pemisah dan tanda kutip',
      'same-row': 'sama dengan baris {row}',
      'same-number': 'nomor agenda sudah dipakai baris {row} dengan isi lain',
      'number-taken': 'nomor agenda sudah tercatat dengan isi lain; yang lama tidak diubah',
      'not-stored': 'tidak dapat disimpan; hubungi pengelola',
      'file-missing': 'berkas lampiran tidak ada dalam ZIP',
      ...withPrefix(fileProblemsId),
    },
    table: {
      empty: 'Berkas tidak berisi baris data. Baris pertama harus judul kolom, isinya mulai baris kedua.',
      type: 'Berkas ini bukan CSV atau XLSX. Simpan tabel sebagai "Excel Workbook (.xlsx)" atau "CSV UTF-8".',
      encoding: 'Huruf dalam berkas tidak terbaca. Simpan sebagai "CSV UTF-8".',
      quotes:
        'Tanda kutip tidak lengkap, sehingga batas sel tidak diketahui. Periksa tanda " di sekitar baris ini.',
      rows: 'Terlalu banyak baris. Paling banyak 50.000 baris sekali impor; bagi menjadi beberapa berkas.',
      columns: 'Terlalu banyak kolom. Paling banyak 100 kolom.',
      large: 'Berkas terlalu besar. Paling besar 20 MB; bagi menjadi beberapa berkas.',
      damaged: 'Berkas rusak atau tidak lengkap. Buka dengan Excel, simpan lagi, lalu unggah.',
      unsafe: 'Berkas ini tidak aman dibuka dan ditolak.',
      locked:
        'Berkas terkunci kata sandi atau berformat Excel lama (.xls). Simpan sebagai .xlsx tanpa kata sandi.',
      headings: 'Judul kolom tidak ditemukan.',
      slow: 'Berkas terlalu lama dibaca. Bagi menjadi beberapa berkas.',
    },
    archive: {
      damaged: 'Berkas lampiran bukan ZIP yang utuh.',
      locked: 'ZIP lampiran terkunci kata sandi. Buat ZIP tanpa kata sandi.',
      unsafe: 'ZIP lampiran terlalu besar bila dibuka dan ditolak. Bagi menjadi beberapa impor.',
    },
    column: 'kolom',
    line: 'baris',
    otherRow: 'baris lain',
    result: {
      number: 'nomor baris',
      state: 'status',
      trackingId: 'ID pelacakan',
      problems: 'masalah',
      states: {
        pending: 'menunggu',
        sending: 'menunggu',
        accepted: 'diterima',
        duplicate: 'sudah ada',
        refused: 'ditolak',
      },
    },
  },
  en: {
    fields: {
      agendaNumber: 'Agenda number',
      receivedOn: 'Received on',
      writtenOn: 'Written on',
      origin: 'How it came',
      kind: 'Kind of report',
      title: 'Subject',
      text: 'Text',
      place: 'Place of the event',
      topic: 'Topic',
      agency: 'Agency addressed',
      name: 'Name of the reporter',
      phone: 'Telephone',
      email: 'E-mail',
      address: 'Address of the reporter',
      onBehalfOf: 'On behalf of',
      anonymous: 'Anonymous',
      confidential: 'Confidential',
      postUrl: 'Link to the post',
      joins: 'Related tracking ID',
      files: 'Attachments',
    },
    problems: {
      required: 'must be filled in',
      long: 'too long',
      date: 'not a date we can read; write 31/12/2026',
      'date-future': 'this day is still to come',
      'date-order': 'received before it was written',
      'agenda-form': 'an agenda number has digits in it',
      choice: 'not one of the choices',
      'yes-no': 'write yes or no',
      phone: 'no telephone number',
      'phone-exponent':
        'Excel made a number like 8.12E+10 of it; format the column as Text and type the number again',
      email: 'no e-mail address',
      agency: 'unknown agency; use its code or its full name',
      topic: 'unknown topic',
      'post-url': 'not the address of a post (https://…)',
      joins: 'no tracking ID',
      invalid: 'cannot be used',
      ragged: 'it has more cells than there are headings; check separators and quotes',
      'same-row': 'the same as row {row}',
      'same-number': 'row {row} has this agenda number, with other words',
      'number-taken': 'this agenda number is in the book with other words, which were not changed',
      'not-stored': 'could not be stored; ask the operator',
      'file-missing': 'there is no such file in the ZIP',
      ...withPrefix(fileProblemsEn),
    },
    table: {
      empty:
        'There are no rows in the file. The first row has to be the headings, the data begins in the second.',
      type: 'This file is neither CSV nor XLSX. Save the table as "Excel Workbook (.xlsx)" or "CSV UTF-8".',
      encoding: 'The letters in the file cannot be read. Save it as "CSV UTF-8".',
      quotes:
        'A quotation mark is missing, so nobody knows where a cell ends. Look for a " around this line.',
      rows: 'Too many rows. At most 50,000 rows go at a time; make several files of it.',
      columns: 'Too many columns. At most 100 columns.',
      large: 'The file is too large. At most 20 MB; make several files of it.',
      damaged: 'The file is damaged or not complete. Open it in Excel, save it again and upload it.',
      unsafe: 'This file is not safe to open and is refused.',
      locked:
        'The file is locked by a password, or in the old format of Excel (.xls). Save it as .xlsx without a password.',
      headings: 'There are no headings.',
      slow: 'The file takes too long to read. Make several files of it.',
    },
    archive: {
      damaged: 'The file of attachments is no complete ZIP.',
      locked: 'The ZIP of attachments is locked by a password. Make one without.',
      unsafe: 'The ZIP of attachments is too large once unpacked and is refused. Make several imports of it.',
    },
    column: 'column',
    line: 'line',
    otherRow: 'another row',
    result: {
      number: 'row number',
      state: 'status',
      trackingId: 'tracking ID',
      problems: 'problems',
      states: {
        pending: 'waiting',
        sending: 'waiting',
        accepted: 'accepted',
        duplicate: 'known already',
        refused: 'refused',
      },
    },
  },
};

/** A problem with its column: `Telepon (kolom C): bukan nomor telepon`. */
export function sayProblem(
  language: ImportLanguage,
  { column, code, row }: ProblemAt,
  headings: readonly string[],
): string {
  const words = importWords[language];
  const said = words.problems[code].replace('{row}', String(row ?? ''));
  if (column === null) return said;
  const heading = headings[column];
  const place = `${words.column} ${columnLetters(column)}`;
  return heading === undefined || heading === '' ? `${place}: ${said}` : `${heading} (${place}): ${said}`;
}

/** `A` for 0, `AA` for 26, as spreadsheets call their columns. */
export function columnLetters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : `${columnLetters(Math.floor(column / 26) - 1)}${last}`;
}

export function sayTableProblem(language: ImportLanguage, { code, line }: TableProblem): string {
  const words = importWords[language];
  return line === undefined ? words.table[code] : `${words.table[code]} (${words.line} ${line})`;
}
