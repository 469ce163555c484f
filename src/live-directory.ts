import type { Context } from './context.ts';
import { findDirectoryVersion, loadDirectory } from './db/directory.ts';
import { isUnavailable } from './db/pool.ts';
import { type Directory, emptyDirectory } from './domain/routing/directory.ts';
import { describeFailure } from './errors.ts';

/** How soon an import is noticed by a running process. */
const lookEveryMs = 5_000;

/**
 * The directory in memory, loaded whole and replaced whole when an import has changed it, so nobody sees half of one. Where
 * PostgreSQL may be away at the start it is empty until it can be loaded (`isLoaded`).
 */
export async function openDirectory(
  context: Pick<Context, 'db' | 'log'>,
  mayBeAway: boolean,
): Promise<{
  readonly current: () => Directory;
  readonly close: () => void;
}> {
  let directory = await loadDirectory(context.db).catch((error: unknown) => {
    if (!mayBeAway || !isUnavailable(error)) throw error;
    context.log.warn({ event: 'directory_not_loaded', error: describeFailure(error) });
    return emptyDirectory();
  });
  let looking = false;

  const timer = setInterval(async () => {
    if (looking) return;
    looking = true;
    try {
      if ((await findDirectoryVersion(context.db)) !== directory.version) {
        directory = await loadDirectory(context.db);
        context.log.info({ event: 'directory_reloaded', version: directory.version });
      }
    } catch (error) {
      // an outage: the directory in memory serves on
      context.log.warn({ event: 'directory_not_checked', error: describeFailure(error) });
    } finally {
      looking = false;
    }
  }, lookEveryMs);
  timer.unref();
  return { current: () => directory, close: () => clearInterval(timer) };
}
