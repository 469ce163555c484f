import { readFile, writeFile } from 'node:fs/promises';
import { PDFArray, PDFDict, PDFDocument, PDFName, type PDFObject, PDFRawStream, PDFRef } from 'pdf-lib';
import type { FileProblem } from '../domain/attachment.ts';
import { stripJpeg } from './embedded-pictures.ts';
import { isBomb } from './pdf-bomb.ts';
import { unwrapPhoto } from './pdf-photo.ts';

/** What tells who made it, and what does something when it is opened. */
const unwanted = [
  'Metadata',
  'PieceInfo',
  'LastModified',
  'OpenAction',
  'AA',
  'JS',
  'JavaScript',
  'EmbeddedFiles',
];
const unwantedTypes = /^\/(Filespec|EmbeddedFile|Metadata)$/;
const unwantedActions =
  /^\/(JavaScript|Launch|SubmitForm|ImportData|GoToE|GoToR|Rendition|RichMediaExecute)$/;

/** All photos that are packed in something else together, unpacked. */
const maxWrappedBytes = 256 * 1024 * 1024;

/**
 * Its pages stay as they are; its properties, scripts, attached files and whatever its earlier versions held go, and what the
 * photos in it tell of where they were taken. For the process that may be killed: pdf-lib trusts what it reads.
 */
export async function anonymizePdf(task: {
  readonly input: string;
  readonly output: string;
  readonly maxPages: number;
}): Promise<FileProblem | null> {
  const bytes = await readFile(task.input);
  if (await isBomb(bytes)) return 'damaged';
  const document = await PDFDocument.load(bytes, { updateMetadata: false, ignoreEncryption: true });
  if (document.isEncrypted) return 'locked';
  if (document.getPageCount() > task.maxPages) return 'pages';
  const { context } = document;
  const { Info } = context.trailerInfo;
  if (Info instanceof PDFRef) context.delete(Info);
  context.trailerInfo = { ...context.trailerInfo };
  delete context.trailerInfo.Info;
  delete context.trailerInfo.ID;
  let room = maxWrappedBytes;
  for (const [ref, object] of context.enumerateIndirectObjects()) {
    const dict = object instanceof PDFRawStream ? object.dict : object;
    if (dict instanceof PDFDict && unwantedTypes.test(String(dict.get(PDFName.of('Type'))))) {
      context.delete(ref);
      continue;
    }
    clean(dict);
    if (!(object instanceof PDFRawStream)) continue;
    const photo = await unwrapPhoto(object, room);
    if (photo === 'damaged') return 'damaged';
    if (photo === null) continue;
    if (photo.isWrapped) room -= photo.jpeg.length;
    const { dict: facts } = object;
    facts.delete(PDFName.of('Length'));
    facts.delete(PDFName.of('DecodeParms'));
    facts.set(PDFName.of('Filter'), PDFName.of('DCTDecode'));
    if (photo.parameters !== undefined) facts.set(PDFName.of('DecodeParms'), photo.parameters);
    context.assign(ref, PDFRawStream.of(facts, stripJpeg(photo.jpeg)));
  }
  await writeFile(task.output, await document.save({ updateFieldAppearances: false }), {
    mode: 0o600,
    flag: 'wx',
  });
  return null;
}

/** Of an object and all that lies in it. */
function clean(object: PDFObject): void {
  if (object instanceof PDFArray) for (const element of object.asArray()) clean(element);
  if (object instanceof PDFRawStream) clean(object.dict);
  if (!(object instanceof PDFDict)) return;
  const isAction = unwantedActions.test(String(object.get(PDFName.of('S'))));
  for (const [key, value] of object.entries()) {
    const name = key.decodeText();
    const isUnwanted = unwanted.includes(name) || (isAction && name !== 'S');
    if (isUnwanted || unwantedActions.test(String(value))) object.delete(key);
    else clean(value);
  }
}
