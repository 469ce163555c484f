import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { openSpool } from '../../src/spool/spool.ts';

/**
 * A process that appends to the spool of the folder it is given, several records at a time, and prints the number of each
 * that was acknowledged, until it is killed. Numbers start at the second argument.
 */
const [folder = '', first = '0'] = process.argv.slice(2);
const spool = await openSpool(folder, { maxBytes: 1024 ** 3, log: pino({ level: 'silent' }) });
let next = Number(first);

async function appendForEver(): Promise<void> {
  for (;;) {
    const numbers = [next, next + 1, next + 2];
    next += 3;
    await spool.append(
      numbers.map((number) => JSON.stringify({ number, text: 'Air PDAM keruh '.repeat(number % 200) })),
    );
    writeSync(1, numbers.map((number) => `${number}\n`).join(''));
  }
}

await Promise.all(Array.from({ length: 16 }, appendForEver));
