import { findImportFile, findPiece, insertImportFile, insertPiece, listImportFiles } from '../db/imports.ts';
import type { Db } from '../db/pool.ts';
import type { ImportId } from '../domain/import.ts';
import type { Table } from './reading/table.ts';
import type { ContentSeal } from './sealed-content.ts';

/** A table and its files as they lie sealed in the database. */

export const rowsPerPiece = 250;

export type Headings = Pick<Table, 'headings' | 'epoch1904'>;

export async function writeTable(
  { db, content }: { readonly db: Db; readonly content: ContentSeal },
  id: ImportId,
  table: Table,
): Promise<void> {
  const write = async (number: number, value: unknown) =>
    insertPiece(db, id, number, content.seal(Buffer.from(JSON.stringify(value)), id, `piece ${number}`));
  const { headings, epoch1904, rows } = table;
  await write(0, { headings, epoch1904 } satisfies Headings);
  for (let at = 0; at < rows.length; at += rowsPerPiece) {
    await write(1 + at / rowsPerPiece, rows.slice(at, at + rowsPerPiece));
  }
}

/** What stands in rows by their numbers, which count from 1. */
export type ReadRows = (numbers: readonly number[]) => Promise<ReadonlyMap<number, readonly string[]>>;

export type Content = Headings & {
  readonly rows: ReadRows;
  /** By name, however it is written: a mark of what is in it, null where it is too large, undefined where there is none. */
  readonly markOfFile: (name: string) => string | null | undefined;
  readonly file: (name: string) => Promise<Buffer | null>;
};

/** Null where it was deleted. */
export async function openContent(
  { db, content }: { readonly db: Db; readonly content: ContentSeal },
  id: ImportId,
): Promise<Content | null> {
  const read = async <Value>(number: number): Promise<Value | null> => {
    const sealed = await findPiece(db, id, number);
    return sealed === null ? null : JSON.parse(content.open(sealed, id, `piece ${number}`).toString());
  };
  const headings = await read<Headings>(0);
  if (headings === null) return null;
  const files = new Map(
    (await listImportFiles(db, id)).map(({ nameMark, contentMark }) => [
      nameMark.toString('hex'),
      contentMark?.toString('hex') ?? null,
    ]),
  );
  return {
    ...headings,
    rows: async (numbers) => {
      const found = new Map<number, readonly string[]>();
      const pieces = new Set(numbers.map((number) => 1 + Math.floor((number - 1) / rowsPerPiece)));
      for (const piece of pieces) {
        const first = (piece - 1) * rowsPerPiece + 1;
        for (const [index, cells] of ((await read<string[][]>(piece)) ?? []).entries()) {
          found.set(first + index, cells);
        }
      }
      return found;
    },
    markOfFile: (name) => files.get(markName(content, id, name).toString('hex')),
    file: async (name) => {
      const sealed = await findImportFile(db, id, markName(content, id, name));
      return sealed === null ? null : content.open(sealed, id, placeOf(name));
    },
  };
}

/** Null: it is too large to be kept. */
export async function writeFile(
  { db, content }: { readonly db: Db; readonly content: ContentSeal },
  id: ImportId,
  name: string,
  bytes: Buffer | null,
): Promise<void> {
  await insertImportFile(db, id, {
    nameMark: markName(content, id, name),
    contentMark: bytes && content.mark('file', bytes),
    sealed: bytes && content.seal(bytes, id, placeOf(name)),
  });
}

const markName = (content: ContentSeal, id: ImportId, name: string): Buffer =>
  content.mark(`name ${id}`, foldName(name));
const placeOf = (name: string): string => `file ${foldName(name)}`;

/** Windows tells no capitals apart, macOS writes accents in two parts. */
const foldName = (name: string): string => name.normalize('NFC').trim().toLowerCase();
