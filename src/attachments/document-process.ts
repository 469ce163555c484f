import type { FileProblem } from '../domain/attachment.ts';
import { anonymizeDocx } from './docx.ts';
import { anonymizePdf } from './pdf.ts';

/** The program of the process that `rewriteDocument` starts. */

const [, , kind, input = '', output = '', maxPages] = process.argv;
const rewriting =
  kind === 'pdf'
    ? anonymizePdf({ input, output, maxPages: Number(maxPages) })
    : anonymizeDocx({ input, output });
const problem = await rewriting.catch((): FileProblem => 'damaged');
process.send?.(problem ?? 'none', () => process.exit());
