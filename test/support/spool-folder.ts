import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { inject } from 'vitest';
import { openSpool, type Spool } from '../../src/spool/spool.ts';

export type LoggedEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

export function makeSpoolFolder(): string {
  return join(mkdtempSync(join(inject('scratch'), 'spool-')), 'spool');
}

/** Opens a spool that remembers what it logged. */
export async function openWithLog(
  folder: string,
  maxBytes = 1024 ** 2,
): Promise<Spool & { readonly logged: readonly LoggedEvent[] }> {
  const logged: LoggedEvent[] = [];
  const write = (line: string) => {
    const { level: _, ...event } = JSON.parse(line);
    logged.push(event);
  };
  const log = pino({ base: null, timestamp: false }, { write });
  return { ...(await openSpool(folder, { maxBytes, log })), logged };
}

/** Everything that waits, in the lists it came in. */
export async function drainLists(spool: Spool): Promise<readonly (readonly string[])[]> {
  const lists: (readonly string[])[] = [];
  await spool.drain(async (records) => {
    lists.push(records);
  });
  return lists;
}

export async function drainAll(spool: Spool): Promise<readonly string[]> {
  return (await drainLists(spool)).flat();
}

export function listSegmentFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.spool'))
    .toSorted()
    .map((name) => join(folder, name));
}

/** What was set aside, by file name. */
export function readCorrupt(folder: string): Readonly<Record<string, string>> {
  const corrupt = join(folder, 'corrupt');
  return Object.fromEntries(
    readdirSync(corrupt).map((name) => [name, readFileSync(join(corrupt, name), 'latin1')]),
  );
}

export const lamp = (number: number) => JSON.stringify({ number, text: 'Lampu jalan mati sejak Senin' });

export const lamps = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => lamp(from + index));
