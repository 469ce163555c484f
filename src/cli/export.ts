import { pipeline } from 'node:stream/promises';
import { defineCommand } from 'citty';
import type { Config } from '../config.ts';
import { recordAudit } from '../db/audit.ts';
import { type ExportedRow, listForExport } from '../db/exported.ts';
import type { Pool } from '../db/pool.ts';
import { exportLine } from '../domain/audiences/export.ts';
import { type ChannelName, channelNames } from '../domain/report.ts';
import { AppError } from '../errors.ts';
import { readPrivateKeys } from '../sealing/keys.ts';
import { createOpen, type Open } from '../sealing/open.ts';
import { audienceOf, openSealedReport, type SealedReport } from '../sealing/sealed-report.ts';
import { readReason } from './disclose.ts';
import { nameOperator } from './operator.ts';
import { withDatabase } from './with-database.ts';

/** A seal holds the message as it came: so many of the longest still fit into memory. */
const pageSize = 50;

/** Stored reports as JSON lines, for checks from outside: what went in can be read back. */
export const exportReports = defineCommand({
  meta: {
    name: 'export',
    description:
      'Stored reports as JSON lines, in the order they were accepted. Needs the private keys for externalId; ' +
      'with --reveal it says who sent them, of posts externalId too, and goes into the audit log first',
  },
  args: {
    channel: { type: 'string', description: `Only those by ${channelNames.join(', ')}` },
    reveal: {
      type: 'boolean',
      description: 'Also from: who sent each, and texts as they were written',
      default: false,
    },
    reason: { type: 'string', description: 'With --reveal, why you need to know: it stays in the audit log' },
  },
  run: ({ args }) =>
    withDatabase(async ({ db, config }) => {
      const channel = args.channel === undefined ? null : parseChannel(args.channel);
      if (args.reason !== undefined && !args.reveal) {
        throw new AppError('invalid', '--reason goes with --reveal: nothing else needs one.');
      }
      const reason = args.reveal ? readReason(args.reason ?? '') : null;
      const open = args.reveal ? createOpen(() => readPrivateKeys(config)) : createOpenIfKeys(config);
      if (reason !== null) {
        await recordAudit(db, {
          actor: nameOperator(),
          action: 'reports_exported',
          subject: `reports:${channel ?? 'all'}`,
          reason,
          details: {},
        });
      }
      await print(db, channel, open, args.reveal);
    }),
});

function parseChannel(typed: string): ChannelName {
  const channel = channelNames.find((candidate) => candidate === typed);
  if (channel === undefined) {
    throw new AppError('invalid', `${typed} is no channel: it is one of ${channelNames.join(', ')}.`);
  }
  return channel;
}

/** Null where the private keys are not here. */
function createOpenIfKeys(config: Config): Open | null {
  try {
    return createOpen(() => readPrivateKeys(config));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config') throw error;
    console.error('The private keys are not here: externalId, which is sealed, is null in every line.');
    return null;
  }
}

/** What became of the seals so far. */
type Tally = { reports: number; withoutKey: number; changed: number };

async function print(
  db: Pool,
  channel: ChannelName | null,
  open: Open | null,
  reveal: boolean,
): Promise<void> {
  const tally: Tally = { reports: 0, withoutKey: 0, changed: 0 };
  const showsProgress = process.stderr.isTTY && !process.stdout.isTTY;
  try {
    await pipeline(
      async function* () {
        for await (const page of listPages(db, channel)) {
          for (const row of page) yield await toLine(row, open, reveal, tally);
          if (showsProgress) process.stderr.write(`\r${tally.reports} reports`);
        }
      },
      process.stdout,
      { end: false },
    );
  } catch (error) {
    // `lapor report export | head`: whoever reads has had enough
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
  if (showsProgress) process.stderr.write('\n');
  sayWhatDidNotOpen(tally, reveal);
}

/** Page by page, each a query of its own: a reader that stalls holds no transaction open. */
async function* listPages(db: Pool, channel: ChannelName | null): AsyncGenerator<readonly ExportedRow[]> {
  let afterId = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const page = await listForExport(db, { afterId, channel, limit: pageSize });
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    afterId = last.id;
  }
}

async function toLine(row: ExportedRow, open: Open | null, reveal: boolean, tally: Tally): Promise<string> {
  tally.reports += 1;
  const opened = open === null ? null : await openRow(row, open, tally);
  const line = exportLine({ ...row, messageId: opened?.original.messageId ?? null }, opened, reveal);
  return `${escapeControls(JSON.stringify(line))}\n`;
}

/** Null where it does not open, which is counted: one report must not keep the others from being exported. */
async function openRow(row: ExportedRow, open: Open, tally: Tally): Promise<SealedReport | null> {
  try {
    const opened = await openSealedReport(open, row.id, row, audienceOf(row));
    if (opened === null) tally.changed += 1;
    return opened;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config') throw error;
    tally.withoutKey += 1;
    return null;
  }
}

/** JSON leaves them as they are, and readers of lines, or a terminal, do not: C1 controls, line separators, direction marks. */
const escapeControls = (json: string): string =>
  json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** An export that could not tell what it was asked to, or met a row that somebody changed, has failed. */
function sayWhatDidNotOpen({ withoutKey, changed }: Tally, reveal: boolean): void {
  if (withoutKey > 0) {
    console.error(
      `${withoutKey} reports are sealed with a key that is not here: "lapor keys list" names it.`,
    );
  }
  if (changed > 0) {
    console.error(`${changed} seals do not open: these rows, or the flags of their reports, were changed.`);
  }
  if (changed > 0 || (reveal && withoutKey > 0)) process.exitCode = 1;
}
