import { customAlphabet, random } from 'nanoid';
import { v7 } from 'uuid';
import type { Receipt } from './domain/report.ts';

/** A UUID version 7. nanoid's random bytes come from a pool: drawing 16 at a time from the system is far dearer. */
export const newId = <Id extends string>(): Id => v7({ random: random(16) }) as Id;

/** 26 characters of Crockford's base32, 130 random bits: no I, L, O, U, so that it can be read aloud and typed. */
export const newReceipt = customAlphabet('0123456789abcdefghjkmnpqrstvwxyz', 26) as () => Receipt;
