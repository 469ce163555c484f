import type { FileProblem } from '../domain/attachment.ts';

/** The program of the process that `rewriteDocument` starts. */

const [, , kind, input = '', output = '', maxPages, maxPixels] = process.argv;
const limits = { maxPages: Number(maxPages), maxPixels: Number(maxPixels) };

/** Loads what this kind needs and nothing else: a process lives for one file, and most of its time goes into loading. */
async function rewrite(): Promise<FileProblem | null> {
  switch (kind) {
    case 'pdf':
      return (await import('./pdf.ts')).anonymizePdf({ input, output, ...limits });
    case 'tiff':
      return (await import('./tiff.ts')).tiffToPdf({ input, output, ...limits });
    default:
      return (await import('./docx.ts')).anonymizeDocx({ input, output });
  }
}

const problem = await rewrite().catch((): FileProblem => 'damaged');
process.send?.(problem ?? 'none', () => process.exit());
