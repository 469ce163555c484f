/**
 * Bounds what all mailboxes together hold in memory: whoever needs more than there is waits for its turn, in the order of
 * asking. One that needs more than there can be gets it once nobody has any.
 */
export type Room = {
  /** Resolves with what gives it back. Rejects where the signal is aborted before. */
  readonly take: (bytes: number, signal: AbortSignal) => Promise<() => void>;
};

export function createRoom(totalBytes: number): Room {
  type Waiting = { readonly bytes: number; readonly enter: () => void };
  let used = 0;
  let waiting: Waiting[] = [];

  function admit(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (used > 0 && used + next.bytes > totalBytes) return;
      waiting = waiting.slice(1);
      used += next.bytes;
      next.enter();
    }
  }

  return {
    take: (bytes, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const giveUp = () => {
          waiting = waiting.filter((each) => each !== mine);
          reject(signal.reason);
          admit();
        };
        const mine: Waiting = {
          bytes,
          enter: () => {
            signal.removeEventListener('abort', giveUp);
            let given = false;
            resolve(() => {
              if (given) return;
              given = true;
              used -= bytes;
              admit();
            });
          },
        };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(mine);
        admit();
      }),
  };
}
