import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { StaffId } from '../../../domain/staff.ts';
import { deriveStaffSecrets } from './staff-secrets.ts';
import { describeTotp, findTotpStep, hashRecoveryCode, newRecoveryCodes } from './totp.ts';

// RFC 6238, appendix B, whose codes of eight digits end in these six
const secret = Buffer.from('12345678901234567890');
const at = (seconds: number) => new Date(seconds * 1000);

test.each([
  [59, '287082', 1],
  [1111111109, '081804', 37037036],
  [20000000000, '353130', 666666666],
])('the code of second %d is %s', (seconds, code, step) => {
  expect(findTotpStep(secret, code, at(seconds))).toBe(step);
});

test('a code is good half a minute early or late, and no longer', () => {
  expect([29, 30, 59, 60, 89].map((seconds) => findTotpStep(secret, '287 082', at(seconds)))).toEqual([
    1, 1, 1, 1, 1,
  ]);
  expect(findTotpStep(secret, '287082', at(90))).toBeNull();
});

test.each(['', '28708', '2870820', '28708a', '٢٨٧٠٨٢'])('"%s" is no code', (typed) => {
  expect(findTotpStep(secret, typed, at(59))).toBeNull();
});

test('an app reads the secret from the QR code', () => {
  const { uri, text } = describeTotp(secret, 'Gerbang Lapor', 'sri@contoh.go.id');
  expect(uri).toMatch(/^otpauth:\/\/totp\/Gerbang%20Lapor:sri%40contoh\.go\.id\?/);
  expect(new URL(uri).searchParams.get('secret')).toBe(text.replaceAll(' ', ''));
});

test('recovery codes are ten different ones, and read however they are typed', () => {
  const secrets = deriveStaffSecrets(randomBytes(32));
  const codes = newRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^([2-9a-z]{4}-){3}[2-9a-z]{4}$/);
  const [code = ''] = codes;
  const hash = (typed: string, id = 'a') => hashRecoveryCode(secrets, id as StaffId, typed)?.toString('hex');
  expect(hash(code.toUpperCase().replaceAll('-', ' '))).toBe(hash(code));
  expect(hash(code, 'b')).not.toBe(hash(code));
  expect(hash('abcd')).toBeUndefined();
});

test('what is sealed opens with the same key for the same purpose alone', () => {
  const [one, other] = [deriveStaffSecrets(randomBytes(32)), deriveStaffSecrets(randomBytes(32))];
  const sealed = one.seal(secret, 'totp a');
  expect(one.open(sealed, 'totp a')).toEqual(secret);
  expect(one.open(sealed, 'totp b')).toBeNull();
  expect(other.open(sealed, 'totp a')).toBeNull();
  expect(one.open(sealed.subarray(1), 'totp a')).toBeNull();
  expect(one.open(Buffer.alloc(3), 'totp a')).toBeNull();
});
