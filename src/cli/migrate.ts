import { defineCommand } from 'citty';
import { readConfig } from '../config.ts';
import { prepareDatabase } from '../prepare-database.ts';
import { fail } from './fail.ts';
import { withDatabase } from './with-database.ts';

export const migrateCommand = defineCommand({
  meta: {
    name: 'migrate',
    description: 'Bring the database up to date: schema, agencies, areas, topics. Safe to run at any time',
  },
  run: async () => {
    const { databaseUrl } = readConfig();
    // the embedded database is migrated by being opened
    if (databaseUrl === null) return withDatabase(async () => console.log('the database is up to date'));
    try {
      await prepareDatabase(databaseUrl, (line) => console.log(line));
      console.log('the database is up to date');
    } catch (error) {
      fail(error);
    }
  },
});
