import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../../src/errors.ts';
import { type MailboxEntry, parseEntries } from './mailbox.ts';

/**
 * The mailboxes of the file, none where there is no file. Throws `AppError` `config` where it cannot be used, naming
 * mailbox and field, and where others may read it: it holds passwords.
 */
export async function readMailboxesFile(path: string): Promise<readonly MailboxEntry[]> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new AppError('config', `others than its owner may read it: chmod 600 ${path}`);
    }
    return parseEntries(await readFile(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof AppError) {
      throw new AppError('config', `${path} cannot be used: ${cause.message}`, { cause });
    }
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new AppError('config', `${path} cannot be read (${code ?? 'unknown reason'})`, { cause });
  }
}

/** What differs whenever the file was written or its mode changed; null where there is none. */
export async function stampOf(path: string): Promise<string | null> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    return [mtimeMs, ctimeMs, size, ino].join(' ');
  } catch {
    return null;
  }
}

/** Whole or not at all, and only for its owner. */
export async function writeMailboxesFile(path: string, mailboxes: readonly MailboxEntry[]): Promise<void> {
  const content = `${JSON.stringify({ mailboxes }, null, 2)}\n`;
  parseEntries(content);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(draft, 0o600);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
