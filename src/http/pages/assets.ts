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
  readonly icon: Asset;
  readonly receiptScript: Asset;
};

const styles = ['dress.css', 'parts.css', 'receipt.css', 'print.css'];

/** Reads everything the pages link to into memory: a few small files. */
export function loadAssets(): Assets {
  const own = inPackage('src/http/assets');
  const pico = createRequire(import.meta.url).resolve('@picocss/pico/css/pico.classless.min.css');
  return {
    pico: read('pico.css', 'text/css; charset=utf-8', pico),
    site: read('site.css', 'text/css; charset=utf-8', ...styles.map((name) => join(own, name))),
    icon: read('icon.svg', 'image/svg+xml', join(own, 'icon.svg')),
    receiptScript: read('receipt.js', 'text/javascript; charset=utf-8', join(own, 'receipt.js')),
  };
}

function read(name: string, contentType: string, ...files: readonly string[]): Asset {
  const body = Buffer.concat(files.map((file) => readFileSync(file)));
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return { path: `/assets/${name.replace('.', `-${hash}.`)}`, contentType, body, gzipped: gzipSync(body) };
}
