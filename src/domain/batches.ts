/**
 * Runs `work` on all items at once; where it throws, on each half, and so on until what cannot be processed stands
 * alone and is handed to `single`. One poisoned item costs about 2 log2(n) extra runs and none of its neighbours.
 * `hopeless` errors concern everything (the database is away): they are thrown on instead of blamed on an item.
 */
export async function processHalving<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
  single: (item: T, error: unknown) => Promise<void>,
  hopeless: (error: unknown) => boolean,
): Promise<void> {
  if (items.length === 0) return;
  try {
    await work(items);
  } catch (error) {
    if (hopeless(error)) throw error;
    const [only, ...others] = items;
    if (only !== undefined && others.length === 0) return single(only, error);
    const middle = Math.ceil(items.length / 2);
    await processHalving(items.slice(0, middle), work, single, hopeless);
    await processHalving(items.slice(middle), work, single, hopeless);
  }
}

/** The items in their order, in parts that are `max` together at most; one that is more is a part by itself. */
export function splitBySize<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  max: number,
): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let room = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const last = parts.at(-1);
    if (last === undefined || size > room) {
      parts.push([item]);
      room = max - size;
    } else {
      last.push(item);
      room -= size;
    }
  }
  return parts;
}
