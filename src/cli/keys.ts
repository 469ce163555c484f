import { existsSync } from 'node:fs';
import { defineCommand } from 'citty';
import type { Config } from '../config.ts';
import { recordAudit } from '../db/audit.ts';
import { transaction } from '../db/pool.ts';
import { countSealedByKey, forgetSealingKey, listIdentityKeys, noteIdentityKey } from '../db/sealing-keys.ts';
import { AppError } from '../errors.ts';
import {
  createMissingKeys,
  keysFolder,
  privateKeyFile,
  readPrivateKeys,
  readPublicKey,
  rotateKeys,
} from '../sealing/keys.ts';
import { nameOperator } from './operator.ts';
import { withDatabase } from './with-database.ts';

const list = defineCommand({
  meta: { name: 'list', description: 'The keys identities are sealed with, the newest first' },
  args: { json: { type: 'boolean', description: 'As JSON', default: false } },
  run: ({ args }) =>
    withDatabase(async ({ db, config }) => {
      createMissingKeys(config);
      const current = readPublicKey(config);
      const held = listHeld(config);
      const used = (await countSealedByKey(db)).map((use) => ({
        ...use,
        privateKeyHere: held.has(use.keyId),
      }));
      if (args.json) {
        console.log(
          JSON.stringify({ current: current.id, publicKey: current.bytes.toString('base64'), used }, null, 2),
        );
        return;
      }
      console.log(`seals now    ${current.id}  IDENTITY_PUBLIC_KEY=${current.bytes.toString('base64')}`);
      for (const { keyId, sealed, firstUsedAt, privateKeyHere } of used) {
        const since = firstUsedAt.toISOString().slice(0, 10);
        const where = privateKeyHere ? 'private key here' : 'PRIVATE KEY NOT HERE';
        console.log(
          `since ${since}  ${keyId}  ${sealed} ${sealed === 1 ? 'identity' : 'identities'}, ${where}`,
        );
      }
    }),
});

/** None where only a gateway's half of the keys is. */
function listHeld(config: Config): ReadonlySet<string> {
  const has = existsSync(privateKeyFile(config));
  return new Set(has ? readPrivateKeys(config).map((key) => key.id) : []);
}

const rotate = defineCommand({
  meta: {
    name: 'rotate',
    description:
      'Seal with a fresh key from the next start of each gateway on; the older ones stay, to open what they sealed',
  },
  run: () =>
    withDatabase(async ({ db, config }) => {
      createMissingKeys(config);
      const held = listHeld(config);
      const missing = (await listIdentityKeys(db)).inUse.filter((id) => !held.has(id));
      if (missing.length > 0) {
        throw new AppError(
          'conflict',
          `The private key ${missing[0]} is in use and not here: rotate where the private keys are.`,
        );
      }
      const key = await transaction(db, async (tx) => {
        const rotated = rotateKeys(config);
        await noteIdentityKey(tx, rotated.id);
        await recordAudit(tx, {
          actor: nameOperator(),
          action: 'keys_rotated',
          subject: `key:${rotated.id}`,
          reason: null,
          details: {},
        });
        return rotated;
      });
      console.log(`\
The new key is ${key.id}. Keep a copy of ${keysFolder(config.dataDir)} where this machine's end is not its end too:
without the private keys in it nobody can answer a reporter any more.

Now restart the workers first, wherever they run, with this folder; then the gateways.`);
    }),
});

const forget = defineCommand({
  meta: {
    name: 'forget',
    description:
      'Give up a key that is lost for good: its identities stay sealed for ever, and everything else goes on. There is no way back',
  },
  args: {
    id: {
      type: 'positional',
      description: 'Id of the key, as the error or "keys list" names it',
      required: true,
    },
    reason: { type: 'string', description: 'How it was lost: it stays in the audit log', required: true },
  },
  run: ({ args }) =>
    withDatabase(async ({ db }) => {
      await transaction(db, async (tx) => {
        if (!(await forgetSealingKey(tx, args.id))) {
          throw new AppError('not-found', `This database was never used with a key ${args.id}.`);
        }
        await recordAudit(tx, {
          actor: nameOperator(),
          action: 'key_forgotten',
          subject: `key:${args.id}`,
          reason: args.reason,
          details: {},
        });
      });
      console.log('given up; start the gateways and workers again');
    }),
});

export const keysCommand = defineCommand({
  meta: { name: 'keys', description: 'The keys that seal who reports' },
  subCommands: { list, rotate, forget },
});
