import { expect, test } from 'vitest';
import { hasDkimKey } from './mail.ts';

test.each([
  ['v=DKIM1; k=rsa; p=MIIBIjANBg==', true],
  ['p=MIIBIj ANBg==', true],
  ['v=DKIM1;p=MIIBIjANBg==;t=s', true],
  ['v=DKIM1; k=rsa; p=', false],
  ['v=DKIM1; k=rsa; p=MIIBIjANBg==x', false],
  ['v=spf1 -all', false],
  ['', false],
])('%j has the key: %s', (record, has) => expect(hasDkimKey(record, 'MIIBIjANBg==')).toBe(has));
