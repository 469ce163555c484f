import { vi } from 'vitest';

/** Asks until `look` throws no more, for 15 seconds at most. Vitest's own one second is too short where other things run as well. */
export const eventually = <Result>(look: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(look, 15_000);
