import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createSourceFigures } from './metrics.ts';

test('of a source that another process fetches from nothing is told any more, its alarms neither', async () => {
  const registry = new Registry();
  const figures = createSourceFigures(registry);
  figures.connected('twitter/search', true);
  figures.alarmed('twitter/search', 'budget', true);
  figures.alarmed('twitter/search', 'lost', false);
  figures.alarmed('twitter/stream', 'stream', true);
  const told = async () => (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
  expect(await told()).toContain('lapor_source_alarm{source="twitter/search",alarm="budget"} 1');
  figures.forget('twitter/search');
  expect((await told()).filter((line) => line !== '')).toEqual([
    'lapor_source_alarm{source="twitter/stream",alarm="stream"} 1',
  ]);
});
