import { parentPort, workerData } from 'node:worker_threads';
import type { MailFile } from '../../../src/domain/mail.ts';
import type { OwnMail } from './classify.ts';
import { parseMail } from './parse.ts';

/** The program of the threads that `createMailReader` starts: one mail in, what it says out. */

const own = workerData as OwnMail;

parentPort?.on('message', (bytes: Uint8Array) => {
  const mail = parseMail(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), own);
  // each with bytes of its own, which are handed over and not copied again
  const files = mail.files.map((file): MailFile => ({ ...file, content: new Uint8Array(file.content) }));
  parentPort?.postMessage(
    { ...mail, files },
    files.map(({ content }) => content.buffer as ArrayBuffer),
  );
});
