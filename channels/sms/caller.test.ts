import { describe, expect, it } from 'vitest';
import { codeOf } from '../../test/channel-contract.ts';
import { createVerifyCaller } from './caller.ts';

const secret = '0d6f5f3c9e8b4a7d';
const request = { method: 'POST', query: '', headers: {}, body: Buffer.alloc(0), receivedAt: new Date() };

describe('a provider known by the address it calls', () => {
  const verdict = (allow: readonly string[], address: string, given = secret) =>
    codeOf(() => createVerifyCaller({ secret, allow })({ ...request, caller: { secret: given, address } }));

  it.each(['', 'x', '0d6f5f3c9e8b4a7', '0d6f5f3c9e8b4a7d ', '0D6F5F3C9E8B4A7D'])(
    'is not with the secret %j',
    (given) => {
      expect(verdict([], '203.0.113.7', given)).toBe('unauthenticated');
    },
  );

  it('is not where there is no secret in the address', () => {
    expect(codeOf(() => createVerifyCaller({ secret, allow: [] })(request))).toBe('unauthenticated');
  });

  it.each([
    [[], '203.0.113.7'],
    [['203.0.113.7'], '203.0.113.7'],
    [['203.0.113.0/24', '198.51.100.1'], '198.51.100.1'],
    [['203.0.113.0/24'], '::ffff:203.0.113.9'],
    [['2001:db8::/32'], '2001:db8:1::7'],
    [['loopback'], '127.0.0.9'],
    [['loopback'], '::1'],
  ])('allowing %j may call from %s', (allow, address) => {
    expect(verdict(allow, address)).toBeUndefined();
  });

  it.each([
    [['203.0.113.7'], '203.0.113.8'],
    [['203.0.113.0/25'], '203.0.113.200'],
    [['2001:db8::/32'], '203.0.113.7'],
    [['203.0.113.0/24'], '2001:db9::7'],
    [['loopback'], '10.0.0.1'],
    [['203.0.113.7'], 'unknown'],
  ])('allowing %j may not call from %s', (allow, address) => {
    expect(verdict(allow, address)).toBe('forbidden');
  });

  it('with a wrong secret is not told that the address is right', () => {
    expect(verdict(['203.0.113.7'], '203.0.113.8', 'x')).toBe('unauthenticated');
  });
});
