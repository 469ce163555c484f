import { parentPort, workerData } from 'node:worker_threads';
import { readCsv } from './read-csv.ts';
import { readXlsx } from './read-xlsx.ts';
import type { TableRead } from './table.ts';

/** The program of the thread that `readTable` starts. */

const bytes = Buffer.from(workerData as Uint8Array);
const isArchive = bytes.subarray(0, 2).toString('latin1') === 'PK';
const isOldOffice = bytes.subarray(0, 4).toString('hex') === 'd0cf11e0';
const read: TableRead = isArchive || isOldOffice ? await readXlsx(bytes) : readByContent(bytes);
parentPort?.postMessage(read);

/** Pictures, PDF and the like are told apart from text that is badly written. */
function readByContent(content: Buffer): TableRead {
  const isOther = /^(%PDF|\x89PNG|\xff\xd8\xff|GIF8|\{\\rtf|<\?xml|<!doctype|<html)/i.test(
    content.toString('latin1', 0, 16),
  );
  if (isOther) return { problem: { code: 'type' } };
  const result = readCsv(content);
  return 'problem' in result && result.problem.code === 'encoding' ? { problem: { code: 'type' } } : result;
}
