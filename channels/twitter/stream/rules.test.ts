import { expect, test } from 'vitest';
import { planRules, ruleTag } from './rules.ts';

const query = '(#lapor1708 OR @LAPOR1708) -is:retweet';
const ours = (id: string, value: string) => ({ id, value, tag: ruleTag });

test('where there is no rule ours is missing', () => {
  expect(planRules([], query)).toEqual({ ids: new Set(), isMissing: true, outdated: [], foreign: 0 });
});

test('a rule of ours that fits stays, and what it was before goes', () => {
  expect(planRules([ours('1', '#lapor1708'), ours('2', query)], query)).toEqual({
    ids: new Set(['2']),
    isMissing: false,
    outdated: ['1'],
    foreign: 0,
  });
});

test('of two that are the same one stays', () => {
  expect(planRules([ours('1', query), ours('2', query)], query)).toMatchObject({
    ids: new Set(['1']),
    outdated: ['2'],
  });
});

test('rules of others stay, whatever their tag, and are counted', () => {
  const others = [
    { id: '7', value: 'kucing', tag: 'riset' },
    { id: '8', value: 'anjing' },
  ];
  expect(planRules([...others, ours('1', query)], query)).toEqual({
    ids: new Set(['1']),
    isMissing: false,
    outdated: [],
    foreign: 2,
  });
});

test('a rule of others with our query serves, for X takes none twice', () => {
  expect(planRules([{ id: '7', value: query, tag: 'riset' }, ours('1', 'lama')], query)).toEqual({
    ids: new Set(['7']),
    isMissing: false,
    outdated: ['1'],
    foreign: 0,
  });
});
