import { pipeline } from 'node:stream/promises';
import { defineCommand } from 'citty';
import { recordAudit } from '../db/audit.ts';
import { findSealedReport } from '../db/identities.ts';
import { listKeptMails } from '../db/mails.ts';
import { listSetAsideMessages, retryMessage } from '../db/messages.ts';
import { type Pool, transaction } from '../db/pool.ts';
import { readDatabaseTime } from '../db/server-facts.ts';
import { findTakenOf, orderFiling } from '../db/taken-messages.ts';
import { AppError } from '../errors.ts';
import { readPrivateKeys } from '../sealing/keys.ts';
import { createOpen } from '../sealing/open.ts';
import { openSealedReport } from '../sealing/sealed-report.ts';
import { readReason } from './disclose.ts';
import { nameOperator } from './operator.ts';
import { withDatabase } from './with-database.ts';

const list = defineCommand({
  meta: {
    name: 'list',
    description: 'Messages that could not be processed, oldest first; never what they say',
  },
  args: {
    kept: {
      type: 'boolean',
      description: 'Instead, e-mails that are no reports, newest first, and what they were taken for',
      default: false,
    },
    json: { type: 'boolean', description: 'With --kept: print JSON for scripts', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      if (args.kept) return printKept(db, args.json);
      if (args.json) throw new AppError('invalid', '--json goes with --kept.');
      const rows = await listSetAsideMessages(db, 200);
      for (const { id, receivedAt, channel, form, outcome } of rows) {
        console.log(
          `${id}  ${receivedAt.toISOString().slice(0, 19).replace('T', ' ')}  ${form} by ${channel}\n    ${outcome}`,
        );
      }
      console.log(
        rows.length === 0 ? 'none is set aside' : 'have one worked on again with: lapor message retry ID',
      );
    }),
});

async function printKept(db: Pool, asJson: boolean): Promise<void> {
  const mails = await listKeptMails(db, { agencies: null, before: null, limit: 200 });
  if (asJson) return console.log(JSON.stringify(mails, null, 2));
  for (const { id, receivedAt, mailbox, bytes, fileCount, outcome } of mails) {
    const files = fileCount === null ? '' : `, ${fileCount} files`;
    console.log(
      `${id}  ${receivedAt.toISOString().slice(0, 19).replace('T', ' ')}  ${mailbox}, ${bytes} bytes${files}\n    ${outcome}`,
    );
  }
  console.log(mails.length === 0 ? 'none is kept' : 'make one a report with: lapor message file ID');
}

const file = defineCommand({
  meta: { name: 'file', description: 'Make an e-mail or post a report, whatever it was taken for' },
  args: { id: { type: 'positional', description: 'Id of the message', required: true } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const id = parseId(args.id);
      await transaction(db, async (tx) => {
        if (!(await orderFiling(tx, id, await readDatabaseTime(tx)))) {
          throw new AppError(
            'conflict',
            `No e-mail or post ${id} is kept or set aside; "lapor message list --kept" shows the e-mails that are.`,
          );
        }
        await recordAudit(tx, {
          actor: nameOperator(),
          action: 'mail_filed',
          subject: `message:${id}`,
          reason: null,
          details: {},
        });
      });
      console.log('due again; a running worker makes it a report within seconds');
    }),
});

const original = defineCommand({
  meta: {
    name: 'original',
    description:
      'An e-mail or post as it came, byte for byte, on standard output. Needs the private keys; goes into the audit log first',
  },
  args: {
    id: { type: 'positional', description: 'Id of the message, or of the report it became', required: true },
    reason: {
      type: 'string',
      description: 'Why you need to know: it stays in the audit log',
      required: true,
    },
  },
  run: ({ args }) =>
    withDatabase(async ({ db, config }) => {
      const reason = readReason(args.reason);
      const open = createOpen(() => readPrivateKeys(config));
      const id = await findTakenOf(db, parseId(args.id));
      if (id === null)
        throw new AppError('not-found', `${args.id} is no e-mail or post, and no report that came as one.`);
      await recordAudit(db, {
        actor: nameOperator(),
        action: 'mail_disclosed',
        subject: `message:${id}`,
        reason,
        details: {},
      });
      const sealed = await findSealedReport(db, id);
      const opened = sealed && (await openSealedReport(open, id, sealed, 'nobody'));
      if (opened === null) throw new AppError('conflict', 'The seal does not open: this row was changed.');
      await pipeline([opened.original.body], process.stdout, { end: false });
    }),
});

const retry = defineCommand({
  meta: { name: 'retry', description: 'Have a message that was set aside worked on again' },
  args: { id: { type: 'positional', description: 'Id of the message', required: true } },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const id = parseId(args.id);
      await transaction(db, async (tx) => {
        if (!(await retryMessage(tx, id, await readDatabaseTime(tx)))) {
          throw new AppError(
            'conflict',
            `No message ${id} is set aside; "lapor message list" shows those that are.`,
          );
        }
        await recordAudit(tx, {
          actor: nameOperator(),
          action: 'message_retried',
          subject: `message:${id}`,
          reason: null,
          details: {},
        });
      });
      console.log('due again; a running worker takes it within seconds');
    }),
});

function parseId(typed: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(typed)) {
    throw new AppError('invalid', `${typed} is no id of a message; "lapor message list" shows them.`);
  }
  return typed.toLowerCase();
}

/** `lapor message …`: what people sent that is no report, and could not be processed; e-mails that were taken for none. */
export const messageCommand = defineCommand({
  meta: {
    name: 'message',
    description:
      'Commands and parts of messages that could not be processed, and e-mails that are no reports',
  },
  subCommands: { list, retry, file, original },
});
