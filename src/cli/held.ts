import { defineCommand } from 'citty';
import { recordAudit } from '../db/audit.ts';
import {
  type HeldReport,
  listHeldReports,
  releaseAllHeldFor,
  releaseHeldReport,
} from '../db/held-reports.ts';
import { type Pool, transaction } from '../db/pool.ts';
import { readDatabaseTime } from '../db/server-facts.ts';
import { AppError } from '../errors.ts';
import { findReport } from './find-report.ts';
import { nameOperator } from './operator.ts';
import { printable } from './printable.ts';
import { withDatabase } from './with-database.ts';

const mostListed = 200;

export const held = defineCommand({
  meta: {
    name: 'held',
    description:
      'Reports that staff should look at before they are filed, longest held first; never who sent them',
  },
  args: { json: { type: 'boolean', description: 'Print JSON for scripts', default: false } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const reports = await listHeldReports(db, mostListed);
      if (args.json) {
        console.log(JSON.stringify(reports, null, 2));
        return;
      }
      for (const report of reports) console.log(describeHeld(report));
      console.log(
        reports.length === 0
          ? 'nothing is held'
          : 'have one filed with: lapor report release ID\nor all that are held for a reason with: lapor report release --all-of REASON',
      );
    }),
});

function describeHeld({ report_id, channel, text, reason, held_at, copies }: HeldReport): string {
  const count = copies === 0 ? '' : `, and ${copies} ${copies === 1 ? 'copy' : 'copies'}`;
  const words = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  const moment = held_at.toISOString().slice(0, 19).replace('T', ' ');
  return printable(
    `${report_id}  ${moment}  by ${channel}${count}: ${reason}\n    ${words.replaceAll('\n', ' ')}`,
  );
}

export const release = defineCommand({
  meta: { name: 'release', description: 'Have held reports filed: they go back into the inbox' },
  args: {
    id: { type: 'positional', description: 'Report id', required: false },
    'all-of': {
      type: 'string',
      description: 'All that are held for this reason, as "lapor report held" shows it',
      valueHint: 'reason',
    },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const reason = args['all-of'];
      if ((args.id === undefined) === (reason === undefined)) {
        throw new AppError(
          'invalid',
          'Name either the report, or with --all-of the reason they are held for.',
        );
      }
      const count = reason === undefined ? await releaseOne(db, args.id ?? '') : await releaseAll(db, reason);
      console.log(
        `${count} ${count === 1 ? 'report is' : 'reports are'} back in the inbox; a running worker takes ` +
          `${count === 1 ? 'it' : 'them'} within seconds`,
      );
    }),
});

/** Throws `AppError` `conflict` where the report is not held. */
async function releaseOne(db: Pool, typed: string): Promise<number> {
  const { report_id: id } = await findReport(db, typed);
  return transaction(db, async (tx) => {
    if (!(await releaseHeldReport(tx, id, await readDatabaseTime(tx)))) {
      throw new AppError('conflict', 'This report is not held: "lapor report show" says where it stands.');
    }
    await recordAudit(tx, {
      actor: nameOperator(),
      action: 'report_released',
      subject: `report:${id}`,
      reason: null,
      details: {},
    });
    return 1;
  });
}

/** Throws `AppError` `conflict` where none is held for the reason. */
function releaseAll(db: Pool, reason: string): Promise<number> {
  return transaction(db, async (tx) => {
    const count = await releaseAllHeldFor(tx, reason, await readDatabaseTime(tx));
    if (count === 0) {
      throw new AppError(
        'conflict',
        'None is held for this reason: "lapor report held" shows what there is.',
      );
    }
    await recordAudit(tx, {
      actor: nameOperator(),
      action: 'reports_released',
      subject: 'reports:held',
      reason: null,
      details: { heldFor: reason, count },
    });
    return count;
  });
}
