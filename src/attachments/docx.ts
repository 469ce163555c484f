import { readFile, writeFile } from 'node:fs/promises';
import type { FileProblem } from '../domain/attachment.ts';
import { stripJpeg, stripPng } from './embedded-pictures.ts';
import { pack, readZip, unpack, writeZip, type ZipEntry } from './zip.ts';

/** Unpacked, together: a document of hundreds of pages has a tenth of it. */
const maxUnpacked = 256 * 1024 * 1024;
/** One of them, held in memory while it is looked at. */
const maxPart = 64 * 1024 * 1024;

/** Programs, other files inside, and fonts that are programs too. */
const activeParts = /vbaProject|vbaData|activeX|\/embeddings\/|\.bin$|\.exe$|\.dll$|\.js$/i;
/** Who wrote it, when, with what, and a picture of its first page. */
const tellingParts = /^\/?(docProps|customXml)\//i;

/**
 * Writes the document anew into `output` from the parts that its directory names: without its properties, the names of those
 * who commented or changed something, and what the pictures in it tell of where they were taken.
 */
export async function anonymizeDocument(input: string, output: string): Promise<FileProblem | null> {
  const entries = readZip(await readFile(input));
  if (entries === null || new Set(entries.map(({ name }) => name)).size !== entries.length) return 'damaged';
  const unpackedBytes = entries.reduce((total, entry) => total + entry.bytes, 0);
  if (unpackedBytes > maxUnpacked || entries.some(({ bytes }) => bytes > maxPart)) return 'size';
  if (entries.some(({ name }) => activeParts.test(name))) return 'active';
  const kept: ZipEntry[] = [];
  for (const entry of entries) {
    if (/(^|[/\\])\.\.?([/\\]|$)|^[/\\]|\0/.test(entry.name)) return 'damaged';
    // One after the other: so many bytes are in memory at a time, and no more.
    const bytes = await unpack(entry);
    if (bytes === null) return 'damaged';
    if (tellingParts.test(entry.name)) continue;
    const clean = cleanPart(entry.name, bytes);
    if (clean === 'active') return 'active';
    kept.push(clean === bytes ? entry : await pack(entry.name, clean));
  }
  await writeFile(output, writeZip(kept), { mode: 0o600, flag: 'wx' });
  return null;
}

function cleanPart(name: string, bytes: Buffer): Buffer | 'active' {
  if (/\.jpe?g$/i.test(name)) return stripJpeg(bytes);
  if (/\.png$/i.test(name)) return stripPng(bytes);
  if (!/\.(xml|rels)$/i.test(name)) return bytes;
  const text = bytes.toString('utf8');
  // No office program writes one; a reader that follows it may read files of its own machine.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return 'active';
  const relations = text.match(/<Relationship\b[^>]*>/g) ?? [];
  const isFetched = (relation: string) =>
    /TargetMode\s*=\s*["']External/i.test(relation) && !/\/hyperlink["']/.test(relation);
  if (relations.some(isFetched)) return 'active';
  const clean = text
    .replace(/<Relationship\b[^>]*Target\s*=\s*["'][^"']*(docProps|customXml)\/[^>]*?\/>/gi, '')
    .replace(/<Override\b[^>]*PartName\s*=\s*["']\/?(docProps|customXml)\/[^>]*?\/>/gi, '')
    .replace(/(\s\w+:(?:author|initials|userId|providerId)=)("[^"]*"|'[^']*')/g, '$1""');
  return clean === text ? bytes : Buffer.from(clean);
}
