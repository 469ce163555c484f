import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { takeStock } from '../../spool/stock.ts';
import { errorCode, type Finding, fail, ok, warn } from './finding.ts';

/** Reports that were acknowledged and are on this disk only: waiting for PostgreSQL, damaged, or refused by it. */
export async function checkSpool({ dataDir }: Pick<Config, 'dataDir'>): Promise<readonly Finding[]> {
  const part = 'spool';
  const folder = join(dataDir, 'spool');
  try {
    const stock = await takeStock(folder);
    if (stock === null) return [];
    const { waiting, corrupt, refused } = stock;
    const findings: Finding[] = [];
    if (waiting > 0) {
      findings.push(
        warn(
          part,
          `${count(waiting)} in ${folder} for PostgreSQL`,
          'mend PostgreSQL, and let a gateway run on this folder: it stores them within seconds',
        ),
      );
    }
    if (corrupt > 0) {
      findings.push(
        fail(
          part,
          `${corrupt} damaged in ${join(folder, 'corrupt')}`,
          'look after the disk; read what can still be read, then take the files away',
        ),
      );
    }
    if (refused > 0) {
      findings.push(
        fail(
          part,
          `${refused} that PostgreSQL refused in ${join(folder, 'refused')}`,
          'keep the files: they are reports with a receipt; report_not_storable in the log says why, report it as a bug',
        ),
      );
    }
    return findings.length > 0 ? findings : [ok(part, 'nothing waits')];
  } catch (error) {
    return [
      warn(
        part,
        `${folder} cannot be looked at (${errorCode(error)})`,
        'run doctor as the user of the gateway',
      ),
    ];
  }
}

const count = (waiting: number) => (waiting === 1 ? '1 report waits' : `${waiting} reports wait`);
