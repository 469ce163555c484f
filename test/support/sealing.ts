import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import type { DoorContext, WorkerContext } from '../../src/context.ts';
import { findSealedReport } from '../../src/db/identities.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { ReportId } from '../../src/domain/report.ts';
import { createBlindIndex } from '../../src/sealing/blind-index.ts';
import { deriveFormKey } from '../../src/sealing/form-key.ts';
import { createMissingKeys, readIndexKey, readPrivateKeys, readPublicKey } from '../../src/sealing/keys.ts';
import { createOpen, createSealAgain } from '../../src/sealing/open.ts';
import { type Audience, createSeal } from '../../src/sealing/seal.ts';
import { openSealedReport } from '../../src/sealing/sealed-report.ts';

/** A data folder of the test file's own, with keys in it. */
export const testDataDir = realpathSync(mkdtempSync(join(tmpdir(), 'lapor-test-')));
afterAll(() => rmSync(testDataDir, { recursive: true, force: true }));

const config = parseConfig({ DATA_DIR: testDataDir });
createMissingKeys(config);

/** What seals and opens with those keys. */
export const sealing: Pick<DoorContext, 'seal' | 'blindIndex' | 'formKey'> &
  Pick<WorkerContext, 'open' | 'sealAgain'> = {
  seal: await createSeal(readPublicKey(config)),
  blindIndex: createBlindIndex(readIndexKey(config).bytes),
  formKey: deriveFormKey(readIndexKey(config).bytes),
  open: createOpen(() => readPrivateKeys(config)),
  sealAgain: createSealAgain(() => readPrivateKeys(config)),
};

/** What is sealed of a report; null where it does not open for this audience. */
export async function readSealed(db: Pool, reportId: ReportId, audience: Audience) {
  const sealed = await findSealedReport(db, reportId);
  return sealed && openSealedReport(sealing.open, reportId, sealed, audience);
}
