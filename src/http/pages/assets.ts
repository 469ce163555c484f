import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inPackage } from '../../package-root.ts';

/** A file that pages link to; its path names its content, so browsers may keep it for ever. */
export type Asset = {
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
};

export type Assets = {
  readonly pico: Asset;
  readonly site: Asset;
  /** What the pages of staff have besides. */
  readonly staff: Asset;
  readonly icon: Asset;
  readonly receiptScript: Asset;
  readonly importScript: Asset;
  readonly form: FormScripts;
};

/** The scripts of the report form: modules, of which the first starts the others, and what works in the background. */
export type FormScripts = {
  readonly modules: readonly Asset[];
  readonly worker: Asset;
  /** Those of the letter desk, some of them the same. */
  readonly desk: readonly Asset[];
};

const styles = ['dress.css', 'parts.css', 'form-help.css', 'receipt.css', 'print.css'];
const staffStyles = ['staff.css', 'desk.css', 'import.css'];

/** Reads everything the pages link to into memory: a few small files. */
export function loadAssets(): Assets {
  const own = inPackage('src/http/assets');
  const pico = createRequire(import.meta.url).resolve('@picocss/pico/css/pico.classless.min.css');
  return {
    pico: read('pico.css', 'text/css; charset=utf-8', pico),
    site: read('site.css', 'text/css; charset=utf-8', ...styles.map((name) => join(own, name))),
    staff: read('staff.css', 'text/css; charset=utf-8', ...staffStyles.map((name) => join(own, name))),
    icon: read('icon.svg', 'image/svg+xml', join(own, 'icon.svg')),
    form: readFormScripts(join(own, 'form')),
    importScript: read('import.js', 'text/javascript; charset=utf-8', join(own, 'import.js')),
    receiptScript: read('receipt.js', 'text/javascript; charset=utf-8', join(own, 'receipt.js')),
  };
}

function read(name: string, contentType: string, ...files: readonly string[]): Asset {
  const body = Buffer.concat(files.map((file) => readFileSync(file)));
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return { path: `/assets/${name.replace('.', `-${hash}.`)}`, contentType, body, gzipped: gzipSync(body) };
}

const formModules = [
  'main',
  'ask',
  'choices',
  'combobox',
  'draft',
  'location',
  'page',
  'proof',
  'suggestions',
];

const deskModules = [
  'desk',
  'desk-keys',
  'desk-ocr',
  'desk-save',
  'desk-scan',
  'ask',
  'choices',
  'combobox',
  'page',
  'suggestions',
];

/** Modules name one another, so the folder they lie in names the content of all of them. */
function readFormScripts(folder: string): FormScripts {
  const names = new Set([...formModules, ...deskModules, 'solve']);
  const files = [...names].map((name) => ({ name, body: readFileSync(join(folder, `${name}.js`)) }));
  const hash = createHash('sha256');
  for (const { body } of files) hash.update(body);
  const home = `/assets/form-${hash.digest('hex').slice(0, 12)}`;
  const assets = new Map(
    files.map(({ name, body }) => [
      name,
      {
        path: `${home}/${name}.js`,
        contentType: 'text/javascript; charset=utf-8',
        body,
        gzipped: gzipSync(body),
      },
    ]),
  );
  const take = (wanted: readonly string[]) => wanted.map((name) => assets.get(name) as Asset);
  return { modules: take(formModules), desk: take(deskModules), worker: assets.get('solve') as Asset };
}
