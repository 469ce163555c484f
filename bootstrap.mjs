/**
 * What has to be true before the gateway or its tests can run: the right Node, the packages of the lockfile, a build of
 * these sources. Called by `npm start` and `npm test`, so it needs nothing but Node; does only what is missing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = import.meta.dirname ?? '.';
const oldestNode = [20, 19];
// Written last, and gone with what they stand for: work that was broken off is done again.
const installed = join(root, 'node_modules/.lapor-installed');
const built = join(root, 'dist/.lapor-built');

refuseOldNode();
if (!isInstalled() || !isBuilt()) {
  waitForOthers();
  if (!isInstalled()) install();
  if (!isBuilt()) build();
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  giveUp(
    `This is Node ${process.versions.node}; the gateway needs ${oldestNode.join('.')} or newer, best 24: https://nodejs.org`,
  );
}

function isInstalled() {
  return read(installed) === hashOfPackages();
}

function isBuilt() {
  return read(built) === hashOfSources();
}

/** Two terminals in a fresh clone: one installs and builds, the other waits here and finds it done. */
function waitForOthers() {
  const lock = join(root, '.bootstrap.lock');
  for (let waited = false; !tryWrite(lock, String(process.pid)); waited = true) {
    const holder = read(lock);
    // Empty: it is being written this very moment.
    if (holder !== '' && !isAlive(Number(holder))) rmSync(lock, { force: true });
    else if (!waited)
      console.error(`Process ${holder} installs or builds already: waiting (or delete ${lock}) …`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  process.on('exit', () => rmSync(lock, { force: true }));
}

function install() {
  console.error('Installing packages (first time, or the lockfile changed) …');
  // NODE_ENV=production or a user's own npm settings would leave out the compiler or PostgreSQL.
  if (!npm('ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error')) {
    giveUp(
      'The packages could not be installed. Without a network, or behind a proxy: npm config set proxy http://…;\n' +
        'with a broken download: npm cache clean --force. Then run the same command again.',
    );
  }
  writeFileSync(installed, hashOfPackages());
}

/** Built beside and then swapped: a build that fails leaves the old one, and nothing of a deleted source survives. */
function build() {
  console.error('Building …');
  const hash = hashOfSources();
  const [current, fresh, old] = ['dist', 'dist.new', 'dist.old'].map((name) => join(root, name));
  for (const folder of [fresh, old]) remove(folder);
  if (!npm('run', '--silent', 'build', '--', '--outDir', fresh)) {
    remove(fresh);
    giveUp('The build failed: the lines above say where.');
  }
  if (existsSync(current)) renameSync(current, old);
  renameSync(fresh, current);
  writeFileSync(built, hash);
  remove(old);
}

function hashOfPackages() {
  return hashOf(['package-lock.json']);
}

function hashOfSources() {
  const sources = ['src', 'channels', 'workers', 'bench', 'chaos'].flatMap(listFiles);
  return hashOf(['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', ...sources]);
}

/** By content, because a checkout changes times and not always sizes. */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`\0${file}\0`).update(read(join(root, file)) ?? '');
  return hash.digest('hex');
}

function listFiles(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function tryWrite(file, content) {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function remove(folder) {
  rmSync(folder, { recursive: true, force: true });
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs the npm that called us, also where none is on PATH; true when it succeeded. */
function npm(...args) {
  const caller = process.env.npm_execpath;
  const [command, ...first] = caller?.endsWith('.js') ? [process.execPath, caller] : ['npm'];
  const { status, error } = spawnSync(command, [...first, ...args], {
    cwd: root,
    // standard output is for what was called: `npm run lapor -- …` may be read by a program
    stdio: ['ignore', 2, 2],
  });
  if (error) console.error(error.message);
  return status === 0;
}

function giveUp(message) {
  console.error(`\n${message}`);
  process.exit(1);
}
