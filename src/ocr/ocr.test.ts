import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { PDFDocument } from 'pdf-lib';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import type { AttachmentType } from '../domain/attachment.ts';
import { findOcrTools, type Ocr, openOcr } from './ocr.ts';
import { runBounded } from './programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'lapor-ocr-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tools = await findOcrTools();
const isInstalled = tools.languages.includes('ind') && tools.readsPdf;

const lines = [
  'Kepada Yth. Wali Kota Bandung',
  'Jembatan bambu penghubung RW 04 dan RW 05',
  'sudah hampir putus. Kami mohon segera diperbaiki.',
];
/** A letter as a typist sets it. */
const letter = (shown: readonly string[] = lines) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="600"><rect width="1600" height="600" fill="white"/>${shown
        .map(
          (line, index) =>
            `<text x="80" y="${140 + index * 66}" font-family="serif" font-size="52">${line}</text>`,
        )
        .join('')}</svg>`,
    ),
  );
const read = (ocr: Ocr, type: AttachmentType, content: Buffer, page = 1, reader = 'sri') =>
  ocr.readPage({ type, content: Readable.from([content]) }, page, reader);

describe.skipIf(!isInstalled)('a machine that reads scans', () => {
  test('reads a letter in Indonesian, and leaves nothing of it behind', async () => {
    const ocr = await openOcr(folder);
    const page = await read(ocr, 'image/png', await letter().png().toBuffer());
    expect(page).toMatchObject({ pages: 1, picture: null });
    const { text } = page as { readonly text: string };
    expect(text).toContain('Jembatan bambu penghubung RW 04 dan RW 05 sudah hampir putus.');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('reads the page of a PDF that it is asked for, and shows what it saw', async () => {
    const ocr = await openOcr(folder);
    const document = await PDFDocument.create();
    for (const shown of [lines, ['Lampiran: fotokopi kartu keluarga']]) {
      const picture = await document.embedJpg(await letter(shown).jpeg().toBuffer());
      document.addPage([800, 300]).drawImage(picture, { x: 0, y: 0, width: 800, height: 300 });
    }
    const pdf = Buffer.from(await document.save());
    const page = await read(ocr, 'application/pdf', pdf, 2);
    expect(page).toMatchObject({ text: 'Lampiran: fotokopi kartu keluarga', pages: 2 });
    const { picture } = page as { readonly picture: Buffer };
    expect(await sharp(picture).metadata()).toMatchObject({ format: 'jpeg', width: 3_300 });
    expect(await read(ocr, 'application/pdf', pdf, 3)).toBe('page');
  });

  test('says so of what is no scan, damaged, or a page that cannot be', async () => {
    const ocr = await openOcr(folder);
    expect(await read(ocr, 'video/mp4', Buffer.from('a film'))).toBe('type');
    expect(await read(ocr, 'image/jpeg', Buffer.from('no picture'))).toBe('unreadable');
    expect(await read(ocr, 'application/pdf', Buffer.from('%PDF-1.7 nothing'))).toBe('unreadable');
    for (const page of [0, -1, 1.5, 51, Number.NaN]) {
      expect(await read(ocr, 'application/pdf', Buffer.from('%PDF-1.7'), page)).toBe('page');
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refuses whoever has too many waiting, and then goes on', async () => {
    const ocr = await openOcr(folder);
    const png = await letter().png().toBuffer();
    const results = await Promise.all(Array.from({ length: 8 }, () => read(ocr, 'image/png', png)));
    expect(results.filter((result) => result === 'busy')).toHaveLength(2);
    expect(results.filter((result) => typeof result === 'object')).toHaveLength(6);
    expect(await read(ocr, 'image/png', png)).toMatchObject({ pages: 1 });
  });
});

test('where nothing is installed it says that', async () => {
  const ocr = await openOcr(folder, { languages: [], readsPdf: false });
  expect(await read(ocr, 'image/png', Buffer.from('a picture'))).toBe('missing');
  const onlyPictures = await openOcr(folder, { languages: ['ind'], readsPdf: false });
  expect(await read(onlyPictures, 'application/pdf', Buffer.from('%PDF-1.7'))).toBe('missing');
});

test('what a killed process left is deleted, and what another reads is not', async () => {
  const [left, read] = [join(folder, 'page-left'), join(folder, 'page-read')];
  for (const own of [left, read]) mkdirSync(own);
  writeFileSync(join(left, 'file'), 'a letter');
  utimesSync(left, new Date(0), new Date(0));
  await openOcr(folder, { languages: [], readsPdf: false });
  expect(readdirSync(folder)).toEqual(['page-read']);
  rmSync(read, { recursive: true });
});

describe('a program that reads what anybody sent', () => {
  const limits = { seconds: 1, memoryMb: 256, output: 1_000 };

  test('is ended when its time is up, or it prints without end', async () => {
    expect(await runBounded('sleep', ['60'], limits)).toEqual({ kind: 'failed' });
    expect(await runBounded('yes', [], limits)).toEqual({ kind: 'failed' });
  });

  test('gets no more memory than it may have', async () => {
    const hungry = ['BEGIN { s = "a"; for (i = 0; i < 27; i++) s = s s; print length(s) }'];
    const run = (memoryMb: number) => runBounded('awk', hungry, { ...limits, seconds: 20, memoryMb });
    expect(await run(2_000)).toEqual({ kind: 'done', output: Buffer.from('134217728\n') });
    expect(await run(100)).toEqual({ kind: 'failed' });
  });

  test('knows nothing of our settings, and no shell reads what it is asked', async () => {
    const told = await runBounded('env', [], limits);
    const names = told.kind === 'done' ? told.output.toString().match(/^\w+/gm) : [];
    expect(names?.filter((name) => !/^(PATH|LANG|OMP_THREAD_LIMIT|PWD|OLDPWD|SHLVL|_)$/.test(name))).toEqual(
      [],
    );
    const echoed = await runBounded('echo', ['$(id); rm -rf "$HOME"'], limits);
    expect(echoed).toEqual({ kind: 'done', output: Buffer.from('$(id); rm -rf "$HOME"\n') });
  });

  test('that is not there is absent', async () => {
    expect(await runBounded('lapor-no-such-program', [], limits)).toEqual({ kind: 'absent' });
  });
});
