import type { Finding } from './finding.ts';

const colours = { ok: 32, warn: 33, fail: 31 } as const;

export function printFinding({ level, part, what, mend }: Finding): void {
  const { isTTY, columns } = process.stdout;
  const start = `${level.padEnd(4)}  ${part.padEnd(12)}  ${what}`;
  // On a terminal the remedy gets a line of its own where both do not fit on one.
  const apart = isTTY && mend !== undefined && start.length + mend.length + 5 > columns;
  const line = mend === undefined ? start : `${start}${apart ? `\n${' '.repeat(18)}` : '  '}-> ${mend}`;
  console.log(isTTY && process.stdout.hasColors() ? colourLevel(line, level) : line);
}

function colourLevel(line: string, level: Finding['level']): string {
  return `\x1b[${colours[level]}m${level}\x1b[39m${line.slice(level.length)}`;
}

function count(findings: readonly Finding[]) {
  const of = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  return { oks: of('ok'), warns: of('warn'), fails: of('fail') };
}

export function printSummary(findings: readonly Finding[]) {
  const counts = count(findings);
  const { oks, warns, fails } = counts;
  console.log(
    `\n${oks} ok, ${warns} ${warns === 1 ? 'warning' : 'warnings'}, ${fails} ${fails === 1 ? 'failure' : 'failures'}`,
  );
  return counts;
}

export function printJson(findings: readonly Finding[]) {
  const counts = count(findings);
  console.log(JSON.stringify({ ok: counts.oks, warn: counts.warns, fail: counts.fails, findings }, null, 2));
  return counts;
}
