type Limits = { readonly total: number; readonly perLane: number };

/** So many wait that this piece of work is not begun. */
export class LaneFull extends Error {
  override readonly name = 'LaneFull';
}

/**
 * Runs at most `total` pieces of work at once and at most `perLane` of the same lane; the others wait in the order
 * they came, at most as many as `waiting` says. So one agency that hangs fills its own lane and never the whole road.
 */
export function createLanes(limits: Limits & { readonly waiting?: Limits }) {
  type Waiting = { readonly lane: string; readonly start: () => void };
  const running = new Map<string, number>();
  let waiting: Waiting[] = [];
  let total = 0;

  const hasRoom = (lane: string): boolean =>
    total < limits.total && (running.get(lane) ?? 0) < limits.perLane;

  const mayWait = (lane: string): boolean =>
    limits.waiting === undefined ||
    (waiting.length < limits.waiting.total &&
      waiting.filter((other) => other.lane === lane).length < limits.waiting.perLane);

  function enter(lane: string): void {
    total += 1;
    running.set(lane, (running.get(lane) ?? 0) + 1);
  }

  function leave(lane: string): void {
    total -= 1;
    const left = (running.get(lane) ?? 1) - 1;
    if (left === 0) running.delete(lane);
    else running.set(lane, left);
    const next = waiting.find((candidate) => hasRoom(candidate.lane));
    if (next === undefined) return;
    waiting = waiting.filter((candidate) => candidate !== next);
    enter(next.lane);
    next.start();
  }

  return async <T>(lane: string, work: () => Promise<T>): Promise<T> => {
    if (hasRoom(lane)) enter(lane);
    else if (!mayWait(lane)) throw new LaneFull();
    else await new Promise<void>((start) => waiting.push({ lane, start }));
    try {
      return await work();
    } finally {
      leave(lane);
    }
  };
}
