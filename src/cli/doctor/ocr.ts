import { findOcrTools } from '../../ocr/ocr.ts';
import { type Finding, ok } from './finding.ts';

const packages = { ind: 'tesseract-ocr tesseract-ocr-ind', pdf: 'poppler-utils' };

/** What reads scans at the letter desk. Nobody needs it: without, the text is typed. */
export async function checkOcr(): Promise<readonly Finding[]> {
  const { languages, readsPdf } = await findOcrTools();
  const missing = [
    ...(languages.includes('ind') ? [] : [packages.ind]),
    ...(readsPdf ? [] : [packages.pdf]),
  ].join(' ');
  const reads = languages.length === 0 ? 'reads no scans' : `reads scans in ${languages.join(' and ')}`;
  const pdf = languages.length > 0 && !readsPdf ? ', but no PDF' : '';
  const finding = ok('ocr', `the letter desk ${reads}${pdf}`);
  return [
    missing === ''
      ? finding
      : { ...finding, mend: `where letters are typed: apt-get install ${missing}, and start again` },
  ];
}
