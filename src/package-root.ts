import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A path of the package, such as `migrations`. The compiler moves our code to `dist/src` and leaves SQL, CSV and CSS
 * where they are, so both homes look from the package's root.
 */
export function inPackage(path: string): string {
  return join(findRoot(import.meta.dirname), path);
}

function findRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder));
}
