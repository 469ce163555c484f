import { readFile, stat, writeFile } from 'node:fs/promises';
import { defineCommand } from 'citty';
import { pino } from 'pino';
import { createAccept } from '../accept.ts';
import { openAttachments } from '../attachments/attachments.ts';
import type { Config } from '../config.ts';
import { recordAudit } from '../db/audit.ts';
import { loadDirectory } from '../db/directory.ts';
import { countProblems, countRows, listRowsWithProblems, type RowCounts } from '../db/import-rows.ts';
import { findImport } from '../db/imports.ts';
import type { Pool } from '../db/pool.ts';
import { type Import, type ImportId, type Mapping, operatorAtCommandLine } from '../domain/import.ts';
import type { AgencyCode } from '../domain/report.ts';
import { AppError } from '../errors.ts';
import { findField, fold } from '../import/columns.ts';
import { archiveBounds, createImports, judgeMapping, type RunContext } from '../import/imports.ts';
import { tableBounds } from '../import/reading/table.ts';
import { writeResult } from '../import/result.ts';
import { runHere } from '../import/runner.ts';
import { importWords, sayProblem, sayTableProblem } from '../import/words.ts';
import { storeEntries } from '../inbox/store.ts';
import { openSealing } from '../prepare-keys.ts';
import { nameOperator } from './operator.ts';
import { withDatabase } from './with-database.ts';

const shownProblems = 50;
const progressEveryMs = 500;

/** `lapor import`: what `/petugas/impor` does, for whoever has the files on this machine. */
export const importCommand = defineCommand({
  meta: {
    name: 'import',
    description:
      'Bring in letters from a table. The same file twice brings nothing in twice. Exits with 1 where rows stay out',
  },
  args: {
    file: { type: 'positional', description: 'Table: .csv or .xlsx', required: true },
    office: { type: 'string', description: 'Code of the agency whose book it is', required: true },
    attachments: { type: 'string', description: 'ZIP of the files that the table names' },
    map: {
      type: 'string',
      description: 'column=field, several separated by commas, where the heading does not say it',
    },
    result: { type: 'string', description: 'Where the result goes; FILE.hasil.csv unless given' },
    'without-file': {
      type: 'enum',
      options: ['send', 'leave'],
      default: 'send',
      description: 'A row whose file is missing or refused goes without it, or stays out',
    },
    'dry-run': { type: 'boolean', default: false, description: 'Check only' },
  },
  run: ({ args }) =>
    withDatabase(async ({ db, config }) => {
      const table = await readBounded(args.file, tableBounds.bytes);
      const archive =
        args.attachments === undefined ? null : await readBounded(args.attachments, archiveBounds.bytes);
      const { context, close } = await openContext(db, config);
      try {
        const office = requireOffice(context, args.office);
        const imports = createImports(context);
        const uploaded = await imports.upload({ office, createdBy: operatorAtCommandLine, table, archive });
        if (!('id' in uploaded)) throw new AppError('malformed', sayUpload(uploaded));
        const { id } = uploaded;
        const { imported, headings } = await check(context, imports, id, args.map ?? '');
        const checked = await countRows(db, id);
        await sayProblems(db, imported, headings);
        console.log(describeCounts(checked, imported.rowCount));
        if (args['dry-run']) {
          await imports.erase(imported);
          if (checked.refused > 0) process.exitCode = 1;
          return;
        }
        await recordAudit(db, {
          actor: nameOperator(),
          action: 'import_started',
          subject: `agency:${office}`,
          reason: null,
          details: { importId: id, rows: imported.rowCount },
        });
        if (checked.pending > 0) {
          await imports.start(imported, args['without-file'] === 'leave' ? 'leave' : 'send');
          await runWithProgress(context, imports, id, imported.rowCount);
        }
        const result = args.result ?? `${args.file}.hasil.csv`;
        await writeFile(result, writeResult(db, imported, await imports.open(id), 'id'), { mode: 0o600 });
        const counts = await countRows(db, id);
        console.log(
          `${describeCounts(counts, imported.rowCount)}\nresult: ${result} (tracking IDs appear there once the letters are filed: ` +
            'run the same command again later)',
        );
        await imports.erase(imported);
        if (counts.refused > 0) process.exitCode = 1;
      } finally {
        await close();
      }
    }),
});

/** Throws `AppError` `invalid` for a file that cannot be read, or is too large. */
async function readBounded(file: string, most: number): Promise<Buffer> {
  const facts = await stat(file).catch(() => null);
  if (facts === null || !facts.isFile())
    throw new AppError('invalid', `${file} is no file that can be read.`);
  if (facts.size > most) {
    throw new AppError(
      'invalid',
      `${file} is larger than the ${most / 1024 / 1024} MB that may be read at a time.`,
    );
  }
  return readFile(file);
}

/** The way in without a spool: that belongs to the gateway, and whoever waits at a terminal can try again. */
async function openContext(
  db: Pool,
  config: Config,
): Promise<{ readonly context: RunContext; readonly close: () => Promise<void> }> {
  const log = pino({ level: 'silent' });
  const directory = await loadDirectory(db);
  const parts = { config, db, log, clock: () => new Date(), directory: () => directory };
  const sealing = await openSealing(config, db, log, false);
  const attachments = await openAttachments(parts);
  // The sweep puts on the queue what was stored.
  const feeds = { reports: () => undefined, bundles: () => undefined, messages: () => undefined };
  const accept = createAccept(
    { ...parts, ...sealing },
    { store: (storables) => storeEntries({ ...parts, feeds }, storables) },
  );
  return { context: { ...parts, ...sealing, attachments, accept }, close: () => attachments.stop() };
}

function requireOffice({ directory }: Pick<RunContext, 'directory'>, typed: string): AgencyCode {
  const { agencies } = directory();
  const agency = agencies.get(typed) ?? agencies.get(typed.toUpperCase());
  if (agency?.active) return agency.code;
  throw new AppError('invalid', `There is no agency ${typed}; "lapor agency list" shows them.`);
}

const sayUpload = (
  problem: Exclude<Awaited<ReturnType<ReturnType<typeof createImports>['upload']>>, { id: ImportId }>,
) =>
  problem.in === 'table' ? sayTableProblem('en', problem.problem) : importWords.en.archive[problem.problem];

/** Checks every row; throws `AppError` `invalid` where columns are missing or not known, and keeps nothing then. */
async function check(
  { db }: Pick<RunContext, 'db'>,
  imports: ReturnType<typeof createImports>,
  id: ImportId,
  typedMap: string,
): Promise<{ readonly imported: Import; readonly headings: readonly string[] }> {
  const imported = await requireImport(db, id);
  const headings = (await imports.open(id))?.headings ?? [];
  try {
    const mapping = applyMap(imported.mapping, headings, typedMap);
    const { missing, twice } = judgeMapping(mapping);
    if (missing.length > 0) {
      throw new AppError('invalid', `No column is ${missing.join(', ')}: say which with --map column=field.`);
    }
    if (twice.length > 0) throw new AppError('invalid', `Several columns are ${twice.join(', ')}.`);
    const left = headings.filter((_, index) => mapping[index] == null);
    if (left.length > 0) console.error(`columns left aside: ${left.join(', ')}`);
    await imports.check(imported, mapping);
  } catch (error) {
    await imports.erase(imported);
    throw error;
  }
  return { imported: await requireImport(db, id), headings };
}

async function requireImport(db: Pool, id: ImportId): Promise<Import> {
  const imported = await findImport(db, id);
  if (imported === null) throw new AppError('not-found', 'The import was deleted meanwhile.');
  return imported;
}

function applyMap(guessed: Mapping, headings: readonly string[], typed: string): Mapping {
  const chosen = [...guessed];
  for (const pair of typed.split(',').filter((one) => one.trim() !== '')) {
    const [column = '', name = ''] = pair.split('=');
    const index = headings.findIndex((heading) => fold(heading) === fold(column));
    if (index === -1) throw new AppError('invalid', `The table has no column ${column}.`);
    const field = findField(name);
    if (field === null && name.trim() !== '') throw new AppError('invalid', `${name} is no field.`);
    for (const [other, one] of chosen.entries()) if (one === field) chosen[other] = null;
    chosen[index] = field;
  }
  return chosen;
}

async function sayProblems(db: Pool, imported: Import, headings: readonly string[]): Promise<void> {
  const rows = await listRowsWithProblems(db, imported.id, { offset: 0, limit: shownProblems });
  for (const { number, problems } of rows) {
    for (const problem of problems) console.error(`row ${number}: ${sayProblem('en', problem, headings)}`);
  }
  const all = (await countProblems(db, imported.id)).reduce((sum, { count }) => sum + count, 0);
  const shown = rows.reduce((sum, { problems }) => sum + problems.length, 0);
  if (all > shown) console.error(`… and ${all - shown} more problems; the result has all of them`);
}

const describeCounts = (counts: RowCounts, total: number): string =>
  `${total} rows: ${counts.accepted} accepted, ${counts.pending + counts.sending} to go, ` +
  `${counts.duplicate} known already, ${counts.refused} refused`;

async function runWithProgress(
  context: RunContext,
  imports: ReturnType<typeof createImports>,
  id: ImportId,
  total: number,
): Promise<void> {
  const started = performance.now();
  const show = async () => {
    const { pending, sending } = await countRows(context.db, id);
    drawProgress(total - pending - sending, total);
  };
  const timer = setInterval(() => void show().catch(() => undefined), progressEveryMs);
  try {
    for (;;) {
      await runHere(context, imports, id);
      const { state } = await requireImport(context.db, id);
      if (state === 'finished') break;
      if (state !== 'running') throw new AppError('conflict', 'The import was stopped by somebody.');
    }
  } finally {
    clearInterval(timer);
  }
  drawProgress(total, total);
  const seconds = (performance.now() - started) / 1000;
  console.error(`\n${total} rows in ${seconds.toFixed(1)} s`);
}

const barWidth = 40;

function drawProgress(done: number, total: number): void {
  const filled = Math.round((done / total) * barWidth);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${done}/${total}`;
  process.stderr.write(process.stderr.isTTY ? `\r${bar}` : `${bar}\n`);
}
