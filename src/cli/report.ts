import { defineCommand } from 'citty';
import { recordAudit } from '../db/audit.ts';
import { releaseBundle } from '../db/bundles.ts';
import { releaseFromQuarantine } from '../db/inbox.ts';
import { type Db, type Pool, transaction } from '../db/pool.ts';
import { listDeliveriesOf, listHops, listQuarantined } from '../db/report-file.ts';
import { readDatabaseTime } from '../db/server-facts.ts';
import { type StaffView, staffView } from '../domain/audiences/staff.ts';
import type { ReportId } from '../domain/report.ts';
import { formatTrackingId } from '../domain/tracking-id.ts';
import { AppError } from '../errors.ts';
import { disclose } from './disclose.ts';
import { exportReports } from './export.ts';
import { findReport } from './find-report.ts';
import { held, release } from './held.ts';
import { nameOperator } from './operator.ts';
import { printable } from './printable.ts';
import { withDatabase } from './with-database.ts';

const show = defineCommand({
  meta: { name: 'show', description: 'One report with its route and its deliveries; never who sent it' },
  args: {
    id: {
      type: 'positional',
      description: 'Tracking ID, with or without separators, or report id',
      required: true,
    },
    json: { type: 'boolean', description: 'As JSON', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const file = await findReport(db, args.id);
      const hops = await listHops(db, file.report_id);
      const report = staffView(file, hops, await listDeliveriesOf(db, file.report_id));
      if (args.json) {
        console.log(JSON.stringify(report, null, 2));
        return;
      }
      console.log(describeReport(report));
      for (const hop of report.routes) {
        console.log(`  ${time(hop.decided_at)}  routed to ${hop.agency_name} (${hop.agency_code})`);
        console.log(`                       ${hop.reason} (${Math.round(hop.confidence * 100)} %)`);
      }
      for (const delivery of report.deliveries) {
        const last =
          delivery.last_error ?? (delivery.last_status === null ? '' : `HTTP ${delivery.last_status}`);
        const when = delivery.finished_at ?? (delivery.state === 'pending' ? delivery.next_attempt_at : null);
        console.log(
          `  ${when === null ? ' '.repeat(19) : time(when)}  delivery ${delivery.id} ${delivery.state}, ` +
            `${delivery.attempt_count} ${delivery.attempt_count === 1 ? 'attempt' : 'attempts'}${last === '' ? '' : `, last: ${last}`}`,
        );
      }
    }),
});

const quarantine = defineCommand({
  meta: { name: 'quarantine', description: 'Reports that could not be processed, oldest first' },
  run: () =>
    withDatabase(async ({ db }) => {
      const rows = await listQuarantined(db, 200);
      for (const row of rows)
        console.log(`${row.report_id}  ${time(row.quarantined_at.toISOString())}  ${row.error}`);
      console.log(
        rows.length === 0 ? 'nothing is in quarantine' : 'put one back with: lapor report retry ID',
      );
    }),
});

const retry = defineCommand({
  meta: { name: 'retry', description: 'Put a report from quarantine back into the inbox' },
  args: { id: { type: 'positional', description: 'Report id', required: true } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const isBundled = await transaction(db, (tx) => retryBundle(tx, args.id));
      if (!isBundled) await retryReport(db, (await findReport(db, args.id)).report_id);
      console.log('back in the inbox; a running worker takes it within seconds');
    }),
});

/** Of one that could not even be unpacked; false where none such has this id. */
async function retryBundle(db: Db, id: string): Promise<boolean> {
  if (!(await releaseBundle(db, id, await readDatabaseTime(db)))) return false;
  await recordRetry(db, id);
  return true;
}

/** Throws `AppError` `conflict` where the report is not in quarantine. */
function retryReport(db: Pool, id: ReportId): Promise<void> {
  return transaction(db, async (tx) => {
    if (!(await releaseFromQuarantine(tx, id, await readDatabaseTime(tx)))) {
      throw new AppError(
        'conflict',
        'This report is not in quarantine: "lapor report show" says where it stands.',
      );
    }
    await recordRetry(tx, id);
  });
}

const recordRetry = (db: Db, id: string): Promise<void> =>
  recordAudit(db, {
    actor: nameOperator(),
    action: 'report_retried',
    subject: `report:${id}`,
    reason: null,
    details: {},
  });

export const reportCommand = defineCommand({
  meta: { name: 'report', description: 'Look at reports, and at those that wait for staff' },
  subCommands: { show, export: exportReports, disclose, held, release, quarantine, retry },
});

function describeReport(report: StaffView): string {
  const flags = [report.anonymous ? 'anonymous' : '', report.confidential ? 'confidential' : ''].filter(
    Boolean,
  );
  const lines = [
    `report       ${report.report_id}`,
    `tracking ID  ${report.tracking_id === null ? 'none yet' : formatTrackingId(report.tracking_id)}`,
    `kind         ${report.kind}, by ${report.channel}${flags.length === 0 ? '' : `, ${flags.join(', ')}`}`,
    ...(report.title === null ? [] : [`title        ${report.title}`]),
    `text         ${report.text.replaceAll('\n', '\n             ')}`,
    ...(report.place ? [`place        ${report.place}`] : []),
    ...(report.duplicate_of === null ? [] : [`same as      ${formatTrackingId(report.duplicate_of)}`]),
    ...(report.copy_of === null ? [] : [`copy of      ${report.copy_of}: shares all that becomes of it`]),
    ...(report.copies === 0 ? [] : [`copies       ${report.copies}, sent again by the same person`]),
    ...(report.without_provider_id
      ? ['provider id  none: told from a repeat only by sender, words and time']
      : []),
    ...(report.viral_since === null
      ? []
      : [`viral        since ${time(report.viral_since)}: ${report.viral_posts} posts within an hour`]),
    ...(report.post_gone_at === null
      ? []
      : [`post         there no more, seen ${time(report.post_gone_at)}; nothing of it is public`]),
    ...(report.held_for === null ? [] : [`held         ${report.held_for}`]),
    ...(report.quarantine_error === null ? [] : [`quarantine   ${report.quarantine_error}`]),
    '',
    `  ${time(report.received_at)}  received`,
    ...(report.filed_at === null ? [] : [`  ${time(report.filed_at)}  filed`]),
  ];
  return printable(lines.join('\n'));
}

function time(moment: string): string {
  return moment.slice(0, 19).replace('T', ' ');
}
