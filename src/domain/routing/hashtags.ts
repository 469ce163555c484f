/** The words of hashtags as people write them, for a router that knows words: `#JalanRusak` and `#jalan_rusak` are two each. */
export const spellHashtags = (hashtags: readonly string[]): string =>
  hashtags
    .map((tag) =>
      tag
        .slice(0, 100)
        .replace(/(\p{Ll})(\p{Lu})|(\p{L})(\p{N})/gu, '$1$3 $2$4')
        .replaceAll('_', ' '),
    )
    .join('. ');
