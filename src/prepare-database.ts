import { migrate } from './db/migrate.ts';
import { createPool } from './db/pool.ts';
import { seedDirectory } from './seed.ts';

/** The schema up to date, and the directory of agencies, areas and topics in it. */
export async function prepareDatabase(databaseUrl: string, say: (line: string) => void): Promise<void> {
  const applied = await migrate(databaseUrl, say);
  if (applied.length > 0) say(`database: ${applied.length} migrations applied`);
  const pool = createPool(databaseUrl, { max: 2, onError: () => undefined });
  try {
    const seeded = await seedDirectory(pool);
    if (seeded.changed) {
      const kinds = [...seeded.agencies].map(([kind, count]) => `${count} ${kind}`).join(', ');
      say(`directory: ${kinds}`);
    }
  } finally {
    await pool.end();
  }
}
