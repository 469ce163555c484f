import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readPayload } from './read-post.ts';
import { splitAnswer } from './split.ts';

/** The shapes are those of X's pages, as they were in August 2026; persons, numbers and words are ours. */
type Documented = {
  readonly page: string;
  readonly shows: string;
  readonly answer: unknown;
  /** In the order of the answer, as far as it matters here. */
  readonly posts: readonly object[];
};
const documented: readonly Documented[] = JSON.parse(
  readFileSync(new URL('fixtures/documented.json', import.meta.url), 'utf8'),
);

const us = { handle: 'LAPOR1708', terms: ['#lapor1708', '#lapor', '@LAPOR1708'], id: null };

describe.each(documented)('$page', ({ shows, answer, posts }) => {
  test(shows, () => {
    const { payloads, unreadable } = splitAnswer(answer);
    expect(unreadable).toBe(0);
    expect(payloads.map((payload) => readPayload(payload, us))).toMatchObject(posts);
  });
});
