import { readFile, writeFile } from 'node:fs/promises';
import type { FileProblem } from '../domain/attachment.ts';
import { stripJpeg, stripPng } from './embedded-pictures.ts';
import { pack, readZip, unpack, writeZip, type ZipEntry } from './zip.ts';

/** Unpacked, together: a document of hundreds of pages has a tenth of it. */
const maxUnpacked = 256 * 1024 * 1024;
/** One of them, held in memory while it is looked at. */
const maxPart = 64 * 1024 * 1024;
/** Which parts belong together: a few lines for each. */
const maxListing = 4 * 1024 * 1024;

/** Programs, other files inside, and fonts that are programs too. */
const activeParts = /vbaProject|vbaData|activeX|\/embeddings\/|\.bin$|\.exe$|\.dll$|\.js$/i;
/** Who wrote it, when, with what, and a picture of its first page. */
const tellingParts = /^\/?(docProps|customXml)\//i;

/**
 * Writes the document anew into `output` from the parts that its directory names: without its properties, the names of those
 * who commented or changed something, and what the pictures in it tell of where they were taken. For the process that may be
 * killed.
 */
export async function anonymizeDocx({
  input,
  output,
}: {
  readonly input: string;
  readonly output: string;
}): Promise<FileProblem | null> {
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
    if (typeof clean === 'string') return clean;
    kept.push(clean === bytes ? entry : await pack(entry.name, clean));
  }
  await writeFile(output, writeZip(kept), { mode: 0o600, flag: 'wx' });
  return null;
}

function cleanPart(name: string, bytes: Buffer): Buffer | 'active' | 'damaged' {
  if (/\.jpe?g$/i.test(name)) return stripJpeg(bytes);
  if (/\.png$/i.test(name)) return stripPng(bytes);
  if (!/\.(xml|rels)$/i.test(name)) return bytes;
  // In another encoding it would tell an office program what cannot be read here.
  if (bytes.includes(0) || foreignEncoding.test(bytes.toString('latin1', 0, 300))) return 'damaged';
  const text = bytes.toString('utf8');
  // No office program writes one; a reader that follows it may read files of its own machine.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return 'active';
  const isListing = /\.rels$|^\/?\[Content_Types\]\.xml$/i.test(name);
  if (isListing && bytes.length > maxListing) return 'damaged';
  if (isListing && listings(text).some(isFetched)) return 'active';
  const clean = isListing
    ? text.replace(listing, (tag) => (/(docProps|customXml)\//i.test(tag) ? '' : tag))
    : text.replace(person, '$1""');
  return clean === text ? bytes : Buffer.from(clean);
}

const foreignEncoding = /encoding\s{0,9}=\s{0,9}["'](?!utf-8["']|us-ascii["'])/i;

/**
 * All patterns over parts of a document look at each byte once, whatever comes behind it: none runs over the next `<`, and
 * none may begin anew within what it has run over.
 */
const listing =
  /<((?:[^\s<>"'/:=]+:)?(?:Relationship|Override))(?=[\s/>])(?:[^<>"']|"[^"<]*"|'[^'<]*')*>(?:\s*<\/\1\s*>)?/g;
const attribute = /\s([^\s<>"'/=]+)\s*=\s*("[^"<]*"|'[^'<]*')/g;
const person = /(\s[^\s<>"'/:=]+:(?:author|initials|userId|providerId)\s*=\s*)("[^"<]*"|'[^'<]*')/g;

const listings = (text: string): readonly ReadonlyMap<string, string>[] =>
  [...text.matchAll(listing)].map(
    ([tag]) =>
      new Map([...tag.matchAll(attribute)].map(([, name = '', value = '']) => [name, value.slice(1, -1)])),
  );

/** What lies elsewhere is fetched as soon as the document is opened, unless it is a link that somebody has to follow. */
function isFetched(attributes: ReadonlyMap<string, string>): boolean {
  const mode = attributes.get('TargetMode');
  return mode !== undefined && mode !== 'Internal' && !attributes.get('Type')?.endsWith('/hyperlink');
}
