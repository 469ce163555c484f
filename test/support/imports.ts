/** Tables of letters, as an office would keep them; nobody in them is real. */

export type LetterRow = Readonly<Record<(typeof columns)[number], string>>;

const columns = [
  'Nomor agenda',
  'Tanggal diterima',
  'Tanggal surat',
  'Perihal',
  'Isi',
  'Tempat',
  'Instansi',
  'Nama',
  'Telepon',
  'Anonim',
  'Lampiran',
] as const;

export const letterRow = (number: number, book: string): LetterRow => ({
  'Nomor agenda': `${number}/${book}/2026`,
  'Tanggal diterima': '03/11/2026',
  'Tanggal surat': '28 Oktober 2026',
  Perihal: `Lampu jalan padam ${number}`,
  Isi: `Lampu jalan nomor ${number} di Jalan Cihampelas padam sejak dua minggu (${book}). Mohon diperbaiki.`,
  Tempat: 'Jalan Cihampelas, Kota Bandung',
  Instansi: '',
  Nama: `Warga ${number}`,
  Telepon: `0812${String(number).padStart(8, '0')}`,
  Anonim: 'tidak',
  Lampiran: '',
});

export const lettersOf = (count: number, book: string): readonly LetterRow[] =>
  Array.from({ length: count }, (_, index) => letterRow(index + 1, book));

/** With semicolons, as Excel in Indonesia writes it. */
export const csvOf = (rows: readonly LetterRow[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((cells) => `${cells.map(quote).join(';')}\r\n`)
    .join('');

const quote = (cell: string): string => (/[;"\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** A PNG of one pixel. */
export const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** The form of the upload, as a browser sends it. */
export function uploadBody(given: {
  readonly fields: Readonly<Record<string, string>>;
  readonly table: { readonly name: string; readonly content: Buffer };
  readonly archive?: Buffer | undefined;
}): { readonly payload: Buffer; readonly type: string } {
  const boundary = 'batas-uji';
  const part = (head: string, content: Buffer) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
      content,
      Buffer.from('\r\n'),
    ]);
  const payload = Buffer.concat([
    ...Object.entries(given.fields).map(([name, value]) => part(`name="${name}"`, Buffer.from(value))),
    part(
      `name="table"; filename="${given.table.name}"\r\ncontent-type: application/octet-stream`,
      given.table.content,
    ),
    ...(given.archive === undefined
      ? []
      : [part('name="archive"; filename="lampiran.zip"\r\ncontent-type: application/zip', given.archive)]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return { payload, type: `multipart/form-data; boundary=${boundary}` };
}
