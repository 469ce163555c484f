import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';

/**
 * The keys identities are sealed with. Whoever takes reports holds the public key and the index key; only whoever sends
 * word back or hands over, or discloses, holds private keys. They come from the settings, else from `DATA_DIR/keys`.
 */
export type PublicKey = {
  /** First 16 hexadecimal digits of the SHA-256 of `bytes`: the same wherever the key is. */
  readonly id: string;
  /** X25519, 32 bytes. */
  readonly bytes: Buffer;
};
export type PrivateKey = PublicKey & { readonly privateBytes: Buffer };

type KeySettings = Pick<
  Config,
  'dataDir' | 'identityPublicKey' | 'identityPrivateKeyFile' | 'identityIndexKey'
>;

const files = {
  private: 'identity.pem',
  public: 'identity.pub',
  index: 'index.key',
  checked: 'checked',
} as const;

export const keysFolder = (dataDir: string): string => join(dataDir, 'keys');

/** Throws `AppError` `config` where there is no usable key. */
export function readPublicKey(config: KeySettings): PublicKey {
  const text =
    config.identityPublicKey ?? read(join(keysFolder(config.dataDir), files.public), 'IDENTITY_PUBLIC_KEY');
  return parsePublicKey(text);
}

/** The key of the blind index, 32 bytes, under an id that tells nothing of it. Throws `AppError` `config` where there is none. */
export function readIndexKey(config: KeySettings): { readonly id: string; readonly bytes: Buffer } {
  const text =
    config.identityIndexKey ?? read(join(keysFolder(config.dataDir), files.index), 'IDENTITY_INDEX_KEY');
  const bytes = Buffer.from(text.trim(), 'base64');
  return { id: idOf(Buffer.concat([Buffer.from('index key id\n'), bytes])), bytes };
}

/** Every private key there is, the newest first: the older ones open what was sealed before a rotation. Throws `AppError` `config`. */
export function readPrivateKeys(config: KeySettings): readonly PrivateKey[] {
  const file = privateKeyFile(config);
  const blocks = read(file, 'IDENTITY_PRIVATE_KEY_FILE').match(/-----BEGIN .+?-----END [^-]+-----/gs) ?? [];
  const keys = blocks.map((block) => parsePrivateKey(block, file));
  if (keys.length === 0) throw new AppError('config', `${file} holds no private key in PEM.`);
  return keys;
}

/**
 * Makes the keys in `DATA_DIR/keys` on the first start, unless the settings bring them; answers whether it did. Several
 * processes may start at once: the first to finish wins, and the others use its keys.
 */
export function createMissingKeys(config: KeySettings): boolean {
  const folder = keysFolder(config.dataDir);
  if (existsSync(folder) || comeFromSettings(config)) return false;
  const draft = `${folder}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeKeyPair(draft, '');
  writeSecret(join(draft, files.index), `${randomBytes(32).toString('base64')}\n`);
  try {
    syncFolder(draft);
    renameSync(draft, folder);
    syncFolder(config.dataDir);
    return true;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (existsSync(folder)) return false;
    throw error;
  }
}

/** Notes beside the keys that the database they are used with knows them. */
export function markChecked(config: KeySettings): void {
  const folder = keysFolder(config.dataDir);
  if (!comeFromSettings(config) && !existsSync(join(folder, files.checked))) {
    writeSecret(join(folder, files.checked), `${new Date().toISOString()}\n`);
  }
}

/** False for keys that may be others than everybody else's: made here, and never seen by the database. */
export const wereChecked = (config: KeySettings): boolean =>
  comeFromSettings(config) || existsSync(join(keysFolder(config.dataDir), files.checked));

const comeFromSettings = (config: KeySettings): boolean =>
  config.identityPublicKey !== null && config.identityIndexKey !== null;

/** The settings that give a process with another data folder these keys; one that only takes reports needs no private ones. */
export function toSettings(config: KeySettings) {
  return {
    forServing: {
      IDENTITY_PUBLIC_KEY: readPublicKey(config).bytes.toString('base64'),
      IDENTITY_INDEX_KEY: readIndexKey(config).bytes.toString('base64'),
    },
    forWorking: {
      IDENTITY_PRIVATE_KEY_FILE: privateKeyFile(config),
      IDENTITY_INDEX_KEY: readIndexKey(config).bytes.toString('base64'),
    },
  };
}

/** Puts a fresh key pair in front of those there are; gateways use it from their next start on. Throws `AppError` `config`. */
export function rotateKeys(config: KeySettings): PublicKey {
  if (config.identityPublicKey !== null || config.identityPrivateKeyFile !== null) {
    throw new AppError(
      'config',
      'The keys come from IDENTITY_PUBLIC_KEY and IDENTITY_PRIVATE_KEY_FILE: put a new private key in front of that file ' +
        '(openssl genpkey -algorithm X25519), and its public key, as "lapor keys list" prints it, into the other.',
    );
  }
  const folder = keysFolder(config.dataDir);
  writeKeyPair(folder, read(join(folder, files.private), 'IDENTITY_PRIVATE_KEY_FILE'));
  return readPublicKey(config);
}

function parsePublicKey(text: string): PublicKey {
  const bytes = Buffer.from(text.trim(), 'base64');
  if (bytes.length !== 32) throw new AppError('config', 'the public key is not 32 bytes of X25519 in base64');
  return toPublicKey(bytes);
}

const toPublicKey = (bytes: Buffer): PublicKey => ({ id: idOf(bytes), bytes });

const idOf = (bytes: Buffer): string => hash('sha256', bytes, 'hex').slice(0, 16);

/** A fresh pair, in memory only. */
export const generateKeyPair = (): PrivateKey => toPrivateKey(generateKeyPairSync('x25519').privateKey);

function writeKeyPair(folder: string, olderKeys: string): void {
  const { privateKey } = generateKeyPairSync('x25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  // The private key first: sealing for a key that is lost would lose what is sealed.
  writeSecret(join(folder, files.private), `${pem}${olderKeys}`);
  const { bytes } = toPrivateKey(privateKey);
  writeSecret(join(folder, files.public), `${bytes.toString('base64')}\n`);
}

/** Whole or not at all, and durable: a key that vanished with the power would take the identities with it. */
function writeSecret(file: string, content: string): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, content, { mode: 0o600, flush: true });
  renameSync(draft, file);
  syncFolder(dirname(file));
}

/** Makes the names in a folder durable. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function parsePrivateKey(pem: string, file: string): PrivateKey {
  const key = readPem(pem);
  if (key?.asymmetricKeyType !== 'x25519') {
    throw new AppError('config', `${file} holds a key that is not X25519 in PEM, unencrypted.`);
  }
  return toPrivateKey(key);
}

/** The raw bytes as RFC 7748 has them, which JWK (RFC 8037) carries in `x` and `d`. */
function toPrivateKey(key: KeyObject): PrivateKey {
  const bytes = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  const privateBytes = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
  return { ...toPublicKey(bytes), privateBytes };
}

function readPem(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null; // the cause might quote the key
  }
}

/** Where the private keys are, or would be. */
export const privateKeyFile = (config: KeySettings): string =>
  config.identityPrivateKeyFile ?? join(keysFolder(config.dataDir), files.private);

function read(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError(
      'config',
      `${file} cannot be read: copy DATA_DIR/keys from where the first gateway started, or set ${setting}.`,
      { cause },
    );
  }
}
