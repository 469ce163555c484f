import { readFile } from 'node:fs/promises';
import { defineCommand } from 'citty';
import { upsertImportedAgencies } from '../db/agencies.ts';
import { recordAudit } from '../db/audit.ts';
import { bumpDirectoryVersion, loadDirectory, lockDirectory } from '../db/directory.ts';
import { type Pool, transaction } from '../db/pool.ts';
import { agencyColumns, parseAgencyCsv } from '../domain/routing/agency-csv.ts';
import {
  type Agency,
  agencyKinds,
  type Directory,
  findAgency,
  searchAgencies,
} from '../domain/routing/directory.ts';
import { type ImportPlan, planImport } from '../domain/routing/plan-import.ts';
import { AppError } from '../errors.ts';
import { nameOperator } from './operator.ts';
import { withDatabase } from './with-database.ts';

const json = { type: 'boolean', description: 'Print JSON for scripts', default: false } as const;

const list = defineCommand({
  meta: { name: 'list', description: 'Show the active agencies, or those that fit' },
  args: {
    kind: { type: 'string', description: `Only this kind: ${agencyKinds.join(', ')}` },
    query: { type: 'string', description: 'Only those whose code, name or alias holds these words' },
    json,
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const kind = args.kind === undefined ? undefined : checkKind(args.kind);
      const directory = await loadDirectory(db);
      const agencies = searchAgencies(directory, args.query ?? '', directory.agencies.size).filter(
        (agency) => kind === undefined || agency.kind === kind,
      );
      if (args.json) console.log(JSON.stringify(agencies, null, 2));
      else console.log(`${renderTable(agencies)}\n${agencies.length} of ${directory.agencies.size} agencies`);
    }),
});

function checkKind(kind: string): string {
  if (!(agencyKinds as readonly string[]).includes(kind)) {
    throw new AppError('invalid', `There is no kind "${kind}": use one of ${agencyKinds.join(', ')}.`);
  }
  return kind;
}

const columnGap = '  ';

/** Names are cut where the terminal is too narrow for them; to a pipe they go whole. */
function renderTable(agencies: readonly Agency[]): string {
  const rows = [
    ['CODE', 'KIND', 'UNDER', 'ZONE', 'NAME'],
    ...agencies.map(({ code, kind, parentCode, timeZone, name }) => [
      code,
      kind,
      parentCode ?? '-',
      zoneLetters[timeZone],
      name,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const width = process.stdout.columns ?? Number.POSITIVE_INFINITY;
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(columnGap))
    .map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line))
    .join('\n');
}

const zoneLetters = { 'Asia/Jakarta': 'WIB', 'Asia/Makassar': 'WITA', 'Asia/Jayapura': 'WIT' } as const;

const show = defineCommand({
  meta: { name: 'show', description: 'Show one agency, by code or name' },
  args: { agency: { type: 'positional', description: 'Code, name or alias', required: true }, json },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const directory = await loadDirectory(db);
      const agency = findAgency(directory, args.agency);
      if (agency === null) throw new AppError('agency-unknown', explainUnknown(directory, args.agency));
      console.log(args.json ? JSON.stringify(agency, null, 2) : describeAgency(directory, agency));
    }),
});

function explainUnknown(directory: Directory, asked: string): string {
  const close = searchAgencies(directory, asked, 5);
  const hint = close.length > 0 ? 'Did you mean:' : '"lapor agency list" shows them all.';
  return [
    `No single agency has the code or name ${asked}. ${hint}`,
    ...close.map(({ code, name }) => `  ${code}  ${name}`),
  ].join('\n');
}

function describeAgency(directory: Directory, agency: Agency): string {
  const parent = agency.parentCode === null ? null : directory.agencies.get(agency.parentCode);
  const below = [...directory.agencies.values()].filter(({ parentCode }) => parentCode === agency.code);
  const topics = [...directory.topics.values()].filter(
    ({ centralAgencyCode, handledBy }) => centralAgencyCode === agency.code && handledBy === 'central',
  );
  const facts = [
    ['code', agency.code],
    ['kind', agency.kind],
    ['under', parent ? `${parent.code}  ${parent.name}` : '-'],
    ['below', below.length === 0 ? '-' : `${below.length} agencies`],
    ['time zone', `${agency.timeZone} (${zoneLetters[agency.timeZone]})`],
    ['area', agency.areaCode ?? '-'],
    ['topics', topics.length === 0 ? '-' : `${topics.length} that no local government acts on`],
    ['aliases', agency.aliases.join(', ') || '-'],
  ];
  const title = agency.active ? agency.name : `${agency.name} (inactive: no report is routed to it)`;
  return [title, ...facts.map(([name, value]) => `  ${name?.padEnd(10)} ${value}`)].join('\n');
}

const importFile = defineCommand({
  meta: {
    name: 'import',
    description: `Add and change agencies from a CSV file with the header ${agencyColumns.join(',')}`,
  },
  args: {
    file: { type: 'positional', description: 'The CSV file, UTF-8; aliases parted by ;', required: true },
    'dry-run': { type: 'boolean', description: 'Only say what would be done', default: false },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      const plan = await importAgencies(db, await readText(args.file), args['dry-run']);
      console.log(describePlan(plan, args['dry-run']));
    }),
});

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    const why = cause instanceof TypeError ? 'it is not UTF-8 text' : 'there is no such file to read';
    throw new AppError('invalid', `${path} cannot be imported: ${why}.`, { cause });
  }
}

/**
 * Writes every row of the file or none; agencies that it does not name stay as they are. Reports are routed to a new
 * agency from the next look of the running workers at the directory's version on.
 */
export function importAgencies(db: Pool, csv: string, dryRun: boolean): Promise<ImportPlan> {
  return transaction(db, async (tx) => {
    await lockDirectory(tx);
    const { rows, problems } = parseAgencyCsv(csv);
    const plan = planImport(await loadDirectory(tx), rows);
    const all = [...problems, ...plan.problems];
    if (all.length > 0) throw refuse(all);
    if (!dryRun && plan.added.length + plan.changed.length > 0) {
      await upsertImportedAgencies(tx, [...plan.added, ...plan.changed]);
      await bumpDirectoryVersion(tx);
      await recordAudit(tx, {
        actor: nameOperator(),
        action: 'agencies_imported',
        subject: 'directory',
        reason: null,
        details: { added: codesOf(plan.added), changed: codesOf(plan.changed) },
      });
    }
    return plan;
  });
}

const codesOf = (agencies: readonly Agency[]): string[] => agencies.map(({ code }) => code);

function refuse(problems: ImportPlan['problems']): AppError {
  const lines = new Set(problems.map(({ path }) => path.split(',')[0])).size;
  const rows = lines === 1 ? '1 row is' : `${lines} rows are`;
  const fields = problems.toSorted((one, other) =>
    one.path.localeCompare(other.path, 'en', { numeric: true }),
  );
  return new AppError('invalid', `Nothing was imported: ${rows} refused.`, { fields });
}

function describePlan({ added, changed, unchanged }: ImportPlan, dryRun: boolean): string {
  return [
    ...added.map(({ code, name }) => `  + ${code}  ${name}`),
    ...changed.map(({ code, name }) => `  ~ ${code}  ${name}`),
    `${added.length} new, ${changed.length} changed, ${unchanged} unchanged${dryRun ? '; nothing was written' : ''}`,
  ].join('\n');
}

/** `lapor agency …`: who may own a report. */
export const agencyCommand = defineCommand({
  meta: { name: 'agency', description: 'The directory of agencies' },
  subCommands: { list, show, import: importFile },
});
