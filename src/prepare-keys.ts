import { hash } from 'node:crypto';
import type { Config } from './config.ts';
import type { Context, WorkerContext } from './context.ts';
import { findSealedReport } from './db/identities.ts';
import type { Db } from './db/pool.ts';
import { insertSealingKey, listSealingKeys } from './db/sealing-keys.ts';
import { AppError } from './errors.ts';
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
 */
export async function openSealing(
  config: Config,
  db: Db,
  log: Context['log'],
): Promise<Pick<Context, 'seal' | 'blindIndex'>> {
  if (createMissingKeys(config)) log.info({ event: 'keys_created', folder: keysFolder(config.dataDir) });
  const publicKey = readPublicKey(config);
  const indexKey = readIndexKey(config);
  const indexKeyId = hash('sha256', Buffer.concat([Buffer.from('index key id\n'), indexKey]), 'hex').slice(
    0,
    16,
  );

  await insertSealingKey(db, 'identity', publicKey.id);
  const [known] = await listSealingKeys(db, 'index');
  if (known !== undefined && known !== indexKeyId) {
    throw new AppError(
      'config',
      'This database was used with another index key: copy DATA_DIR/keys from where the first gateway started, or set ' +
        'IDENTITY_PUBLIC_KEY and IDENTITY_INDEX_KEY to what is there.',
    );
  }
  await insertSealingKey(db, 'index', indexKeyId);
  return { seal: await createSeal(publicKey, () => new Date()), blindIndex: createBlindIndex(indexKey) };
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
