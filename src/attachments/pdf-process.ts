import { readFile, writeFile } from 'node:fs/promises';
import { PDFArray, PDFDict, PDFDocument, PDFName, type PDFObject, PDFRawStream, PDFRef } from 'pdf-lib';
import type { FileProblem } from '../domain/attachment.ts';
import { stripJpeg } from './embedded-pictures.ts';
import type { PdfTask } from './pdf.ts';

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

async function anonymize({ input, output, maxPages }: PdfTask): Promise<FileProblem | null> {
  const document = await PDFDocument.load(await readFile(input), {
    updateMetadata: false,
    ignoreEncryption: true,
  });
  if (document.isEncrypted) return 'locked';
  if (document.getPageCount() > maxPages) return 'pages';
  const { context } = document;
  const { Info } = context.trailerInfo;
  if (Info instanceof PDFRef) context.delete(Info);
  context.trailerInfo = { ...context.trailerInfo };
  delete context.trailerInfo.Info;
  delete context.trailerInfo.ID;
  for (const [ref, object] of context.enumerateIndirectObjects()) {
    const dict = object instanceof PDFRawStream ? object.dict : object;
    if (dict instanceof PDFDict && unwantedTypes.test(String(dict.get(PDFName.of('Type'))))) {
      context.delete(ref);
    } else if (object instanceof PDFRawStream && isPhoto(object)) {
      clean(object.dict);
      const contents = stripJpeg(Buffer.from(object.contents));
      object.dict.delete(PDFName.of('Length'));
      context.assign(ref, PDFRawStream.of(object.dict, contents));
    } else clean(dict);
  }
  await writeFile(output, await document.save({ updateFieldAppearances: false }), {
    mode: 0o600,
    flag: 'wx',
  });
  return null;
}

function isPhoto(stream: PDFRawStream): boolean {
  return /^\[?\s*\/DCTDecode\s*\]?$/.test(String(stream.dict.get(PDFName.of('Filter'))));
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

const [, , input = '', output = '', maxPages] = process.argv;
const problem = await anonymize({ input, output, maxPages: Number(maxPages) }).catch(
  (): FileProblem => 'damaged',
);
process.send?.(problem ?? 'none', () => process.exit());
