/** What was done to the system and what it did itself, with seconds since the run began; printed when a run fails. */
export type Timeline = { readonly note: (what: string) => void; readonly lines: () => readonly string[] };

export function startTimeline(): Timeline {
  const began = performance.now();
  const lines: string[] = [];
  return {
    note: (what) => {
      lines.push(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${what}`);
    },
    lines: () => lines,
  };
}

/** Resolves after `ms`, or at once when the signal comes. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true || ms <= 0) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
