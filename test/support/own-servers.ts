import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { findFreePort } from '../../src/embedded/processes.ts';

/** What it takes to run a server of one's own in a test: a port, its beginning, its end. */

/** Ports that were free a moment ago, no two the same, and that nobody takes while their server is started anew. */
export async function listFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await findFreePort());
  return [...ports];
}

/** Asks again and again, for 15 s at most; rejects with `what` when they are over. */
export async function waitUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  // An answer that does not come is a "not yet" like any other: the server is starting.
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`waited 15 s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Resolves once it has ended. */
export async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
