import { defineCommand } from 'citty';
import { recordAudit } from '../db/audit.ts';
import { listSetAsideMessages, retryMessage } from '../db/messages.ts';
import { transaction } from '../db/pool.ts';
import { readDatabaseTime } from '../db/server-facts.ts';
import { AppError } from '../errors.ts';
import { nameOperator } from './operator.ts';
import { withDatabase } from './with-database.ts';

const list = defineCommand({
  meta: {
    name: 'list',
    description: 'Messages that could not be processed, oldest first; never what they say',
  },
  run: () =>
    withDatabase(async ({ db }) => {
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

/** `lapor message …`: what people sent that is no report, and could not be processed. */
export const messageCommand = defineCommand({
  meta: { name: 'message', description: 'Commands and parts of messages that could not be processed' },
  subCommands: { list, retry },
});
