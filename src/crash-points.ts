/**
 * Places where a process can be made to die, as if killed with -9 at that very step: `CRASH_AT=deliver:after-send`, or
 * `deliver:after-send:3` for the third time it gets there. Tests and the chaos harness set it; nobody else does.
 */
export const crashPoints = [
  'accept:before-commit',
  'accept:after-commit',
  'accept:after-enqueue',
  'source:after-take',
  'source:after-save',
  'unpack:before-commit',
  'unpack:after-commit',
  'intake:before-commit',
  'intake:after-commit',
  'intake:after-enqueue',
  'messages:before-commit',
  'messages:after-commit',
  'messages:after-enqueue',
  'deliver:before-send',
  'deliver:after-send',
  'deliver:after-record',
  'notify:before-send',
  'notify:after-send',
  'notify:after-mark',
] as const;
export type CrashPoint = (typeof crashPoints)[number];
export type CrashAt = { readonly point: CrashPoint; readonly count: number };

// One process dies once, so this is the state of the process and of nothing in it; handing it through every function
// on the way would make each of them tell that it can die, which all can.
let armed: { readonly point: CrashPoint; left: number } | null = null;

/** Has this process die at the point, or at none. */
export function armCrashPoint(at: CrashAt | null): void {
  armed = at === null ? null : { point: at.point, left: at.count };
}

/** Ends the process here and now, if this is where it is to die. */
export function crashPoint(point: CrashPoint): void {
  if (armed?.point !== point) return;
  armed.left -= 1;
  if (armed.left === 0) process.kill(process.pid, 'SIGKILL');
}
