import type { Channel } from '../channel.ts';

/**
 * What reaches an office on paper, in person or by telephone, and staff key in. No provider calls and nobody is written back
 * to: the desk is a page and ends at the same door, and `src/domain/letter-entry.ts` makes the report, for imported files too.
 */
export const letterChannel: Channel = { name: 'letter', providers: [] };
