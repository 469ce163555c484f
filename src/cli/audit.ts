import { defineCommand } from 'citty';
import { countAudit, findAuditHead, freezeView, listAudit, listLatestAudit } from '../db/audit.ts';
import { type Db, transaction } from '../db/pool.ts';
import {
  type AuditRow,
  type ChainLink,
  chainStart,
  describeBreach,
  findBreaches,
} from '../domain/audit-chain.ts';
import { auditActions } from '../domain/audit-entry.ts';
import { AppError } from '../errors.ts';
import { printable } from './printable.ts';
import { withDatabase } from './with-database.ts';

const verify = defineCommand({
  meta: {
    name: 'verify',
    description: 'Find rows that were changed, removed or put in; exit code 1 where there are any',
  },
  args: {
    expect: {
      type: 'string',
      description: 'A head noted earlier: finds a log that was written anew as a whole',
      valueHint: 'hash',
    },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const expected = args.expect === undefined ? null : parseHash(args.expect);
      const { count, head, problems } = await transaction(db, (tx) => examineLog(tx, expected));
      if (problems.length > 0) {
        for (const problem of problems) console.error(problem);
        console.error(`The audit log is broken: ${count} rows, head ${describeHead(head)}`);
        process.exitCode = 1;
        return;
      }
      console.log(`${count} ${count === 1 ? 'row' : 'rows'}, unbroken, head ${describeHead(head)}`);
    }),
});

const describeHead = (head: ChainLink | null): string => (head === null ? 'missing' : `sha256:${head.hash}`);

function parseHash(typed: string): string {
  const hash = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(typed.trim())?.[1];
  if (hash === undefined) {
    throw new AppError('invalid', '--expect must be a head as "lapor audit verify" prints it: sha256:…');
  }
  return hash.toLowerCase();
}

/** Enough to see what happened; where everything is broken, reading on tells nothing new. */
const mostProblems = 20;

/** Reads the whole log; `expected` is the hash of a row that must be in it. */
async function examineLog(db: Db, expected: string | null) {
  await freezeView(db);
  const head = await findAuditHead(db);
  const count = await countAudit(db);
  let read = 0;
  let expectedIsThere = expected === null || expected === chainStart.hash;
  const rows = watch(readLog(db), (row) => {
    read += 1;
    expectedIsThere ||= row.hash === expected;
    if (read % 100_000 === 0) console.error(`${read} of ${count} rows`);
  });
  const problems: string[] = [];
  for await (const breach of findBreaches(rows, chainStart, head)) {
    problems.push(describeBreach(breach));
    if (problems.length === mostProblems) return { count, head, problems: [...problems, '… and more'] };
  }
  if (read !== count) {
    problems.push(`rows beside the chain, under numbers it has no place for: ${count - read}`);
  }
  if (!expectedIsThere) {
    problems.push(
      `no row has the hash ${expected}: the log was cut off or written anew since that was noted`,
    );
  }
  return { count, head, problems };
}

async function* watch<T>(items: AsyncIterable<T>, look: (item: T) => void): AsyncGenerator<T> {
  for await (const item of items) {
    look(item);
    yield item;
  }
}

const pageSize = 1_000;

async function* readLog(db: Db): AsyncGenerator<AuditRow> {
  let afterSeq = chainStart.seq;
  for (;;) {
    const rows = await listAudit(db, { afterSeq, limit: pageSize });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    afterSeq = last.seq;
  }
}

const list = defineCommand({
  meta: { name: 'list', description: 'Show the last rows, the newest at the end' },
  args: {
    action: { type: 'string', description: `Only this action: ${auditActions.join(', ')} …` },
    subject: { type: 'string', description: 'Only what was done to this, such as agency:D32.73' },
    limit: { type: 'string', description: 'How many rows at most', default: '50' },
    json: { type: 'boolean', description: 'Print JSON for scripts', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const { action = null, subject = null } = args;
      const rows = await listLatestAudit(db, { action, subject, limit: parseLimit(args.limit) });
      if (args.json) console.log(JSON.stringify(rows.map(toJson), null, 2));
      else if (rows.length === 0) console.log('No row fits.');
      else console.log(rows.map(describeRow).join('\n'));
    }),
});

function parseLimit(typed: string): number {
  if (!/^[1-9]\d{0,6}$/.test(typed)) {
    throw new AppError('invalid', '--limit must be a whole number from 1 to 9999999.');
  }
  return Number(typed);
}

const timeOf = ({ atMicros }: AuditRow): string => new Date(Number(atMicros) / 1_000).toISOString();

/** With all that the hash is of, so that others can check the chain without us. */
function toJson(row: AuditRow) {
  return { ...row, at: timeOf(row), details: JSON.parse(row.details) as unknown, detailsText: row.details };
}

function describeRow(row: AuditRow): string {
  const { seq, actor, action, subject, reason, details } = row;
  const why = reason === null ? '' : `: ${reason}`;
  const more = details === '{}' ? '' : `  ${details}`;
  const when = timeOf(row).slice(0, 19).replace('T', ' ');
  return printable(`${seq}  ${when}  ${actor}  ${action}  ${subject}${why}${more}`).replaceAll('\n', ' ');
}

/** `lapor audit …`: who did what, and whether the record of it was touched. */
export const auditCommand = defineCommand({
  meta: { name: 'audit', description: 'Who did what: the log that is only added to' },
  subCommands: { verify, list },
});
