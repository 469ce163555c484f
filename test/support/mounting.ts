import { spawnSync } from 'node:child_process';

/** Whether a small disk can be mounted, to be full: as root, outside a container that forbids it. */
export const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
