import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { letPass } from '../src/embedded/run-as.ts';

/** The folder of one run, and what makes sure that nothing of it outlives the harness. */
export type Scratch = { readonly folder: string; readonly remove: () => Promise<void> };

/**
 * A shell in a session of its own waits for our end, a kill -9 included: its input closes then, and it ends every process
 * whose environment or files name the folder, unmounts what is mounted in it and deletes it.
 */
export function openScratch(): Scratch {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lapor-chaos-')));
  letPass(folder);
  const script = `
    while read -r _; do :; done
    kill_if_ours() { kill -KILL "$1" 2>/dev/null; }
    for environment in /proc/[0-9]*/environ; do
      pid=\${environment#/proc/}; pid=\${pid%/environ}
      if tr '\\0' '\\n' < "$environment" 2>/dev/null | grep -qF "DATA_DIR=$0/"; then kill_if_ours "$pid"; fi
    done
    for lock in "$0"/postgres/data/postmaster.pid; do
      [ -f "$lock" ] || continue
      pid=$(head -n 1 "$lock")
      kill -QUIT "$pid" 2>/dev/null
      tries=0
      while kill -0 "$pid" 2>/dev/null && [ $((tries += 1)) -lt 100 ]; do sleep 0.05; done
    done
    for state in "$0"/redis/server.json; do
      [ -f "$state" ] || continue
      kill_if_ours "$(sed -n 's/.*"pid":\\([0-9]*\\).*/\\1/p' "$state")"
    done
    umount "$0/postgres" 2>/dev/null || umount -l "$0/postgres" 2>/dev/null
    rm -rf "$0"`;
  const reaper = spawn('sh', ['-c', script, folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  return {
    folder,
    remove: async () => {
      reaper.ref();
      const ended = once(reaper, 'exit');
      reaper.stdin.end();
      await ended;
    },
  };
}
