import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, inject, test } from 'vitest';

let project: string;

/** A project as small as can be: one package out of a folder, and a build that copies `src` unless it says "broken". */
beforeEach(() => {
  project = mkdtempSync(join(inject('scratch'), 'bootstrap-'));
  copyFileSync(fileURLToPath(new URL('../bootstrap.mjs', import.meta.url)), join(project, 'bootstrap.mjs'));
  for (const folder of ['src', 'part']) mkdirSync(join(project, folder));
  writeJson('part/package.json', { name: 'part', version: '1.0.0' });
  writeJson('package.json', {
    name: 'tiny',
    dependencies: { part: 'file:part' },
    scripts: { build: 'node build.mjs' },
  });
  writeJson('package-lock.json', {
    name: 'tiny',
    lockfileVersion: 3,
    packages: {
      '': { name: 'tiny', dependencies: { part: 'file:part' } },
      'node_modules/part': { resolved: 'part', link: true },
      part: { version: '1.0.0' },
    },
  });
  write(
    'build.mjs',
    `import { cpSync, readFileSync } from 'node:fs';
     cpSync('src', process.argv.at(-1), { recursive: true });
     if (readFileSync('src/main.ts', 'utf8') === 'broken') process.exit(1);`,
  );
  write('src/main.ts', 'whole');
});

function write(file: string, content: string): void {
  writeFileSync(join(project, file), content);
}

function writeJson(file: string, content: unknown): void {
  write(file, JSON.stringify(content));
}

async function bootstrap() {
  const child = spawn(process.execPath, ['bootstrap.mjs'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, output, errors };
}

test('the first start installs and builds, the second does and says nothing', async () => {
  const first = await bootstrap();
  expect(first).toMatchObject({
    code: 0,
    output: '',
    errors: expect.stringMatching(/Installing.*Building/s),
  });
  expect(existsSync(join(project, 'node_modules/part'))).toBe(true);
  expect(existsSync(join(project, 'dist/main.ts'))).toBe(true);
  expect(await bootstrap()).toEqual({ code: 0, output: '', errors: '' });
});

test('a changed source is built again, and nothing of a deleted one survives', async () => {
  write('src/gone.ts', 'soon deleted');
  await bootstrap();
  expect(existsSync(join(project, 'dist/gone.ts'))).toBe(true);
  rmSync(join(project, 'src/gone.ts'));
  expect(await bootstrap()).toMatchObject({
    code: 0,
    output: '',
    errors: expect.stringMatching(/^Building/m),
  });
  expect(existsSync(join(project, 'dist/gone.ts'))).toBe(false);
  expect(existsSync(join(project, 'dist/main.ts'))).toBe(true);
});

test('a build that fails says so, leaves the old one and is tried again', async () => {
  await bootstrap();
  write('src/main.ts', 'broken');
  for (const _ of [1, 2]) {
    expect(await bootstrap()).toMatchObject({ code: 1, errors: expect.stringContaining('The build failed') });
  }
  expect(existsSync(join(project, 'dist/main.ts'))).toBe(true);
});

test('an install that fails says what to do', async () => {
  writeJson('package-lock.json', { name: 'tiny', lockfileVersion: 3, packages: { '': { name: 'tiny' } } });
  expect(await bootstrap()).toMatchObject({
    code: 1,
    errors: expect.stringContaining('npm config set proxy'),
  });
});

test('two at once do the work once', async () => {
  const outputs = (await Promise.all([bootstrap(), bootstrap()])).map(({ code, errors }) => ({
    code,
    installs: /Installing/.test(errors),
  }));
  expect(outputs).toContainEqual({ code: 0, installs: true });
  expect(outputs).toContainEqual({ code: 0, installs: false });
});
