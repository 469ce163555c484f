import type { Config } from './config.ts';
import type { Context, DoorContext, WorkerContext } from './context.ts';
import { findSealedReport } from './db/identities.ts';
import { type Db, isUnavailable } from './db/pool.ts';
import { findIndexKey, listIdentityKeys, noteSealingKeys } from './db/sealing-keys.ts';
import { AppError, describeFailure } from './errors.ts';
import { type BlindIndex, createBlindIndex } from './sealing/blind-index.ts';
import { deriveFormKey } from './sealing/form-key.ts';
import {
  createMissingKeys,
  keysFolder,
  markChecked,
  readIndexKey,
  readPrivateKeys,
  readPublicKey,
  wereChecked,
} from './sealing/keys.ts';
import { createOpen, createSealAgain, type Open } from './sealing/open.ts';
import { createSeal } from './sealing/seal.ts';
import { audienceOf, openSealedReport } from './sealing/sealed-report.ts';

/**
 * The keys of this process, made on the first start, and checked against those the database was used with before: what
 * is sealed for a key that nobody has is lost, and an index under another key matches nobody. Throws `AppError` `config`.
 * Where PostgreSQL may be away, keys that were checked before, or that the operator gave, do without.
 */
export async function openSealing(
  config: Config,
  db: Db,
  log: Context['log'],
  mayBeAway: boolean,
): Promise<Pick<DoorContext, 'seal' | 'blindIndex' | 'formKey'>> {
  if (createMissingKeys(config)) log.info({ event: 'keys_created', folder: keysFolder(config.dataDir) });
  const publicKey = readPublicKey(config);
  const indexKey = readIndexKey(config);
  try {
    await checkKeys(db, publicKey.id, indexKey.id);
    markChecked(config);
  } catch (error) {
    if (!mayBeAway || !wereChecked(config) || !isUnavailable(error)) throw error;
    log.warn({ event: 'keys_not_checked', error: describeFailure(error) });
    checkLater(db, publicKey.id, indexKey.id, log);
  }
  return {
    seal: await createSeal(publicKey),
    blindIndex: createBlindIndex(indexKey.bytes),
    formKey: deriveFormKey(indexKey.bytes),
  };
}

const checkAgainMs = 5_000;

/** Makes up for a check that an absent PostgreSQL prevented; keys that turn out not to fit are for the operator to mend. */
function checkLater(db: Db, publicKeyId: string, indexKeyId: string, log: Context['log']): void {
  const timer = setInterval(async () => {
    try {
      await checkKeys(db, publicKeyId, indexKeyId);
      clearInterval(timer);
    } catch (error) {
      if (isUnavailable(error)) return;
      clearInterval(timer);
      log.fatal({ event: 'keys_do_not_fit', error: describeFailure(error) });
    }
  }, checkAgainMs);
  timer.unref();
}

/** Notes the keys in the database, unless it was used with another index key. */
async function checkKeys(db: Db, publicKeyId: string, indexKeyId: string): Promise<void> {
  const used = await noteSealingKeys(db, publicKeyId, indexKeyId);
  if (used === indexKeyId) return;
  throw new AppError(
    'config',
    'This database was used with another index key: copy DATA_DIR/keys from where the first gateway started, or set ' +
      `IDENTITY_PUBLIC_KEY and IDENTITY_INDEX_KEY to what is there. If that is lost for good: lapor keys forget ${used}`,
  );
}

/**
 * The private keys, as a function; every key the database was used with must be among them, or given up. Throws `AppError`
 * `config`.
 */
export async function openIdentities(
  config: Config,
  db: Db,
  log: Context['log'],
): Promise<Pick<WorkerContext, 'open' | 'sealAgain' | 'revealSender' | 'blindIndex'>> {
  if (config.identityPrivateKeyFile === null) createMissingKeys(config);
  const held = new Set(readPrivateKeys(config).map((key) => key.id));
  const { inUse, forgotten } = await listIdentityKeys(db);
  const missing = inUse.filter((id) => !held.has(id));
  if (missing.length > 0) {
    throw new AppError(
      'config',
      `Identities were sealed for ${missing.length === 1 ? 'the key' : 'keys'} ${missing.join(', ')}, whose private half is ` +
        'not here: copy DATA_DIR/keys from the gateway that made it, or set IDENTITY_PRIVATE_KEY_FILE. If it is lost for ' +
        `good: lapor keys forget ${missing[0]}`,
    );
  }
  const open = createOpen(() => readPrivateKeys(config), new Set(forgotten));
  const sealAgain = createSealAgain(() => readPrivateKeys(config));
  const blindIndex = await openIndex(config, db, log);
  return { open, sealAgain, revealSender: createReveal(open, db, log), blindIndex };
}

/** A worker that has no index key, or another, does all but what needs it: filing e-mail, and unpacking bundles. */
async function openIndex(config: Config, db: Db, log: Context['log']): Promise<BlindIndex> {
  try {
    const key = readIndexKey(config);
    const used = await findIndexKey(db);
    if (used === null || used === key.id) return createBlindIndex(key.bytes);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config') throw error;
  }
  log.warn({
    event: 'index_key_missing',
    consequence: 'this process files no e-mail, and no web request without a key',
  });
  return () => {
    throw new AppError(
      'config',
      'The index key that this database is used with is not here: set IDENTITY_INDEX_KEY, or this process files no e-mail ' +
        'and no web request without a key.',
    );
  };
}

/** Who sent a report, whatever its audience: only for telling the reporter something. */
export function createReveal(open: Open, db: Db, log: Context['log']): WorkerContext['revealSender'] {
  return async (id) => {
    const sealed = await findSealedReport(db, id);
    if (sealed === null) return null;
    const opened = await openSealedReport(open, id, sealed, audienceOf(sealed));
    if (opened !== null) {
      const { identity, original } = opened;
      if (identity === null) return null;
      const { messageId, summoned } = original;
      return { identity, messageId, ...(summoned === undefined ? {} : { summoned }) };
    }
    log.error({ event: 'identity_not_openable', id });
    return 'unopenable';
  };
}
