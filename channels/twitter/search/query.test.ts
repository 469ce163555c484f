import { describe, expect, it } from 'vitest';
import { buildQuery } from './query.ts';

const usual = {
  terms: ['#lapor1708', '#lapor', '@LAPOR1708'],
  account: 'LAPOR1708',
  plan: 'pay-per-use',
} as const;

describe('the query', () => {
  it('finds what calls us, and neither retweets nor what we post ourselves', () => {
    expect(buildQuery(usual)).toBe('(#lapor1708 OR #lapor OR @LAPOR1708) -is:retweet -from:LAPOR1708');
  });

  it('finds what is said to our account, whatever the terms are', () => {
    expect(buildQuery({ ...usual, terms: ['#lapor'] })).toBe(
      '(#lapor OR @LAPOR1708) -is:retweet -from:LAPOR1708',
    );
    expect(buildQuery({ ...usual, terms: ['@lapor1708'] })).toBe('@lapor1708 -is:retweet -from:LAPOR1708');
  });

  it('is as long as the plan takes it, and not a character longer', () => {
    const around = buildQuery({ ...usual, terms: ['#'] }).length - 1;
    const ofLength = (length: number) => ({ ...usual, terms: [`#${'a'.repeat(length - around - 1)}`] });
    expect(buildQuery(ofLength(512))).toHaveLength(512);
    expect(() => buildQuery(ofLength(513))).toThrow(
      'TWITTER_TERMS makes a query of 513 characters, and X takes 512 with TWITTER_PLAN=pay-per-use',
    );
    expect(buildQuery({ ...ofLength(4_096), plan: 'enterprise' })).toHaveLength(4_096);
    expect(() => buildQuery({ ...ofLength(4_097), plan: 'enterprise' })).toThrow(/TWITTER_TERMS/);
  });
});
