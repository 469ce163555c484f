import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** What the system tells about a process that need not be ours. */

/** Empty for a process that is gone, or dead and not yet collected by its parent. */
export function readCommandLine(pid: number): string {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      : execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/**
 * The moment the process began, in the system's own words: with it a process id is the same process and not a later one,
 * which a container that starts again gives the same id. Empty for a process that is gone.
 */
export function readStart(pid: number): string {
  try {
    return process.platform === 'linux'
      ? // proc(5): field 22; the second field is a name in brackets that may hold anything.
        (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '')
      : execFileSync('ps', ['-p', String(pid), '-o', 'lstart='], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/** Names the set of processes that we can see: another container's ids mean nothing here. */
export function readProcessNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no Linux: all processes of the machine
  }
}
