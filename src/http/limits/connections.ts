/** How long a client may take, in milliseconds, and how many there may be. */
export type ConnectionBounds = {
  /** From the connection, or the end of the request before, to the end of the head. */
  readonly headMs: number;
  /** To the end of the body; files have longer. */
  readonly requestMs: number;
  /** What files have to come at, besides, in bytes a second. */
  readonly uploadRate: number;
  /** In which not a byte moves either way while an answer is due or on its way. */
  readonly stalledMs: number;
  /** Between one request and the next. */
  readonly idleMs: number;
  /** How often the first two are looked at: each may be overdrawn by that much. */
  readonly checkMs: number;
  readonly maxConnections: number;
};

export const connectionBounds: ConnectionBounds = {
  // A head is one packet, on a bad mobile network sent three times.
  headMs: 10_000,
  // 64 kB, more than any report has, at 2 kB/s.
  requestMs: 30_000,
  // A weak 3G: five files of 25 MB may take two hours, one photo four minutes.
  uploadRate: 16 * 1024,
  // Longer than `Prefer: wait=30` and a slow commit: while those last, not a byte moves.
  stalledMs: 60_000,
  idleMs: 30_000,
  checkMs: 2_000,
  // Some 40 MB while they idle, and 64 kB of body each at most: see bodies.ts.
  maxConnections: 2_000,
};
