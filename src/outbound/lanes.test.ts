import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLanes, LaneFull } from './lanes.ts';

/** Work that ends when it is told to. */
function controlled() {
  const running: { readonly name: string; readonly finish: () => void }[] = [];
  const work = (name: string) => () =>
    new Promise<string>((resolve) => {
      running.push({
        name,
        finish: () => {
          running.splice(
            running.findIndex((other) => other.name === name),
            1,
          );
          resolve(name);
        },
      });
    });
  return {
    work,
    names: () => running.map(({ name }) => name),
    finish: async (name: string) => {
      running.find((other) => other.name === name)?.finish();
      await nextTurn();
    },
  };
}

test('a lane that hangs holds up its own work only', async () => {
  const inLane = createLanes({ total: 4, perLane: 2 });
  const { work, names, finish } = controlled();
  const all = ['a1', 'a2', 'a3', 'b1', 'c1', 'c2'].map((name) => inLane(name.charAt(0), work(name)));
  expect(names()).toEqual(['a1', 'a2', 'b1', 'c1']);
  await finish('b1');
  expect(names()).toEqual(['a1', 'a2', 'c1', 'c2']);
  await finish('c1');
  await finish('c2');
  expect(names()).toEqual(['a1', 'a2']);
  await finish('a1');
  expect(names()).toEqual(['a2', 'a3']);
  await finish('a2');
  await finish('a3');
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'c2']);
});

test('work that fails leaves its place to the next', async () => {
  const inLane = createLanes({ total: 1, perLane: 1 });
  const failing = inLane('a', () => Promise.reject(new Error('putus')));
  const next = inLane('a', async () => 'jalan');
  await expect(failing).rejects.toThrow('putus');
  expect(await next).toBe('jalan');
});

test('no more wait than may, of one lane or of all', async () => {
  const inLane = createLanes({ total: 2, perLane: 1, waiting: { total: 3, perLane: 2 } });
  const { work, finish } = controlled();
  const all = ['a1', 'b1', 'a2', 'a3', 'b2'].map((name) => inLane(name.charAt(0), work(name)));
  await expect(inLane('a', work('a4'))).rejects.toThrow(LaneFull);
  await expect(inLane('c', work('c1'))).rejects.toThrow(LaneFull);
  for (const name of ['a1', 'b1', 'a2', 'b2', 'a3']) await finish(name);
  expect(await Promise.all(all)).toEqual(['a1', 'b1', 'a2', 'a3', 'b2']);
});
