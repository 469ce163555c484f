import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AttachmentType } from '../domain/attachment.ts';
import { normalizeText } from '../domain/report.ts';
import { createLanes, LaneFull } from '../outbound/lanes.ts';
import { runBounded } from './programs.ts';

/** What is installed here for reading scans. */
export type OcrTools = {
  /** The languages it reads of those that are wanted, best first; empty where tesseract, or both, are missing. */
  readonly languages: readonly string[];
  /** Whether the pages of a PDF can be made pictures (poppler-utils). */
  readonly readsPdf: boolean;
};

export type ReadPage = {
  /** As the machine read it: for a person to compare with the picture, never to be stored unread. */
  readonly text: string;
  /** How many pages there are. */
  readonly pages: number;
  /** What the machine saw, in JPEG, where that is no picture already. */
  readonly picture: Buffer | null;
};

/**
 * `type`: no picture and no PDF. `missing`: what it takes is not installed. `page`: there is no such page, or it is one of too
 * many. `busy`: too many wait. `unreadable`: the program failed, or took too long.
 */
export type OcrProblem = 'type' | 'missing' | 'page' | 'busy' | 'unreadable';

/** Reads scans by machine. One page at a time in a process, as it takes a core for seconds. */
export type Ocr = {
  readonly tools: OcrTools;
  /** Page `page`, counted from 1, of a file that was looked at and painted anew. Nothing of it is left; never rejects. */
  readonly readPage: (
    file: { readonly type: AttachmentType; readonly content: Readable },
    page: number,
    reader: string,
  ) => Promise<ReadPage | OcrProblem>;
};

/** The official language first; letters of agencies often have English terms. */
const wanted = ['ind', 'eng'];
export const maxOcrPages = 50;
const asked = { seconds: 10, memoryMb: 512, output: 100_000 };
const painting = { seconds: 20, memoryMb: 1_024, output: 1_000 };
const reading = { seconds: 60, memoryMb: 1_536, output: 1_000_000 };
/** Longest side of the picture of a page in a PDF, in pixels: nearly 300 for an inch of A4, as tesseract likes it. */
const longestSide = 3_300;
const abandonedAfterMs = 60 * 60_000;
const queue = { total: 1, perLane: 1, waiting: { total: 20, perLane: 5 } };

/** Asks the programs themselves, so what was installed meanwhile is known after a restart. */
export async function findOcrTools(): Promise<OcrTools> {
  const [tesseract, poppler] = await Promise.all([
    runBounded('tesseract', ['--list-langs'], asked),
    Promise.all([runBounded('pdftoppm', ['-v'], asked), runBounded('pdfinfo', ['-v'], asked)]),
  ]);
  const installed = tesseract.kind === 'done' ? tesseract.output.toString().split(/\s+/) : [];
  return {
    languages: wanted.filter((language) => installed.includes(language)),
    readsPdf: poppler.every(({ kind }) => kind === 'done'),
  };
}

/** `folder` is for what is being read; what a process left there that was killed is deleted. */
export async function openOcr(folder: string, tools?: OcrTools): Promise<Ocr> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await forgetAbandoned(folder);
  return createOcr(folder, tools ?? (await findOcrTools()));
}

/** What another process is reading now is younger. */
async function forgetAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const facts = await stat(join(folder, name)).catch(() => null);
    const isAbandoned = facts !== null && facts.mtimeMs < Date.now() - abandonedAfterMs;
    if (isAbandoned) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function createOcr(folder: string, tools: OcrTools): Ocr {
  const inLane = createLanes(queue);

  async function read(
    { type, content }: Parameters<Ocr['readPage']>[0],
    page: number,
  ): Promise<ReadPage | OcrProblem> {
    const own = await mkdtemp(join(folder, 'page-'));
    try {
      const file = join(own, 'file');
      await pipeline(content, createWriteStream(file, { mode: 0o600 }));
      if (type !== 'application/pdf') return await recognize(file, { pages: 1, picture: null });
      const pages = await countPages(file);
      if (pages === null) return 'unreadable';
      if (page > Math.min(pages, maxOcrPages)) return 'page';
      const painted = await paintPage(file, page, join(own, 'painted'));
      if (painted === null) return 'unreadable';
      return await recognize(painted, { pages, picture: await readFile(painted) });
    } catch {
      return 'unreadable';
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  }

  async function recognize(
    picture: string,
    facts: Pick<ReadPage, 'pages' | 'picture'>,
  ): Promise<ReadPage | OcrProblem> {
    const language = tools.languages.join('+');
    const read = await runBounded('tesseract', [picture, 'stdout', '-l', language, '--psm', '3'], reading);
    return read.kind === 'done' ? { text: tidy(read.output.toString()), ...facts } : 'unreadable';
  }

  return {
    tools,
    readPage: async (file, page, reader) => {
      const problem = problemBefore(tools, file.type, page);
      if (problem !== null) {
        file.content.destroy();
        return problem;
      }
      try {
        return await inLane(reader, () => read(file, page));
      } catch (error) {
        file.content.destroy();
        if (error instanceof LaneFull) return 'busy';
        throw error;
      }
    },
  };
}

function problemBefore(tools: OcrTools, type: AttachmentType, page: number): OcrProblem | null {
  const isPdf = type === 'application/pdf';
  if (!isPdf && !type.startsWith('image/')) return 'type';
  if (tools.languages.length === 0 || (isPdf && !tools.readsPdf)) return 'missing';
  return !Number.isInteger(page) || page < 1 || page > maxOcrPages || (!isPdf && page > 1) ? 'page' : null;
}

async function countPages(file: string): Promise<number | null> {
  const told = await runBounded('pdfinfo', [file], painting);
  const pages = told.kind === 'done' ? /^Pages:\s+(\d+)$/m.exec(told.output.toString())?.[1] : undefined;
  return pages === undefined ? null : Number(pages);
}

/** The JPEG, `<out>.jpg`; null where it failed. */
async function paintPage(file: string, page: number, out: string): Promise<string | null> {
  const which = ['-f', String(page), '-l', String(page), '-singlefile'];
  const how = ['-scale-to', String(longestSide), '-gray', '-jpeg', '-jpegopt', 'quality=80'];
  const painted = await runBounded('pdftoppm', [...which, ...how, file, out], painting);
  return painted.kind === 'done' ? `${out}.jpg` : null;
}

/** Lines that a page broke are one again, paragraphs stay; a page's end is none of the text. */
const tidy = (raw: string): string =>
  normalizeText(raw.replaceAll('\f', ''))
    .replace(/[ \t]+$/gm, '')
    // `anak-anak` is one word, and so are most that break at a line.
    .replace(/(\p{L}-)\n(?=\p{Ll})/gu, '$1')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/([^\n])\n(?=[^\n])/g, '$1 ');
