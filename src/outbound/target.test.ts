import { describe, expect, test } from 'vitest';
import { findTargetProblem, isPublicAddress } from './target.ts';

describe('a URL may be sent to', () => {
  test.each([
    'https://lapor.bandung.go.id/masuk',
    'https://lapor.bandung.go.id:8443/masuk?kunci=1',
    'https://8.8.8.8/masuk',
    'https://[2606:4700:4700::1111]/masuk',
  ])('when it is https on the public internet: %s', (url) => expect(findTargetProblem(url, [])).toBeNull());

  test.each([
    ['http://127.0.0.1:9000/masuk', '127.0.0.1:9000'],
    ['http://127.0.0.1:9000/masuk', '127.0.0.1'],
    ['https://localhost/masuk', 'localhost:443'],
    ['http://penerima/masuk', 'penerima:80'],
    ['http://[::1]:9000/masuk', '[::1]:9000'],
    ['http://LOCALHOST:25/masuk', 'localhost'],
  ])('when the operator allows its host: %s by %s', (url, allowed) => {
    expect(findTargetProblem(url, [allowed])).toBeNull();
    expect(findTargetProblem(url, [])).not.toBeNull();
  });
});

describe('a URL may not be sent to', () => {
  test.each([
    ['lapor.bandung.go.id', 'must be an https address'],
    ['ftp://lapor.bandung.go.id/', 'must be an https address'],
    ['javascript:alert(1)', 'must be an https address'],
    ['file:///etc/passwd', 'must be an https address'],
    ['http://lapor.bandung.go.id/', 'must be https'],
    ['https://admin:rahasia@lapor.bandung.go.id/', 'user name or password'],
    ['https://lapor.bandung.go.id:25/', 'port'],
    ['https://localhost/', 'public internet'],
    ['https://localhost./', 'public internet'],
    ['https://postgres:5432/', 'public internet'],
    ['https://127.0.0.1/', 'private or reserved'],
    ['https://2130706433/', 'private or reserved'],
    ['https://0x7f.1/', 'private or reserved'],
    ['https://0177.0.0.1/', 'private or reserved'],
    ['https://[::1]/', 'private or reserved'],
    ['https://[::ffff:10.0.0.1]/', 'private or reserved'],
    ['https://169.254.169.254/latest/meta-data', 'private or reserved'],
  ])('%s: %s', (url, problem) => expect(findTargetProblem(url, [])).toContain(problem));

  test('because another port of the host is allowed', () => {
    expect(findTargetProblem('http://127.0.0.1:9001/', ['127.0.0.1:9000'])).not.toBeNull();
  });

  test('with a password even to an allowed host', () => {
    expect(findTargetProblem('http://a:b@127.0.0.1/', ['127.0.0.1'])).toContain('user name or password');
  });
});

describe('an address', () => {
  test.each(['8.8.8.8', '103.28.12.5', '2606:4700:4700::1111', '2001:4860:4860::8888'])(
    '%s is public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  test.each([
    ['0.0.0.0', 'this host'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'carrier NAT'],
    ['127.8.8.8', 'loopback'],
    ['169.254.169.254', 'link-local: cloud metadata'],
    ['172.16.0.1', 'private'],
    ['192.0.2.1', 'documentation'],
    ['192.168.1.1', 'private'],
    ['198.18.0.1', 'benchmarking'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'IPv4-mapped'],
    ['::ffff:8.8.8.8', 'IPv4-mapped'],
    ['64:ff9b::7f00:1', 'NAT64'],
    ['64:ff9b:1::a00:1', 'local NAT64'],
    ['2001::7f00:1', 'Teredo'],
    ['2002:7f00:1::', '6to4'],
    ['2001:db8::1', 'documentation'],
    ['fc00::1', 'unique local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['4000::1', 'not assigned'],
    ['', 'no address'],
    ['lapor.go.id', 'no address'],
  ])('%s is not public: %s', (address) => expect(isPublicAddress(address)).toBe(false));
});
