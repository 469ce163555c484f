import { fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The value below which `share` of the sorted values lie; nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Median milliseconds of writing 8 kB and waiting until the disk has it: what one durable commit costs at least. */
export function measureFsync(): number {
  const folder = mkdtempSync(join(tmpdir(), 'lapor-fsync-'));
  try {
    const file = openSync(join(folder, 'probe'), 'w');
    const page = Buffer.alloc(8192, 1);
    const took: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const start = performance.now();
      writeSync(file, page);
      fsyncSync(file);
      took.push(performance.now() - start);
    }
    return median(took);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Resident memory of the processes together, in MB; Linux only, else NaN. */
export function residentMb(pids: readonly number[]): number {
  try {
    return pids
      .map((pid) => /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
      .reduce((sum, kb) => sum + Number(kb) / 1024, 0);
  } catch {
    return Number.NaN;
  }
}
