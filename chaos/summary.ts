import type { RunResult } from './run.ts';

const figures = ['acked', 'lost', 'doubled', 'undelivered', 'leaked', 'stuck'] as const;
type Figures = Readonly<Record<(typeof figures)[number], number>>;

/** True where every promise held; a run that nothing was acknowledged in proves none. */
export function holds(result: RunResult): boolean {
  return result.acked > 0 && offencesOf(result).every(([, offences]) => offences.length === 0);
}

/** The first few of each kind, in words. */
export function describeOffences(result: RunResult): string {
  return offencesOf(result)
    .filter(([, offences]) => offences.length > 0)
    .map(([kind, offences]) => [`\n${kind} ${offences.length}, the first of them:`, ...offences.slice(0, 5)])
    .map((lines) => `${lines.join('\n  ')}\n`)
    .join('');
}

const offencesOf = ({ lost, doubled, undelivered, leaked, stuck, crashes }: RunResult) =>
  Object.entries({ lost, doubled, undelivered, leaked, stuck, crashes });

export function figuresOf({ acked, lost, doubled, undelivered, leaked, stuck }: RunResult): Figures {
  return {
    acked,
    lost: lost.length,
    doubled: doubled.length,
    undelivered: undelivered.length,
    leaked: leaked.length,
    stuck: stuck.length,
  };
}

export function total(all: readonly Figures[]): Figures {
  const sum = (name: keyof Figures) => all.reduce((so, one) => so + one[name], 0);
  return Object.fromEntries(figures.map((name) => [name, sum(name)])) as Figures;
}

/** The last line of a run. */
export function summary(of: Figures): string {
  return figures.map((name) => `${name} ${of[name]}`).join(' ');
}

export function table(results: readonly { readonly seed: number; readonly result: RunResult }[]): string {
  const columns = ['seed', ...figures, 'faults'];
  const rows = results.map(({ seed, result }) => [seed, ...Object.values(figuresOf(result)), result.faults]);
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell, column) => String(cell).padStart(columns[column]?.length ?? 0)).join(' | ')} |`;
  return [line(columns), line(columns.map((name) => '-'.repeat(name.length))), ...rows.map(line)].join('\n');
}
