import { hash } from 'node:crypto';
import type { Config } from './config.ts';
import type { Context, WorkerContext } from './context.ts';
import { findSealedReport } from './db/identities.ts';
import { type Db, isUnavailable } from './db/pool.ts';
import { insertSealingKey, listSealingKeys } from './db/sealing-keys.ts';
import { AppError, describeFailure } from './errors.ts';
import { createBlindIndex } from './sealing/blind-index.ts';
import {
  createMissingKeys,
  keysFolder,
  readIndexKey,
  readPrivateKeys,
  readPublicKey,
} from './sealing/keys.ts';
import { createOpen, type Open } from './sealing/open.ts';
import { createSeal } from './sealing/seal.ts';
import { audienceOf, openSealedReport } from './sealing/sealed-report.ts';

/**
 * The keys of this process, made on the first start, and checked against those the database was used with before: what
 * is sealed for a key that nobody has is lost, and an index under another key matches nobody. Throws `AppError` `config`.
 * Where PostgreSQL may be away, keys that were here before do without the check.
 */
export async function openSealing(
  config: Config,
  db: Db,
  log: Context['log'],
  mayBeAway: boolean,
): Promise<Pick<Context, 'seal' | 'blindIndex'>> {
  const areNew = createMissingKeys(config);
  if (areNew) log.info({ event: 'keys_created', folder: keysFolder(config.dataDir) });
  const publicKey = readPublicKey(config);
  const indexKey = readIndexKey(config);
  const indexKeyId = hash('sha256', Buffer.concat([Buffer.from('index key id\n'), indexKey]), 'hex').slice(
    0,
    16,
  );

  try {
    await checkKeys(db, publicKey.id, indexKeyId);
  } catch (error) {
    // Keys that were here before were checked before; with new ones nobody knows whether others exist.
    if (!mayBeAway || areNew || !isUnavailable(error)) throw error;
    log.warn({ event: 'keys_not_checked', error: describeFailure(error) });
  }
  return { seal: await createSeal(publicKey, () => new Date()), blindIndex: createBlindIndex(indexKey) };
}

async function checkKeys(db: Db, publicKeyId: string, indexKeyId: string): Promise<void> {
  await insertSealingKey(db, 'identity', publicKeyId);
  const [known] = await listSealingKeys(db, 'index');
  if (known !== undefined && known !== indexKeyId) {
    throw new AppError(
      'config',
      'This database was used with another index key: copy DATA_DIR/keys from where the first gateway started, or set ' +
        'IDENTITY_PUBLIC_KEY and IDENTITY_INDEX_KEY to what is there.',
    );
  }
  await insertSealingKey(db, 'index', indexKeyId);
}

/** The private keys, as a function; every key the database was used with must be among them. Throws `AppError` `config`. */
export async function openIdentities(
  config: Config,
  db: Db,
  log: Context['log'],
): Promise<Pick<WorkerContext, 'open' | 'revealIdentity'>> {
  const privateKeys = readPrivateKeys(config);
  const held = new Set(privateKeys.map((key) => key.id));
  const missing = (await listSealingKeys(db, 'identity')).filter((id) => !held.has(id));
  if (missing.length > 0) {
    throw new AppError(
      'config',
      `Identities were sealed for ${missing.length === 1 ? 'the key' : 'keys'} ${missing.join(', ')}, whose private half is ` +
        'not here: copy DATA_DIR/keys from the gateway that made it, or set IDENTITY_PRIVATE_KEY_FILE.',
    );
  }
  const open = createOpen(privateKeys);
  return { open, revealIdentity: createReveal(open, db, log) };
}

/** Who sent a report, whatever its audience: only for telling the reporter something. */
export function createReveal(open: Open, db: Db, log: Context['log']): WorkerContext['revealIdentity'] {
  return async (reportId) => {
    const sealed = await findSealedReport(db, reportId);
    if (sealed === null) return null;
    const opened = await openSealedReport(open, reportId, sealed, audienceOf(sealed));
    if (opened === null) log.error({ event: 'identity_not_openable', reportId });
    return opened?.identity ?? null;
  };
}
