import { defineCommand } from 'citty';
import { type Config, readConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { checkChannels, checkGateway, checkPublicUrl } from './doctor/doors.ts';
import { type Finding, fail, ok } from './doctor/finding.ts';
import { checkKeys } from './doctor/keys.ts';
import { checkDataFolder, checkDisk, checkNode } from './doctor/machine.ts';
import { checkMail } from './doctor/mail.ts';
import { checkOcr } from './doctor/ocr.ts';
import { checkDatabase } from './doctor/postgres.ts';
import { checkQueue } from './doctor/queue.ts';
import { checkSpool } from './doctor/spool.ts';

export const doctorCommand = defineCommand({
  meta: {
    name: 'doctor',
    description: 'Check every part and say how to mend it; exit code 1 where one fails',
  },
  args: { json: { type: 'boolean', description: 'Print JSON for scripts', default: false } },
  run: async ({ args }) => {
    const findings = await examine(args.json ? () => undefined : printFinding);
    const { fails } = args.json ? printJson(findings) : printSummary(findings);
    if (fails > 0) process.exitCode = 1;
  },
});

type Check = (config: Config) => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>;

const checks: readonly Check[] = [
  checkDataFolder,
  checkKeys,
  ({ dataDir }) => checkDisk(dataDir),
  checkSpool,
  checkDatabase,
  checkQueue,
  checkGateway,
  checkPublicUrl,
  checkChannels,
  checkMail,
  checkOcr,
];

/** One check after the other, each told as soon as it is known; without usable settings there is little to check. */
async function examine(tell: (finding: Finding) => void): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const note = (found: Finding | readonly Finding[]) => {
    for (const finding of [found].flat()) {
      findings.push(finding);
      tell(finding);
    }
  };
  note(checkNode());
  const config = parseSettings();
  if ('level' in config) {
    note(config);
    return findings;
  }
  note(ok('settings', 'all can be used'));
  for (const check of checks) note(await check(config));
  return findings;
}

function parseSettings(): Config | Finding {
  try {
    return readConfig();
  } catch (error) {
    if (error instanceof AppError) return fail('settings', error.message, 'set it right, or unset it');
    throw error;
  }
}

const colours = { ok: 32, warn: 33, fail: 31 } as const;

function printFinding({ level, part, what, mend }: Finding): void {
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

function printSummary(findings: readonly Finding[]) {
  const counts = count(findings);
  const { oks, warns, fails } = counts;
  console.log(
    `\n${oks} ok, ${warns} ${warns === 1 ? 'warning' : 'warnings'}, ${fails} ${fails === 1 ? 'failure' : 'failures'}`,
  );
  return counts;
}

function printJson(findings: readonly Finding[]) {
  const counts = count(findings);
  console.log(JSON.stringify({ ok: counts.oks, warn: counts.warns, fail: counts.fails, findings }, null, 2));
  return counts;
}
