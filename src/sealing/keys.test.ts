import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Config, parseConfig } from '../config.ts';
import { createMissingKeys, readIndexKey, readPrivateKeys, readPublicKey, rotateKeys } from './keys.ts';

let dataDir: string;
let config: Config;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'lapor-keys-'));
  config = parseConfig({ DATA_DIR: dataDir });
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('the first start makes the keys, for its owner alone, and the second keeps them', () => {
  expect(createMissingKeys(config)).toBe(true);
  for (const name of ['identity.pem', 'identity.pub', 'index.key']) {
    expect(statSync(join(dataDir, 'keys', name)).mode & 0o777, name).toBe(0o600);
  }
  const { id } = readPublicKey(config);
  expect(readPrivateKeys(config).map((key) => key.id)).toEqual([id]);
  expect(readIndexKey(config).bytes).toHaveLength(32);
  expect(createMissingKeys(config)).toBe(false);
  expect(readPublicKey(config).id).toBe(id);
});

test('the settings go before the folder, and nothing is made where they bring all', () => {
  createMissingKeys(config);
  const bytes = (name: string) => readFileSync(join(dataDir, 'keys', name), 'utf8').trim();
  const elsewhere = join(dataDir, 'elsewhere');
  const given = parseConfig({
    DATA_DIR: elsewhere,
    IDENTITY_PUBLIC_KEY: bytes('identity.pub'),
    IDENTITY_INDEX_KEY: bytes('index.key'),
    IDENTITY_PRIVATE_KEY_FILE: join(dataDir, 'keys', 'identity.pem'),
  });
  expect(createMissingKeys(given)).toBe(false);
  expect(readPublicKey(given)).toEqual(readPublicKey(config));
  expect(readIndexKey(given)).toEqual(readIndexKey(config));
  expect(readPrivateKeys(given)).toEqual(readPrivateKeys(config));
});

test('a rotation puts a new key in front and keeps the old one', () => {
  createMissingKeys(config);
  const before = readPublicKey(config).id;
  const { id } = rotateKeys(config);
  expect(id).not.toBe(before);
  expect(readPrivateKeys(config).map((key) => key.id)).toEqual([id, before]);
});

describe('a key that cannot be used is an error that helps and never quotes it:', () => {
  const secret = 'MC4CAQAwBQYDK2VuBCIEIHcHB';
  test.each([
    ['no file', null, /cannot be read: copy DATA_DIR\/keys .* or set IDENTITY_PRIVATE_KEY_FILE/],
    ['no key in it', 'selamat pagi', /holds no private key in PEM/],
    ['broken', `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`, /not X25519 in PEM/],
  ])('%s', (_, content, message) => {
    if (content !== null) writeFileSync(join(dataDir, 'own.pem'), content);
    const given = parseConfig({ IDENTITY_PRIVATE_KEY_FILE: join(dataDir, 'own.pem') });
    const read = () => readPrivateKeys(given);
    expect(read).toThrow(message);
    expect(read).not.toThrow(secret);
  });
});
