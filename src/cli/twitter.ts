import { defineCommand } from 'citty';
import { createXClients } from '../../channels/twitter/client.ts';
import { createBudget } from '../spending.ts';
import type { Finding } from './doctor/finding.ts';
import { printFinding, printJson, printSummary } from './doctor/print-findings.ts';
import { checkTwitter } from './twitter/check.ts';
import { withDatabase } from './with-database.ts';

const check = defineCommand({
  meta: {
    name: 'check',
    description:
      'Ask X whether keys, plan and rules are as they should be, and say what the settings cost; reads no post. Exit code 1 where something fails',
  },
  args: { json: { type: 'boolean', description: 'Print JSON for scripts', default: false } },
  run: ({ args }) =>
    withDatabase(async ({ db, config: { twitter } }) => {
      const budget = createBudget(db, 'twitter', twitter.budget, () => new Date());
      const findings: Finding[] = [];
      for await (const finding of checkTwitter(twitter, createXClients(twitter), budget)) {
        findings.push(finding);
        if (!args.json) printFinding(finding);
      }
      const { fails } = args.json ? printJson(findings) : printSummary(findings);
      if (fails > 0) process.exitCode = 1;
    }),
});

/** `lapor twitter …`: how it stands with posts on X. */
export const twitterCommand = defineCommand({
  meta: { name: 'twitter', description: 'Posts on X: keys, plan, and what they cost' },
  subCommands: { check },
});
