/**
 * Gathers what many callers want written while earlier writes are under way, and writes it together: under light load
 * a batch is one item and waits for nothing, under heavy load batches grow by themselves (docs/adr/0002-batches.md).
 */
export function createGroupCommit<Item, Result>(
  write: (items: readonly Item[]) => Promise<readonly Result[]>,
  options: {
    readonly maxItems: number;
    readonly maxWriting: number;
    readonly maxWaiting: number;
    readonly overflow: () => Error;
  },
): (item: Item) => Promise<Result> {
  type Waiting = {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  };
  let waiting: Waiting[] = [];
  let writing = 0;
  let gathering = false;

  async function writeOne(): Promise<void> {
    const batch = waiting.slice(0, options.maxItems);
    waiting = waiting.slice(options.maxItems);
    writing += 1;
    try {
      const results = await write(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      writing -= 1;
      gather();
    }
  }

  /** On the next turn of the event loop, so that requests read in one turn share a batch. */
  function gather(): void {
    if (gathering || waiting.length === 0 || writing >= options.maxWriting) return;
    gathering = true;
    setImmediate(() => {
      gathering = false;
      void writeOne();
      gather();
    });
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= options.maxWaiting) return reject(options.overflow());
      waiting.push({ item, resolve, reject });
      gather();
    });
}
