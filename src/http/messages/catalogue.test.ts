import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/**
 * Words between tags are found by Biome (noJsxLiterals); these are the other two places where words could stand outside
 * the catalogue: an attribute that is read or read out, and a string in braces between tags.
 */
const wordsInAttribute =
  /\b(alt|aria-(?:label|description|roledescription|valuetext)|content|hint|label|placeholder|submit|title)=(?:"[^"]*\p{L}{2}[^"]*"|\{\s*['"`][^'"`]*\p{L}{2})/gu;
const wordsInBraces = /(?<![=(:?&|,]\s*|\$)\{\s*(['"`])(?:(?!\1).)*\p{L}{2}(?:(?!\1).)*\1\s*\}/gu;
/** Of `meta`, for machines. */
const harmless = /^content="(width=device-width, initial-scale=1|light dark)"$/;

const findWords = (source: string): readonly string[] =>
  [wordsInAttribute, wordsInBraces]
    .flatMap((pattern) =>
      [...source.replaceAll(/\$\{[^}]*\}/g, '').matchAll(pattern)].map(([found]) => found),
    )
    .filter((found) => !harmless.test(found));

const pages = new URL('../pages/', import.meta.url);

test.each(readdirSync(pages).filter((file) => /(?<!\.test)\.tsx$/.test(file)))(
  '%s says nothing that is not in the catalogue',
  (file) => {
    expect(findWords(readFileSync(new URL(file, pages), 'utf8'))).toEqual([]);
  },
);

test.each(['<p title="Halo dunia">', "<img alt={'Peta'} />", "<p>{'Halo dunia'}</p>", '<p>a {`Halo`}</p>'])(
  'words are found in %s',
  (source) => {
    expect(findWords(source)).toHaveLength(1);
  },
);
