import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../config.ts';
import { inPackage } from '../package-root.ts';

const readme = readFileSync(inPackage('README.md'), 'utf8');
const table = /^## Settings$(.*?)^## /ms.exec(readme)?.[1] ?? '';
const documented = [...table.matchAll(/^\| ((?:`[A-Z0-9_]+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
  names.replaceAll('`', '').split(', '),
);
const compose = readFileSync(inPackage('compose.yaml'), 'utf8');
const passedOn = [...compose.matchAll(/^ {4}([A-Z0-9_]+): /gm)].map(([, name]) => name);

/** For tests that end the process on purpose: see `src/crash-points.ts`. */
const undocumented = ['CRASH_AT'];
/** Given by the image, or files in the volumes. */
const ofTheContainer = [
  'PORT',
  'HOST',
  'DATA_DIR',
  'EMAIL_MAILBOXES_FILE',
  'IDENTITY_PUBLIC_KEY',
  'IDENTITY_PRIVATE_KEY_FILE',
  'IDENTITY_INDEX_KEY',
];

test('README has every setting that is read', () => {
  const read = new Set<string>();
  const env = new Proxy<Record<string, string>>({}, { get: (_, name) => void read.add(String(name)) });
  parseConfig(env);
  expect(read.size).toBeGreaterThan(80);
  expect([...read].filter((name) => !documented.includes(name))).toEqual(undocumented);
});

test('compose.yaml passes on every setting that README has, and no other', () => {
  const wanted = documented.filter((name) => !ofTheContainer.includes(name));
  expect(passedOn.toSorted()).toEqual(wanted.toSorted());
});
