import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { insertBundle } from '../db/bundles.ts';
import { insertMessages } from '../db/messages.ts';
import type { Pool } from '../db/pool.ts';
import { insertReports } from '../db/reports.ts';
import { describeFailure } from '../errors.ts';
import { readRecord } from '../inbox/entry.ts';
import type { Storable } from '../inbox/store.ts';
import { refusedFolder } from '../spool/refused.ts';
import { takeStock } from '../spool/stock.ts';
import { withDatabase } from './with-database.ts';

const list = defineCommand({
  meta: {
    name: 'list',
    description: 'What waits for PostgreSQL in DATA_DIR/spool, and what was set aside there',
  },
  run: () =>
    withDatabase(async ({ config }) => {
      const stock = await takeStock(join(config.dataDir, 'spool'));
      console.log(stock === null ? 'there is no spool here' : JSON.stringify(stock));
    }),
});

const retry = defineCommand({
  meta: {
    name: 'retry',
    description: 'Store the reports that PostgreSQL refused once what kept it from them is mended',
  },
  run: () =>
    withDatabase(async ({ db, config }) => {
      const folder = refusedFolder(join(config.dataDir, 'spool'));
      const files = listRefused(folder);
      let stored = 0;
      for (const file of files) {
        try {
          await storeAgain(db, readRecord(readFileSync(join(folder, file), 'utf8')));
          rmSync(join(folder, file));
          stored += 1;
        } catch (error) {
          console.error(`${file}: ${describeFailure(error)}`);
          process.exitCode = 1;
        }
      }
      console.log(`${stored} of ${files.length} stored; a running worker files them within seconds`);
    }),
});

export const spoolCommand = defineCommand({
  meta: { name: 'spool', description: 'Reports that wait on local disk' },
  subCommands: { list, retry },
});

async function storeAgain(db: Pool, storable: Storable): Promise<void> {
  const now = new Date();
  if (storable.table === 'bundles') await insertBundle(db, storable, now);
  else await (storable.table === 'reports' ? insertReports : insertMessages)(db, [storable], now);
}

function listRefused(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return []; // nothing was ever refused
  }
}
