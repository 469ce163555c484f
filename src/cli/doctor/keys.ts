import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { errorCode, type Finding, fail, ok, warn } from './finding.ts';

/** The files that open what is sealed: whoever can read them can read every name. */
export function checkKeys({
  dataDir,
  identityPrivateKeyFile,
}: Pick<Config, 'dataDir' | 'identityPrivateKeyFile'>): readonly Finding[] {
  try {
    const named = identityPrivateKeyFile === null ? [] : [identityPrivateKeyFile];
    return checkKeyFiles([...listFiles(join(dataDir, 'keys')), ...named]);
  } catch (error) {
    return [cannotLook(join(dataDir, 'keys'), error)];
  }
}

function listFiles(folder: string): readonly string[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Each file must be there and be its owner's alone; no list, no finding. */
export function checkKeyFiles(paths: readonly string[]): readonly Finding[] {
  if (paths.length === 0 || process.platform === 'win32') return [];
  const findings = paths.flatMap(checkKeyFile);
  return findings.length > 0 ? findings : [ok('keys', `${paths.length} files, private`)];
}

function checkKeyFile(path: string): readonly Finding[] {
  try {
    const mode = statSync(path).mode & 0o777;
    return (mode & 0o077) === 0
      ? []
      : [fail('keys', `${path} is open to others (mode ${mode.toString(8)})`, `chmod 600 ${path}`)];
  } catch (error) {
    return [cannotLook(path, error)];
  }
}

function cannotLook(path: string, error: unknown): Finding {
  const code = errorCode(error);
  return code === 'ENOENT'
    ? fail('keys', `${path} is not there`, 'put it back, or set right what names it')
    : warn('keys', `${path} cannot be looked at (${code})`, 'run doctor as the user of the gateway');
}
