import { crc32 } from 'node:zlib';
import { writeZip, type ZipEntry } from '../attachments/zip.ts';
import { type ImportField, importFields } from '../domain/import.ts';
import { type ImportLanguage, importWords } from './words.ts';

/** The table to begin with: every column there is, and one row that shows how it is filled in. */

const example: Readonly<Record<ImportLanguage, Readonly<Record<ImportField, string>>>> = {
  id: {
    agendaNumber: '012/ADU/XI/2026',
    receivedOn: '03/11/2026',
    writtenOn: '28/10/2026',
    origin: 'surat',
    kind: 'pengaduan',
    title: 'Contoh: jalan berlubang (hapus baris ini)',
    text: 'Contoh isi surat. Jalan di depan pasar berlubang sejak September dan sudah dua orang jatuh.',
    place: 'Depan Pasar Kosambi, Kota Bandung',
    topic: '',
    agency: '',
    name: 'Contoh Pelapor',
    phone: '0812 0000 0000',
    email: 'contoh@example.id',
    address: 'Jl. Contoh No. 1',
    onBehalfOf: '',
    anonymous: 'tidak',
    confidential: 'tidak',
    postUrl: '',
    joins: '',
    files: '',
  },
  en: {
    agendaNumber: '012/ADU/XI/2026',
    receivedOn: '03/11/2026',
    writtenOn: '28/10/2026',
    origin: 'letter',
    kind: 'complaint',
    title: 'Example: hole in the road (delete this row)',
    text: 'Example of a text. The road in front of the market has had holes since September; two people fell.',
    place: 'Depan Pasar Kosambi, Kota Bandung',
    topic: '',
    agency: '',
    name: 'Example Reporter',
    phone: '0812 0000 0000',
    email: 'example@example.id',
    address: 'Jl. Contoh No. 1',
    onBehalfOf: '',
    anonymous: 'no',
    confidential: 'no',
    postUrl: '',
    joins: '',
    files: '',
  },
};

const linesIn = (language: ImportLanguage): readonly (readonly string[])[] => [
  importFields.map((field) => importWords[language].fields[field]),
  importFields.map((field) => example[language][field]),
];

/** With semicolons, as Excel in Indonesia writes and expects it. */
export const templateCsv = (language: ImportLanguage): string =>
  `\ufeff${linesIn(language)
    .map((line) => `${line.join(';')}\r\n`)
    .join('')}`;

/** Every column is formatted as text: Excel keeps the zero of a telephone number and leaves dates alone. */
export function templateXlsx(language: ImportLanguage): Buffer {
  const rows = linesIn(language).map(
    (line, index) =>
      `<row r="${index + 1}">${line
        .map((cell, column) => writeCell(`${letters(column)}${index + 1}`, cell))
        .join('')}</row>`,
  );
  const columns = `<cols><col min="1" max="${importFields.length}" width="22" style="1" customWidth="1"/></cols>`;
  return writeZip([
    part(
      '[Content_Types].xml',
      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    ),
    part(
      '_rels/.rels',
      `<Relationships xmlns="${relationships}"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    part(
      'xl/workbook.xml',
      `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="Surat" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ),
    part(
      'xl/_rels/workbook.xml.rels',
      `<Relationships xmlns="${relationships}"><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    ),
    part(
      'xl/styles.xml',
      `<styleSheet xmlns="${main}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    ),
    part(
      'xl/worksheets/sheet1.xml',
      `<worksheet xmlns="${main}">${columns}<sheetData>${rows.join('')}</sheetData></worksheet>`,
    ),
  ]);
}

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const relationships = 'http://schemas.openxmlformats.org/package/2006/relationships';

const letters = (column: number): string => String.fromCharCode(65 + column);

const writeCell = (place: string, text: string): string =>
  `<c r="${place}" s="1" t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`;

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function part(name: string, xml: string): ZipEntry {
  const bytes = Buffer.from(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${xml}`);
  return { name, method: 0, packed: bytes, bytes: bytes.length, crc: crc32(bytes) };
}
