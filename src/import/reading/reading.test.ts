import { crc32, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { writeZip, type ZipEntry } from '../../attachments/zip.ts';
import { templateCsv, templateXlsx } from '../template.ts';
import { decode } from './read-csv.ts';
import { readTable } from './read-table.ts';
import { unpack } from './unpack.ts';

const read = async (content: string | Buffer) => readTable(Buffer.from(content as string));
const rowsOf = async (content: string | Buffer) => {
  const result = await read(content);
  return 'table' in result ? [result.table.headings, ...result.table.rows] : result.problem;
};

const stored = (name: string, content: string | Buffer): ZipEntry => {
  const packed = Buffer.from(content as string);
  return { name, method: 0, packed, bytes: packed.length, crc: crc32(packed) };
};
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A workbook with one sheet, whose rows are written as XML by hand. */
const workbook = (sheet: string, more: { readonly workbookPr?: string; readonly prolog?: string } = {}) =>
  writeZip([
    stored(
      'xl/workbook.xml',
      `<workbook xmlns="${main}" xmlns:r="${office}">${more.workbookPr ?? ''}<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ),
    stored(
      'xl/_rels/workbook.xml.rels',
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    ),
    stored(
      'xl/styles.xml',
      `<styleSheet xmlns="${main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    ),
    stored(
      'xl/worksheets/sheet1.xml',
      `<?xml version="1.0"?>${more.prolog ?? ''}<worksheet xmlns="${main}"><sheetData>${sheet}</sheetData></worksheet>`,
    ),
  ]);
const heading =
  '<row r="1"><c r="A1" t="inlineStr"><is><t>Tanggal</t></is></c><c r="B1" t="inlineStr"><is><t>Isi</t></is></c></row>';

test.each([
  ['commas', 'No,Isi\n1,Jalan rusak\n'],
  ['semicolons', 'No;Isi\r\n1;Jalan rusak\r\n'],
  ['tabs', 'No\tIsi\n1\tJalan rusak'],
  ['a mark of UTF-8', '\ufeffNo;Isi\n1;Jalan rusak'],
  ['the separator named', 'sep=;\r\nNo;Isi\r\n1;Jalan rusak'],
  ['old line ends', 'No;Isi\r1;Jalan rusak\r'],
])('CSV with %s', async (_, csv) => {
  expect(await rowsOf(csv)).toEqual([
    ['No', 'Isi'],
    ['1', 'Jalan rusak'],
  ]);
});

test('UTF-16 in both orders, with and without a mark, and windows-1252', async () => {
  const csv = 'No;Isi\n1;Café di Jalan “Merdeka”, dekat warung\n';
  const little = Buffer.from(csv, 'utf16le');
  const big = Buffer.from(little).swap16();
  const expected = [
    ['No', 'Isi'],
    ['1', 'Café di Jalan “Merdeka”, dekat warung'],
  ];
  expect(await rowsOf(Buffer.concat([Buffer.from([0xff, 0xfe]), little]))).toEqual(expected);
  expect(await rowsOf(Buffer.concat([Buffer.from([0xfe, 0xff]), big]))).toEqual(expected);
  expect(decode(Buffer.from('Nomor;Isi;Nama\n1;Rusak;Budi\n', 'utf16le'))).toBe(
    'Nomor;Isi;Nama\n1;Rusak;Budi\n',
  );
  expect(await rowsOf(Buffer.from('No;Isi\n1;Caf\xe9 \x93Merdeka\x94\n', 'latin1'))).toEqual([
    ['No', 'Isi'],
    ['1', 'Café “Merdeka”'],
  ]);
});

test('formulas are text, and so is HTML; NUL is dropped, line breaks in quotes stay', async () => {
  const csv = 'A;B;C\n=HYPERLINK(1);"=cmd|\' /C calc\'!A0";"<b>satu</b>\0\r\ndua"\n';
  expect(await rowsOf(csv)).toEqual(
    [
      ['A', 'B', 'C'],
      ['=HYPERLINK(1)', "=cmd|' /C calc'!A0", '<b>satu</b>\ndua'],
    ].map((row, index) => (index === 0 ? row : row)),
  );
});

test('a quotation mark that is missing is told with its line', async () => {
  expect(await rowsOf('A;B\n1;baik\n2;"tidak ditutup\n3;lagi\n')).toMatchObject({ code: 'quotes' });
  const broken = await rowsOf('A;B\n1;baik\n2;"salah"tempat"\n3;lagi\n');
  expect(broken).toEqual({ code: 'quotes', line: 3 });
});

test.each([
  ['nothing', '', 'empty'],
  ['headings alone', 'A;B\n', 'empty'],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'type'],
  ['a PDF', '%PDF-1.7\n...', 'type'],
  ['HTML that calls itself XLS', '<html><table><tr><td>1</td></tr></table></html>', 'type'],
  ['the old format of Excel', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'locked'],
  ['an archive that is no workbook', writeZip([stored('surat.txt', 'halo')]), 'type'],
  ['an archive that is cut', templateXlsx('id').subarray(0, 900), 'damaged'],
  ['101 columns', `${'x;'.repeat(100)}x\n${'1;'.repeat(100)}1\n`, 'columns'],
  ['10,000 columns in one row', `a;b\n${'1;'.repeat(10_000)}1\n`, 'columns'],
  ['50,001 rows', `a;b\n${'1;2\n'.repeat(50_001)}`, 'rows'],
  ['one line without an end', `a;b\n1;${'x'.repeat(600_000)}\n`, 'large'],
  ['more than it may have', Buffer.alloc(21 * 1024 * 1024, 'a;b\n'), 'large'],
])('%s is told for what it is', async (_, content, code) => {
  expect(await rowsOf(content)).toMatchObject({ code });
});

test('the templates are read as what they say, with the zero of the telephone number', async () => {
  const [csv, xlsx] = [await read(templateCsv('id')), await read(templateXlsx('id'))];
  if (!('table' in csv) || !('table' in xlsx)) throw new Error('a template cannot be read');
  expect(xlsx.table.headings).toEqual(csv.table.headings);
  expect(xlsx.table.rows).toEqual(csv.table.rows);
  expect(xlsx.table.rows[0]).toContain('0812 0000 0000');
});

test('workbooks: days of both calendars, numbers with all digits, formulas as they were last worked out', async () => {
  const row = (more: string) => `${heading}<row r="2"><c r="A2" s="1"><v>46329</v></c>${more}</row>`;
  const formula = '<c r="B2" t="str"><f>HYPERLINK("http://x")</f><v>=2+3 teks</v></c>';
  expect(await rowsOf(workbook(row(formula)))).toEqual([
    ['Tanggal', 'Isi'],
    ['2026-11-03', '=2+3 teks'],
  ]);
  for (const yes of ['1', 'true']) {
    const workbookPr = `<workbookPr date1904="${yes}"/>`;
    const sheet = row('<c r="B2"><v>81234567890</v></c>').replace('46329', '44867');
    expect(await rowsOf(workbook(sheet, { workbookPr }))).toEqual([
      ['Tanggal', 'Isi'],
      ['2026-11-03', '81234567890'],
    ]);
  }
});

test.each([
  [
    'an entity that blows up',
    workbook(heading, { prolog: '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' }),
    'unsafe',
  ],
  [
    'a row beyond all',
    workbook(`${heading}<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>`),
    /large|damaged|slow/,
  ],
])(
  'a workbook with %s does no harm',
  async (_, content, code) => {
    const problem = await rowsOf(content);
    expect('code' in problem && problem.code).toMatch(code);
  },
  90_000,
);

test('an archive that becomes far larger than it is, is not unpacked', async () => {
  const zeros = Buffer.alloc(150 * 1024 * 1024);
  const entry = (name: string): ZipEntry => ({
    name,
    method: 8,
    packed: deflateRawSync(zeros),
    bytes: zeros.length,
    crc: crc32(zeros),
  });
  expect(await rowsOf(writeZip([entry('xl/workbook.xml'), entry('xl/worksheets/sheet1.xml')]))).toMatchObject(
    {
      code: 'unsafe',
    },
  );
  // It lies about its size: the library would reserve whatever it says.
  const lying = writeZip([{ ...entry('xl/workbook.xml'), bytes: 100 }]);
  expect(await rowsOf(lying)).toMatchObject({ code: 'damaged' });
});

const bounds = { entries: 10, entryBytes: 1_000, totalBytes: 5_000, ratio: 100 };
async function unpacked(archive: Buffer) {
  const taken: (readonly [string, number | null])[] = [];
  const problem = await unpack(
    archive,
    bounds,
    () => true,
    (path, bytes) => {
      taken.push([path, bytes?.length ?? null]);
    },
  );
  return { taken, problem };
}

test('names that lead elsewhere, folders, links and files that are too large cost their neighbours nothing', async () => {
  const archive = writeZip([
    stored('../../etc/passwd', 'x'),
    stored('/mutlak.jpg', 'xx'),
    stored('folder/', ''),
    stored('besar.jpg', Buffer.alloc(2_000)),
    stored('tautan', '/etc/passwd'),
    stored('foto.jpg', 'xxx'),
  ]);
  // The fifth entry is a symbolic link, as Unix writes it into the directory of the archive.
  const at = archive.lastIndexOf('tautan') - 46;
  archive.writeUInt32LE((0o120777 << 16) >>> 0, at + 38);
  const { taken, problem } = await unpacked(archive);
  expect(problem).toBeNull();
  expect(taken).toEqual([
    ['../../etc/passwd', 1],
    ['/mutlak.jpg', 2],
    ['besar.jpg', null],
    ['foto.jpg', 3],
  ]);
});

test('too many entries, a locked one, and what is no archive', async () => {
  const many = writeZip(Array.from({ length: 11 }, (_, index) => stored(`${index}.jpg`, 'x')));
  expect((await unpacked(many)).problem).toBe('unsafe');
  const locked = writeZip([{ ...stored('rahasia.jpg', 'x'.repeat(52)), bytes: 40 }]);
  const directory = locked.lastIndexOf('rahasia.jpg') - 46;
  locked.writeUInt16LE(0x0801, directory + 8);
  expect((await unpacked(locked)).problem).toBe('locked');
  expect((await unpacked(Buffer.from('bukan zip'))).problem).toBe('damaged');
});
