import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { openSpool } from '../../src/spool/spool.ts';

/**
 * A process that appends to a spool on the small disk it is given until the disk is full, makes room, appends again and
 * drains. It prints what it was told meanwhile, as JSON.
 */
const disk = process.argv[2] ?? '';
const ballast = join(disk, 'ballast');
const events: string[] = [];
const log = pino({}, { write: (line) => events.push(JSON.parse(line).event) });
const spool = await openSpool(join(disk, 'spool'), { maxBytes: 1024 ** 3, log });
const acknowledged: string[] = [];
const refusals: { code: unknown; cause: unknown }[] = [];

async function append(): Promise<void> {
  const record = JSON.stringify({ number: acknowledged.length, text: 'Jalan berlubang '.repeat(60) });
  try {
    await spool.append([record]);
    acknowledged.push(record);
  } catch (error) {
    const { code, cause } = error as { code: unknown; cause: { code: unknown } };
    refusals.push({ code, cause: cause.code });
  }
}

writeFileSync(ballast, Buffer.alloc(128 * 1024));
while (refusals.length < 5) await append();
const beforeRoom = acknowledged.length;
rmSync(ballast);
for (let count = 0; count < 10; count += 1) await append();

const drained: string[] = [];
await spool.drain(async (records) => void drained.push(...records));
await spool.close();
const isComplete = JSON.stringify(drained) === JSON.stringify(acknowledged);
console.log(
  JSON.stringify({
    refusals,
    beforeRoom,
    afterRoom: acknowledged.length - beforeRoom,
    isComplete,
    events,
  }),
);
