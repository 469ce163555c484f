import { AppError } from '../errors.ts';

/** What each refusal of the system asks of the operator. */
const mends: Readonly<Record<string, string>> = {
  EACCES: 'give it to the user that the gateway runs as (chown, chmod 700)',
  EPERM: 'give it to the user that the gateway runs as (chown, chmod 700)',
  EROFS: 'mount its disk writable',
  ENOSPC: 'free space on its disk',
  EDQUOT: 'raise the quota of the user that the gateway runs as',
  ENOTDIR: 'move away the file that is where a folder should be',
  EEXIST: 'move away the file that is where a folder should be',
  EIO: 'look after its disk, which reports errors',
};

/** Why the spool cannot be opened: the folder, what the system said, and how to mend it. */
export function unusable(folder: string, cause: unknown): AppError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown failure';
  const mend = mends[code] ?? 'see that it can be written';
  return new AppError(
    'config',
    `The spool cannot be written in ${folder} (${code}): ${mend}, or set DATA_DIR to another folder.`,
    { cause },
  );
}
