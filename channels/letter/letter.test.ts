import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { closedBudget } from '../../src/domain/budget.ts';
import { createChannels } from '../index.ts';

test('nobody calls the channel of letters, and it writes to nobody', () => {
  const letter = createChannels(parseConfig({}), closedBudget).find(({ name }) => name === 'letter');
  expect(letter).toEqual({ name: 'letter', providers: [] });
});
