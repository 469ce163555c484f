import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { finishImport, leaseImport, releaseLease, renewLease } from '../db/imports.ts';
import { isUnavailable } from '../db/pool.ts';
import type { Import, ImportId } from '../domain/import.ts';
import { after } from '../domain/moment.ts';
import { AppError, describeFailure, findPlace } from '../errors.ts';
import { type Imports, keptForMs, type RunContext } from './imports.ts';
import { sendRows } from './send-rows.ts';

/** After so many seconds without a word whoever ran an import is taken for dead, and another goes on with it. */
const leaseSeconds = 30;
const lookEveryMs = 5_000;
const tryAgainMs = 1_000;
const sweepEveryMs = 10 * 60_000;

export type Runner = {
  /** Something was started: look at once. */
  readonly kick: () => void;
  /** Lets the turn under way finish; what is left is for others, or for the next start. */
  readonly stop: () => Promise<void>;
};

/** Runs the imports that were started, one after another, whoever was asked to start them and whoever began with them. */
export function startRunner(context: RunContext, imports: Imports): Runner {
  const { db, log } = context;
  const name = randomUUID();
  const stopping = new AbortController();
  let wake: () => void = () => undefined;
  let kicked = false;
  let sweptAt = 0;

  async function look(): Promise<void> {
    kicked = false;
    if (Date.now() - sweptAt > sweepEveryMs) {
      sweptAt = Date.now();
      await imports.sweep();
    }
    for (;;) {
      const imported = stopping.signal.aborted ? null : await leaseImport(db, name, leaseSeconds);
      if (imported === null) return;
      await runLeased(context, imports, imported, name, stopping.signal);
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
      } catch (error) {
        logFailure(log, error);
      }
      if (kicked || stopping.signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookEveryMs);
        timer.unref();
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
  const running = run();

  return {
    kick: () => {
      kicked = true;
      wake();
    },
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
  };
}

/** Runs this import here and now, to its end or until it is stopped. Throws `AppError` `conflict` where another process has it. */
export async function runHere(context: RunContext, imports: Imports, id: ImportId): Promise<void> {
  const name = randomUUID();
  const imported = await leaseImport(context.db, name, leaseSeconds, id);
  if (imported === null) throw new AppError('conflict', 'another process runs this import');
  await runLeased(context, imports, imported, name, new AbortController().signal);
}

async function runLeased(
  context: RunContext,
  imports: Imports,
  imported: Import,
  name: string,
  stopped: AbortSignal,
): Promise<void> {
  const { db, clock, log } = context;
  const { id } = imported;
  try {
    const content = await imports.open(id);
    // Deleted by hand; there is nothing left to send.
    if (content === null) return await finishImport(db, id, clock());
    const keepAlive = () => renewLease(db, id, name, leaseSeconds);
    while (!stopped.aborted) {
      if (!(await keepAlive())) return;
      const { left } = await sendRows(context, imported, content, keepAlive);
      if (left === 'none') {
        await finishImport(db, id, after(clock(), keptForMs));
        log.info({ event: 'import_finished', importId: id });
        return;
      }
      // What lies in the spool has first to get to PostgreSQL.
      if (left === 'waiting') await sleep(tryAgainMs);
    }
  } catch (error) {
    if (stopped.aborted) return;
    logFailure(log, error, id);
    await sleep(tryAgainMs);
  } finally {
    await releaseLease(db, id, name).catch(() => undefined);
  }
}

/** During an outage everything fails alike, and others say so. */
function logFailure(log: RunContext['log'], error: unknown, importId?: ImportId): void {
  const level = isUnavailable(error) || error instanceof AppError ? 'debug' : 'error';
  log[level]({
    event: 'import_turn_failed',
    importId,
    error: describeFailure(error),
    at: findPlace(error),
  });
}
