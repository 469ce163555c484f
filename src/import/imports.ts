import type { Accept } from '../accept.ts';
import type { HttpContext } from '../context.ts';
import { refuseRowsWithoutFiles } from '../db/import-rows.ts';
import {
  eraseContent,
  findMapping,
  insertImport,
  listExpiredImports,
  pauseImport,
  startImport,
} from '../db/imports.ts';
import { transaction } from '../db/pool.ts';
import {
  type Import,
  type ImportField,
  type ImportId,
  importFields,
  type Mapping,
  type WithoutFile,
} from '../domain/import.ts';
import { after } from '../domain/moment.ts';
import type { AgencyCode } from '../domain/report.ts';
import type { StaffId } from '../domain/staff.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { checkImport } from './check.ts';
import { fold, guessMapping, isResultHeading } from './columns.ts';
import { type Content, openContent, writeFile, writeTable } from './content.ts';
import { readTable } from './reading/read-table.ts';
import type { Table, TableProblem } from './reading/table.ts';
import { baseName, type UnpackProblem, unpack } from './reading/unpack.ts';
import { createContentSeal } from './sealed-content.ts';

/** Bringing letters in by table: uploaded, its columns named, checked, run, told about, forgotten. */

export type ImportContext = Pick<
  HttpContext,
  'attachments' | 'blindIndex' | 'clock' | 'config' | 'db' | 'directory' | 'formKey' | 'log'
>;

export type UploadProblem =
  | { readonly in: 'table'; readonly problem: TableProblem }
  | { readonly in: 'archive'; readonly problem: UnpackProblem };

export type Imports = {
  /** Reads the files and keeps them sealed; nothing is kept where there is a problem. */
  readonly upload: (given: {
    readonly office: AgencyCode;
    readonly createdBy: StaffId;
    readonly table: Buffer;
    readonly archive: Buffer | null;
  }) => Promise<{ readonly id: ImportId } | UploadProblem>;
  /** What was uploaded; null once it was deleted. */
  readonly open: (id: ImportId) => Promise<Content | null>;
  /** Throws `AppError` `conflict` where it has begun, `not-found` where its content is gone. */
  readonly check: (imported: Import, mapping: Mapping) => Promise<void>;
  /** Throws `AppError` `conflict` where another of the office runs, or there is nothing to run. */
  readonly start: (imported: Import, withoutFile: WithoutFile | null) => Promise<void>;
  readonly pause: (imported: Import) => Promise<void>;
  readonly erase: (imported: Import) => Promise<void>;
  /** Deletes what has had its time. */
  readonly sweep: () => Promise<void>;
};

/** What was uploaded is kept for so long after the last step, for going on with it and for its result. */
export const keptForMs = 24 * 60 * 60_000;

export const archiveBounds = {
  /** As it is uploaded. */
  bytes: 100 * 1024 * 1024,
  entries: 5_000,
  totalBytes: 500 * 1024 * 1024,
  ratio: 100,
} as const;

export function createImports(context: ImportContext): Imports {
  const { db, clock, config, log } = context;
  const content = createContentSeal(context.formKey);
  const sealed = { db, content };

  async function requireContent(id: ImportId): Promise<Content> {
    const opened = await openContent(sealed, id);
    if (opened === null) throw new AppError('not-found', 'what was uploaded has been deleted');
    return opened;
  }

  async function readArchive(id: ImportId, archive: Buffer): Promise<UnpackProblem | null> {
    const bounds = { ...archiveBounds, entryBytes: config.attachmentsMaxMb * 1024 * 1024 };
    return unpack(archive, bounds, isFile, (path, bytes) => writeFile(sealed, id, baseName(path), bytes));
  }

  return {
    upload: async ({ office, createdBy, table: bytes, archive }) => {
      const read = await readTable(bytes);
      if ('problem' in read) return { in: 'table', problem: read.problem };
      const { table } = read;
      const headingMark = markHeadings(content.mark, table.headings);
      const remembered = await findMapping(db, office, headingMark);
      const id = newId<ImportId>();
      await insertImport(db, {
        id,
        office,
        createdBy,
        format: table.format,
        separator: table.separator,
        rowCount: table.rows.length,
        mapping: remembered === null ? guessMapping(table.headings) : spread(remembered, table),
        headingMark,
        expiresAt: after(clock(), keptForMs),
      });
      try {
        await writeTable(sealed, id, table);
        const problem = archive === null ? null : await readArchive(id, archive);
        if (problem === null) return { id };
        await eraseContent(db, id);
        return { in: 'archive', problem };
      } catch (error) {
        await eraseContent(db, id).catch(() => undefined);
        throw error;
      }
    },
    open: (id) => openContent(sealed, id),
    check: async (imported, mapping) =>
      checkImport(context, imported, await requireContent(imported.id), mapping),
    start: async ({ id }, withoutFile) => {
      try {
        await transaction(db, async (tx) => {
          if (!(await startImport(tx, id, withoutFile))) {
            throw new AppError('conflict', 'this import cannot be started');
          }
          if (withoutFile === 'leave') await refuseRowsWithoutFiles(tx, id);
        });
      } catch (error) {
        if (!isRunningAlready(error)) throw error;
        throw new AppError('conflict', 'another import of this office is running');
      }
    },
    pause: async ({ id }) => {
      await pauseImport(db, id, after(clock(), keptForMs));
    },
    erase: ({ id }) => eraseContent(db, id),
    sweep: async () => {
      for (const id of await listExpiredImports(db, 100)) {
        await eraseContent(db, id);
        log.info({ event: 'import_erased', importId: id });
      }
    },
  };
}

/** What macOS and Windows put into archives besides. */
const isFile = (path: string): boolean =>
  !/(^|\/)(__MACOSX\/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/i.test(path) && baseName(path) !== '';

/** The same for the same headings, and for those of the result of such a table. */
const markHeadings = (mark: (scope: string, word: string) => Buffer, headings: readonly string[]): Buffer => {
  const own = headings.filter((heading) => !isResultHeading(heading));
  return mark('headings', JSON.stringify(own.map(fold)));
};

/** A mapping that is remembered has as many columns as the table had then. */
const spread = (mapping: Mapping, { headings }: Pick<Table, 'headings'>): Mapping => {
  const left = [...mapping];
  return headings.map((heading) => (isResultHeading(heading) ? null : (left.shift() ?? null)));
};

const isRunningAlready = (error: unknown): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === 'imports_one_running';

/** Fields that no row can do without. */
export const neededFields: readonly ImportField[] = ['receivedOn', 'text'];

/** What stands in the way of checking under this mapping: fields that no column is, and fields that several are. */
export function judgeMapping(mapping: Mapping): {
  readonly missing: readonly ImportField[];
  readonly twice: readonly ImportField[];
} {
  return {
    missing: neededFields.filter((field) => !mapping.includes(field)),
    twice: importFields.filter((field) => mapping.filter((one) => one === field).length > 1),
  };
}

/** What running an import takes besides. */
export type RunContext = ImportContext & { readonly accept: Accept };
