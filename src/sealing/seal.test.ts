import { describe, expect, test, vi } from 'vitest';
import type { ReportId } from '../domain/report.ts';
import { generateKeyPair } from './keys.ts';
import { createOpen } from './open.ts';
import { createSeal, type SealLabel } from './seal.ts';

const label: SealLabel = { reportId: '0190b0c5-7b1f-7c2e-8e07-3f6e7a3a9c11' as ReportId, audience: 'agency' };
const words = Buffer.from('Sri Wahyuni, +6281234567890');
const mine = generateKeyPair();

test('what is sealed opens with the private key, and shows nothing of itself', async () => {
  const sealed = (await createSeal(mine))(words, label);
  expect(sealed.keyId).toBe(mine.id);
  expect(sealed.bytes.includes('Wahyuni')).toBe(false);
  expect(await createOpen(() => [mine])(sealed, label)).toEqual(words);
});

test('the same words sealed twice look different, under one agreement', async () => {
  const seal = await createSeal(mine);
  const [one, two] = [seal(words, label), seal(words, label)];
  expect(one.bytes.subarray(0, 32)).toEqual(two.bytes.subarray(0, 32));
  expect(one.bytes.subarray(32, 44)).not.toEqual(two.bytes.subarray(32, 44));
  expect(one.bytes.subarray(44)).not.toEqual(two.bytes.subarray(44));
});

test('after ten minutes it has agreed on another secret, also where nothing was sealed since', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const seal = await createSeal(mine);
  const before = seal(words, label);
  vi.advanceTimersByTime(10 * 60_000);
  vi.useRealTimers();
  const start = (bytes: Buffer) => bytes.toString('hex', 0, 32);
  await expect.poll(() => start(seal(words, label).bytes)).not.toBe(start(before.bytes));
  expect(await createOpen(() => [mine])(before, label)).toEqual(words);
});

test('a key that comes into the file later is found', async () => {
  const keys = [generateKeyPair()];
  const open = createOpen(() => keys);
  const sealed = (await createSeal(mine))(words, label);
  await expect(open(sealed, label)).rejects.toMatchObject({ code: 'config' });
  keys.push(mine);
  expect(await open(sealed, label)).toEqual(words);
});

test('what was sealed for a key that was given up opens for nobody, without an error', async () => {
  const sealed = (await createSeal(mine))(words, label);
  expect(await createOpen(() => [], new Set([mine.id]))(sealed, label)).toBeNull();
});

test('an older key among several opens what was sealed for it', async () => {
  const sealed = (await createSeal(mine))(words, label);
  expect(await createOpen(() => [generateKeyPair(), mine])(sealed, label)).toEqual(words);
});

test('without the private key it says which one is missing', async () => {
  const sealed = (await createSeal(mine))(words, label);
  await expect(createOpen(() => [generateKeyPair()])(sealed, label)).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining(mine.id),
  });
});

describe('it does not open', () => {
  test.each([
    ['for another report', { ...label, reportId: '0190b0c5-7b1f-7c2e-8e07-3f6e7a3a9c12' as ReportId }],
    ['for another audience', { ...label, audience: 'nobody' as const }],
  ])('%s', async (_, other) => {
    const sealed = (await createSeal(mine))(words, label);
    expect(await createOpen(() => [mine])(sealed, other)).toBeNull();
  });

  test('with any one byte changed, or cut short', async () => {
    const { keyId, bytes } = (await createSeal(mine))(words, label);
    const open = createOpen(() => [mine]);
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(await open({ keyId, bytes: changed }, label), `byte ${index}`).toBeNull();
      expect(await open({ keyId, bytes: bytes.subarray(0, index) }, label)).toBeNull();
    }
  });
});
