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
import { printFinding, printJson, printSummary } from './doctor/print-findings.ts';
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
