import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { listSpooled } from './invariants.ts';

test('what lies in a spool counts as stuck, wherever in it, and an emptied segment does not', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lapor-spooled-'));
  const files = {
    'gateway/spool/000001.spool': 'a line',
    'gateway/spool/000002.spool': '',
    'gateway/spool/lock': 'not a report',
    'gateway/spool/refused/0198.json': '{}',
    'worker-1/spool/corrupt/000001.1': 'half a line',
    'keys/index.key': 'no spool',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dataDir, name)), { recursive: true });
    await writeFile(join(dataDir, name), content);
  }
  expect(await listSpooled(dataDir)).toEqual([
    'in the spool: gateway/spool/000001.spool, 6 bytes',
    'in the spool: gateway/spool/refused/0198.json, 2 bytes',
    'in the spool: worker-1/spool/corrupt/000001.1, 11 bytes',
  ]);
  await rm(dataDir, { recursive: true });
});
