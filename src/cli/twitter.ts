import { defineCommand } from 'citty';
import { createXClients } from '../../channels/twitter/client.ts';
import { readConfig } from '../config.ts';
import { closedBudget } from '../domain/budget.ts';
import { createBudget } from '../spending.ts';
import type { Finding } from './doctor/finding.ts';
import { printFinding, printJson, printSummary } from './doctor/print-findings.ts';
import { fail } from './fail.ts';
import { checkTwitter } from './twitter/check.ts';
import { withDatabase } from './with-database.ts';

const check = defineCommand({
  meta: {
    name: 'check',
    description:
      'Ask X whether keys, plan and rules are as they should be, and say what the settings cost; reads no post. Exit code 1 where something fails',
  },
  args: { json: { type: 'boolean', description: 'Print JSON for scripts', default: false } },
  run: async ({ args }) => {
    try {
      const { twitter } = readConfig();
      const clients = createXClients(twitter);
      if (clients === null) return await tell(checkTwitter(twitter, null, closedBudget()), args.json);
      await withDatabase(({ db }) => {
        const budget = createBudget(db, 'twitter', twitter.budget, () => new Date());
        return tell(checkTwitter(twitter, clients, budget), args.json);
      });
    } catch (error) {
      fail(error);
    }
  },
});

/** Each finding as soon as it is known, unless it is for a script. */
async function tell(found: AsyncIterable<Finding>, asJson: boolean): Promise<void> {
  const findings: Finding[] = [];
  for await (const finding of found) {
    findings.push(finding);
    if (!asJson) printFinding(finding);
  }
  const { fails } = asJson ? printJson(findings) : printSummary(findings);
  if (fails > 0) process.exitCode = 1;
}

/** `lapor twitter …`: how it stands with posts on X. */
export const twitterCommand = defineCommand({
  meta: { name: 'twitter', description: 'Posts on X: keys, plan, and what they cost' },
  subCommands: { check },
});
