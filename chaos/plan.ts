import { breakWire, type Fault, killPostgres, killProcess, kinds, type Stage, wipeRedis } from './faults.ts';
import { createRandom, type Random } from './random.ts';
import { pause, type Timeline } from './timeline.ts';

/** A gateway that is put together wrongly and must be found out. */
export const controls = ['ack-early', 'no-sweeper'] as const;
export type Control = (typeof controls)[number];

/** Nothing is broken before this, so that there is something to break. */
const quietMs = 3_000;

/**
 * Breaks one thing after another, some seconds apart, until the signal comes; resolves with how many, once all is mended
 * that can mend itself. A control gets the faults that its mistake cannot survive.
 */
export async function strikeUntil(
  stage: Stage,
  how: { readonly seed: number; readonly control: Control | null; readonly endsAt: number },
  timeline: Timeline,
  signal: AbortSignal,
): Promise<number> {
  const random = createRandom(how.seed, 'faults');
  const moments = createRandom(how.seed, 'moments');
  const busy = new Set<string>();
  const running = new Set<Promise<void>>();
  let bag: Fault[] = [];
  let struck = 0;

  const takeNext = (): Fault | undefined => {
    if (bag.length === 0) bag = drawBag(random, how.control);
    const secondsLeft = (how.endsAt - performance.now()) / 1_000;
    const index = bag.findIndex(
      ({ target, needsSeconds }) => !busy.has(target) && needsSeconds < secondsLeft,
    );
    if (index === -1 && busy.size === 0) bag = [];
    return index === -1 ? undefined : bag.splice(index, 1)[0];
  };

  async function strike(fault: Fault): Promise<void> {
    busy.add(fault.target);
    timeline.note(fault.name);
    try {
      await fault.strike(stage, signal, (detail) => timeline.note(`  ${fault.name}: ${detail}`));
      timeline.note(`  over: ${fault.name}`);
    } catch (error) {
      timeline.note(`  ${fault.name}: ${error instanceof Error ? error.message : 'failed'}`);
    } finally {
      busy.delete(fault.target);
    }
  }

  await pause(quietMs, signal);
  while (!signal.aborted) {
    const fault = takeNext();
    if (fault !== undefined) {
      struck += 1;
      const work = strike(fault);
      running.add(work);
      void work.finally(() => running.delete(work));
    }
    await pause(moments.integer(2_000, 5_000), signal);
  }
  await Promise.all(running);
  return struck;
}

function drawBag(random: Random, control: Control | null): Fault[] {
  if (control === 'ack-early') return [killProcess('gateway', random), killPostgres(random)];
  if (control === 'no-sweeper') return [breakWire('redis', { kind: 'cut' }, random), wipeRedis(random)];
  const bag = random.shuffle(kinds).map((draw) => draw(random));
  // What takes half a minute would hardly ever fit in, unless it comes first now and then.
  return random.chance(0.4) ? bag.toSorted((a, b) => b.needsSeconds - a.needsSeconds) : bag;
}
