import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLockHolder, lockFolder } from './folder-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapor-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Leaves the lock that this very process would have, except for what is given. */
function leaveLock(differs: Readonly<Record<string, unknown>>): void {
  const lock = join(folder, 'lock');
  const unlock = lockFolder(folder, 'gateway');
  const ours = JSON.parse(readFileSync(lock, 'utf8'));
  unlock();
  writeFileSync(lock, JSON.stringify({ ...ours, ...differs }));
}

test('a folder is held until it is given back, and the second who wants it is told by whom', () => {
  const unlock = lockFolder(folder, 'gateway');
  expect(() => lockFolder(folder, 'gateway')).toThrow(`in use by process ${process.pid}`);
  unlock();
  expect(findLockHolder(folder)).toBeNull();
  lockFolder(folder, 'gateway')();
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

test('the lock of a killed container is taken over when it starts again, though the process id is the same', () => {
  leaveLock({ started: '4711' });
  expect(findLockHolder(folder)).toBeNull();
  lockFolder(folder, 'gateway')();

  leaveLock({ namespace: 'pid:[1]', started: '4711' });
  lockFolder(folder, 'gateway')();
});

test('the lock of another container is respected, because nobody here can see whether it lives', () => {
  leaveLock({ namespace: 'pid:[1]', host: 'gateway-2', pid: 7 });
  expect(findLockHolder(folder)).toMatchObject({ host: 'gateway-2' });
  expect(() => lockFolder(folder, 'gateway')).toThrow(
    /in use by process 7 .* in the container gateway-2: stop it.* delete .*lock\./,
  );
});

test('a lock whose content a power cut took is nobody’s', () => {
  writeFileSync(join(folder, 'lock'), '');
  lockFolder(folder, 'gateway')();
});
