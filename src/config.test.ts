import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

test.each([
  ['loopback', ['loopback']],
  ['10.0.0.5, 10.1.0.0/16,2001:DB8::/32', ['10.0.0.5', '10.1.0.0/16', '2001:db8::/32']],
])('TRUST_PROXY=%s names proxies', (value, proxies) => {
  expect(parseConfig({ TRUST_PROXY: value }).trustProxy).toEqual(proxies);
});

test.each(['10.0.0.0/33', '10.0.0.0/0', 'proxy.internal', '10.0.0.1/8/8', '::/129', '10.0.0.1,', 'true'])(
  'TRUST_PROXY=%s stops the start',
  (value) => {
    expect(() => parseConfig({ TRUST_PROXY: value })).toThrow(
      'TRUST_PROXY cannot be used: expected addresses',
    );
  },
);
