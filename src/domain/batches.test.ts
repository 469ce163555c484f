import fc from 'fast-check';
import { expect, test } from 'vitest';
import { processHalving, splitBySize } from './batches.ts';

test('every good item goes through once and every poisoned one stands alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 60 }), async (poisoned) => {
      const done: number[] = [];
      const alone: number[] = [];
      await processHalving(
        poisoned.map((_, index) => index),
        async (items) => {
          if (items.some((index) => poisoned[index])) throw new Error('poison');
          done.push(...items);
        },
        async (index) => {
          alone.push(index);
        },
        () => false,
      );
      expect(done).toEqual(poisoned.flatMap((bad, index) => (bad ? [] : [index])));
      expect(alone).toEqual(poisoned.flatMap((bad, index) => (bad ? [index] : [])));
    }),
  );
});

test('an error that concerns everything is thrown on and blamed on no item', async () => {
  const run = processHalving(
    [1, 2, 3],
    () => Promise.reject(new Error('database away')),
    () => Promise.reject(new Error('must not be reached')),
    () => true,
  );
  await expect(run).rejects.toThrow('database away');
});

test('parts hold every item once and in order, and no two that follow each other would fit into one beginning', () => {
  const items = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 });
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 40 }), (sizes, max) => {
      const parts = splitBySize(sizes, (size) => size, max);
      expect(parts.flat()).toEqual(sizes);
      const sum = (part: readonly number[]) => part.reduce((total, size) => total + size, 0);
      for (const [at, part] of parts.entries()) {
        expect(part.length === 1 || sum(part) <= max).toBe(true);
        const next = parts[at + 1];
        if (next !== undefined) expect(sum(part) + (next[0] ?? 0)).toBeGreaterThan(max);
      }
    }),
  );
});
