import type { FileProblem } from '../domain/attachment.ts';
import { anonymizeDocx } from './docx.ts';
import { anonymizePdf } from './pdf.ts';
import { tiffToPdf } from './tiff.ts';

/** The program of the process that `rewriteDocument` starts. */

const [, , kind, input = '', output = '', maxPages, maxPixels] = process.argv;
const limits = { maxPages: Number(maxPages), maxPixels: Number(maxPixels) };

function rewrite(): Promise<FileProblem | null> {
  switch (kind) {
    case 'pdf':
      return anonymizePdf({ input, output, ...limits });
    case 'tiff':
      return tiffToPdf({ input, output, ...limits });
    default:
      return anonymizeDocx({ input, output });
  }
}

const problem = await rewrite().catch((): FileProblem => 'damaged');
process.send?.(problem ?? 'none', () => process.exit());
