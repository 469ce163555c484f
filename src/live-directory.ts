import type { Context } from './context.ts';
import { findDirectoryVersion, loadDirectory } from './db/directory.ts';
import type { Directory } from './domain/routing/directory.ts';
import { describeFailure } from './errors.ts';

/** How soon an import is noticed by a running process. */
const lookEveryMs = 5_000;

/** The directory in memory, loaded whole and replaced whole when an import has changed it, so nobody sees half of one. */
export async function openDirectory(context: Pick<Context, 'db' | 'log'>): Promise<{
  readonly current: () => Directory;
  readonly close: () => void;
}> {
  let directory = await loadDirectory(context.db);
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
