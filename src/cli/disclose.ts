import { defineCommand } from 'citty';
import { recordAudit } from '../db/audit.ts';
import { findSealedReport } from '../db/identities.ts';
import type { Account } from '../domain/report.ts';
import { AppError } from '../errors.ts';
import { readPrivateKeys } from '../sealing/keys.ts';
import { createOpen } from '../sealing/open.ts';
import { audienceOf, openSealedReport } from '../sealing/sealed-report.ts';
import { findReport } from './find-report.ts';
import { nameOperator } from './operator.ts';
import { printable } from './printable.ts';
import { withDatabase } from './with-database.ts';

/** Why somebody is to be named, in words. Throws `AppError` `invalid` where it says too little. */
export function readReason(typed: string): string {
  const reason = typed.trim();
  if (reason.length < 10) {
    throw new AppError('invalid', 'The reason is too short: whoever reads the audit log must understand it.');
  }
  return reason;
}

/** Who reported, and what was said to the letter. The audit log knows of it before anybody sees anything. */
export const disclose = defineCommand({
  meta: {
    name: 'disclose',
    description:
      'Who sent a report, and the message as it came. Needs the private keys; goes into the audit log first',
  },
  args: {
    id: { type: 'positional', description: 'Tracking ID or report id', required: true },
    reason: {
      type: 'string',
      description: 'Why you need to know: it stays in the audit log',
      required: true,
    },
    json: { type: 'boolean', description: 'As JSON, with the original message in base64', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db, config }) => {
      const reason = readReason(args.reason);
      const report = await findReport(db, args.id);
      const open = createOpen(() => readPrivateKeys(config));
      await recordAudit(db, {
        actor: nameOperator(),
        action: 'identity_disclosed',
        subject: `report:${report.report_id}`,
        reason,
        details: {},
      });
      const sealed = await findSealedReport(db, report.report_id);
      const opened = sealed && (await openSealedReport(open, report.report_id, sealed, audienceOf(report)));
      if (opened === null) {
        throw new AppError(
          'conflict',
          'The seal does not open: this row, or the flags of its report, were changed.',
        );
      }
      const { identity, unmasked, original, fileNames } = opened;
      if (args.json) {
        const { contentType, body } = original;
        console.log(
          JSON.stringify(
            { identity, unmasked, original: { contentType, body: body.toString('base64') }, fileNames },
            null,
            2,
          ),
        );
        return;
      }
      const { account, ...contact } = identity ?? {};
      const told = Object.entries({ ...contact, ...describeAccount(account) }).filter(
        ([, value]) => value !== null,
      );
      if (told.length === 0) console.log('the reporter gave no name and no contact');
      for (const [name, value] of told) console.log(printable(`${name.padEnd(11)}  ${value}`));
      if (unmasked !== null) {
        const { title, text, placeText } = unmasked;
        console.log(printable(`as written   ${[title, text].filter(Boolean).join('\n')}`));
        if (placeText) console.log(printable(`place        ${placeText}`));
      }
      for (const [id, name] of Object.entries(fileNames ?? {})) {
        console.log(printable(`file         ${id} was called ${name}`));
      }
      console.log(`original     ${original.contentType}, ${original.body.length} bytes (--json shows it)`);
    }),
});

const describeAccount = (account: Account | undefined) =>
  account && {
    account: account.handle === null ? account.id : `@${account.handle}`,
    post: account.permalink,
  };
