import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { drainAll, makeSpoolFolder, openWithLog } from './support/spool-folder.ts';

const script = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url));

/** Answers what a child that appends for ever had acknowledged when it was killed, after at least so many records. */
async function appendUntilKilled(folder: string, first: number, count: number): Promise<readonly number[]> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', script('append-to-spool.ts'), folder, String(first)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const acknowledged: number[] = [];
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(Number(line));
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  return acknowledged;
}

test('everything acknowledged before a kill -9 is drained afterwards, over several kills', async () => {
  const folder = makeSpoolFolder();
  const acknowledged: number[] = [];
  for (const [round, count] of [1500, 3, 900].entries()) {
    acknowledged.push(...(await appendUntilKilled(folder, round * 1_000_000, count)));
  }
  const spool = await openWithLog(folder, 1024 ** 3);
  const drained = (await drainAll(spool)).map((record) => JSON.parse(record).number as number);
  const found = new Set(drained);
  expect(acknowledged.filter((number) => !found.has(number))).toEqual([]);
  expect(found.size).toBe(drained.length);
  expect(spool.facts()).toEqual({ records: 0, bytes: 0, corrupt: 0 });
  await spool.close();
});

test('a second process is told who has the folder, and gets it when that one is killed', async () => {
  const folder = makeSpoolFolder();
  const child = spawn(process.execPath, ['--import', 'tsx', script('append-to-spool.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await expect(openWithLog(folder)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(`${folder} is in use by process ${child.pid}`),
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await openWithLog(folder)).close();
});

/** As somebody who is not allowed to write there: root would be. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

test('a folder that cannot be written stops the start, with a sentence that says how to mend it', async () => {
  const locked = makeSpoolFolder();
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  await asNobody(() =>
    expect(openWithLog(locked)).rejects.toMatchObject({
      code: 'config',
      message: `The spool cannot be written in ${locked} (EACCES): give it to the user that the gateway runs as (chown, chmod 700), or set DATA_DIR to another folder.`,
    }),
  );

  const file = makeSpoolFolder();
  writeFileSync(file, 'not a folder');
  await expect(openWithLog(file)).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(/\(EEXIST\): move away the file that is where a folder should be/),
  });
  await expect(openWithLog(join(file, 'spool'))).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(/\(ENOTDIR\): move away the file/),
  });
});

test('a spool that could not be opened is free for the next attempt', async () => {
  const folder = makeSpoolFolder();
  mkdirSync(join(folder, 'probe'), { recursive: true });
  await expect(openWithLog(folder)).rejects.toMatchObject({ code: 'config' });
  rmSync(join(folder, 'probe'), { recursive: true });
  await (await openWithLog(folder)).close();
});

/** A disk of its own, mounted where only this child and its children see it. */
const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

test.runIf(canMount)('on a full disk appends are refused, and go on once there is room', async () => {
  const disk = mkdtempSync(join(inject('scratch'), 'disk-'));
  const mountAndRun = 'mount -t tmpfs -o size=256k none "$0" && exec "$@"';
  const child = [process.execPath, '--import', 'tsx', script('fill-spool-disk.ts'), disk];
  const printed = execFileSync('unshare', ['-rm', 'sh', '-c', mountAndRun, disk, ...child], {
    encoding: 'utf8',
  });
  expect(JSON.parse(printed)).toEqual({
    refusals: Array(5).fill({ code: 'unavailable', cause: 'ENOSPC' }),
    beforeRoom: expect.any(Number),
    afterRoom: 10,
    isComplete: true,
    events: ['spool_write_failed'],
  });
});
