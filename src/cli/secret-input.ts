import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AppError } from '../errors.ts';

/** All of stdin, without the line end. */
export async function readStdin(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}

/** Asks on the terminal for what nobody may see. Throws `AppError` `invalid` where there is no terminal. */
export async function askHidden(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new AppError('invalid', 'There is no terminal to ask for the password on: give --password-stdin.');
  }
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new AppError('conflict', 'Nothing was changed.')));
      lines.once('close', () => reject(new AppError('conflict', 'Nothing was changed.')));
    });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
