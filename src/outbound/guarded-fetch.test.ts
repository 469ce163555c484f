import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createGuardedFetch } from './guarded-fetch.ts';

/** Answers without asking any name server, and keeps what was asked. */
function pretendLookup(...addresses: readonly string[]): {
  readonly lookup: LookupFunction;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const found = addresses.map(
    (address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }),
  );
  const lookup: LookupFunction = (hostname, _options, callback) => {
    asked.push(hostname);
    setImmediate(() => callback(null, found));
  };
  return { lookup, asked };
}

let close: () => Promise<void> = async () => {};
afterEach(() => close());

function postTo(url: string, lookup: LookupFunction, allow: readonly string[] = []) {
  const guarded = createGuardedFetch({ allow, lookup });
  close = guarded.close;
  return guarded.post({ url, headers: {}, body: '{"text":"rahasia"}' });
}

describe('nothing is sent', () => {
  test.each([
    ['a private address', ['10.0.0.7']],
    ['the machine itself', ['127.0.0.1']],
    ['the machine itself by IPv6', ['::1']],
    ['cloud metadata', ['169.254.169.254']],
    ['a mapped private address', ['::ffff:192.168.0.1']],
    ['a private address among public ones', ['8.8.8.8', '2606:4700:4700::1111', '10.0.0.7']],
    ['no address at all', []],
  ])('to a name that resolves to %s', async (_, addresses) => {
    const { lookup, asked } = pretendLookup(...addresses);
    expect(await postTo('https://lapor.jahat.example/masuk', lookup)).toEqual({
      kind: 'blocked',
      detail: 'the name resolves to a private or reserved address',
    });
    expect(asked).toEqual(['lapor.jahat.example']);
  });

  test('to a literal private address, whose name nobody has to look up', async () => {
    const { lookup, asked } = pretendLookup('8.8.8.8');
    expect(await postTo('https://192.168.1.1/masuk', lookup)).toMatchObject({ kind: 'blocked' });
    expect(asked).toEqual([]);
  });

  test('in clear text to a host the operator did not allow', async () => {
    const { lookup } = pretendLookup('8.8.8.8');
    expect(await postTo('http://lapor.bandung.example/masuk', lookup)).toEqual({
      kind: 'blocked',
      detail: 'the URL must be https, or its host listed in OUTBOUND_ALLOW',
    });
  });

  test('where the name is unknown, and the outcome says so', async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(
        Object.assign(new Error('getaddrinfo ENOTFOUND lapor.salah.example'), { code: 'ENOTFOUND' }),
        [],
      );
    expect(await postTo('https://lapor.salah.example/masuk', lookup)).toEqual({
      kind: 'network',
      detail: 'ENOTFOUND',
    });
  });
});
