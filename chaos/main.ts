import { parseArgs } from 'node:util';
import { controls } from './plan.ts';
import { type RunResult, runChaos } from './run.ts';
import { describeOffences, figuresOf, holds, summary, table, total } from './summary.ts';

const help = `npm run chaos -- --seed N [--seconds S] [--control NAME]
npm run chaos -- --seeds A-B [--seconds S]

Starts a gateway, two workers, a PostgreSQL and a Redis of their own, has citizens write to it and agencies answer
badly, breaks one thing after another for S seconds, mends everything, and checks that no acknowledged report is lost,
doubled or undelivered, that nothing is stuck, and that no reporter's identity is anywhere but where it belongs.

  --seed N         what is broken and when; the same number gives the same faults
  --seeds A-B      one run after another, and a table
  --seconds S      how long things break (default 60)
  --control NAME   ack-early or no-sweeper: a gateway made wrong on purpose, which must be found out
  --timeline       print what was done and when, also where every promise held

Exit code: 0 every promise held, 1 one was broken, 2 called wrongly. Disk full needs root and the right to mount.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    control: { type: 'string' },
    timeline: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  console.log(help);
  process.exit();
}

const seeds = parseSeeds(values.seeds ?? values.seed ?? '');
const seconds = Number(values.seconds);
const control = controls.find((name) => name === values.control) ?? null;
if (seeds.length === 0 || !(seconds >= 1) || (values.control !== undefined && control === null)) {
  console.error(`${help}\n\nCalled wrongly: give --seed or --seeds, and one of the controls there are.`);
  process.exit(2);
}

const breakOff = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // Asked twice we go at once; what is left is cleaned up behind us.
    if (breakOff.signal.aborted) process.exit(130);
    breakOff.abort();
  });
}

const results: { readonly seed: number; readonly result: RunResult }[] = [];
try {
  for (const seed of seeds) {
    const result = await runChaos({ seed, seconds, control, progress, signal: breakOff.signal });
    clearProgress();
    results.push({ seed, result });
    if (!holds(result) || values.timeline === true) explain(seed, result);
    if (seeds.length > 1) console.log(`seed ${seed}: ${summary(figuresOf(result))}`);
  }
} catch (error) {
  clearProgress();
  console.error(breakOff.signal.aborted ? 'broken off; everything is cleaned up' : error);
  process.exit(breakOff.signal.aborted ? 130 : 2);
}
if (seeds.length > 1) console.log(table(results));
process.exitCode = results.every(({ result }) => holds(result)) ? 0 : 1;
console.log(summary(total(results.map(({ result }) => figuresOf(result)))));

function parseSeeds(text: string): readonly number[] {
  const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (first === undefined) return [];
  return Array.from(
    { length: Math.max(0, Number(last) - Number(first) + 1) },
    (_, index) => Number(first) + index,
  );
}

function explain(seed: number, result: RunResult): void {
  const how = `--seed ${seed} --seconds ${seconds}${control === null ? '' : ` --control ${control}`}`;
  console.log(`\nseed ${seed}, what happened:\n${result.timeline.join('\n')}`);
  console.log(`${describeOffences(result)}\nrepeat with: npm run chaos -- ${how}\n`);
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line.slice(0, process.stderr.columns - 1)}`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}
