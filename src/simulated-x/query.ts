/** A query of search, or the value of a rule, as it was understood. */
export type Query =
  | { readonly kind: 'all'; readonly of: readonly Query[] }
  | { readonly kind: 'any'; readonly of: readonly Query[] }
  | { readonly kind: 'not'; readonly of: Query }
  | { readonly kind: 'term'; readonly operator: string; readonly value: string };

export class QueryError extends Error {
  override readonly name = 'QueryError';
}

const operators = [
  ...['from', 'to', 'conversation_id', 'in_reply_to_tweet_id', 'quotes_of_tweet_id', 'retweets_of_tweet_id'],
  ...['is', 'has', 'lang'],
];
/** They only narrow down what another operator finds. */
const neverAlone = ['is', 'has', 'lang'];

const token = /\s*(?:(\()|(\))|(-?)(?:(?=\()|([#@]?"[^"]*"|[^\s()"]+(?:"[^"]*")?)))/uy;

/** Throws `QueryError` with words for who wrote it. A space means AND, which binds more tightly than OR. */
export function parseQuery(text: string): Query {
  const tokens = tokenize(text);
  let next = 0;

  function parseAny(): Query {
    const of = [parseAll()];
    while (tokens[next] === 'OR') {
      next += 1;
      of.push(parseAll());
    }
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'any', of };
  }

  function parseAll(): Query {
    const of: Query[] = [];
    while (next < tokens.length && tokens[next] !== 'OR' && tokens[next] !== ')') of.push(parseOne());
    const [only] = of;
    if (only === undefined) throw new QueryError(`missing a term at position ${next}`);
    return of.length === 1 ? only : { kind: 'all', of };
  }

  function parseOne(): Query {
    const word = tokens[next++] ?? '';
    if (word === '-') return { kind: 'not', of: parseOne() };
    if (word !== '(') return parseTerm(word);
    const inner = parseAny();
    if (tokens[next++] !== ')') throw new QueryError("missing ')'");
    return inner;
  }

  const query = parseAny();
  if (next < tokens.length) throw new QueryError(`no viable alternative at input '${tokens[next]}'`);
  if (!standsAlone(query)) {
    throw new QueryError('Rules must contain at least one positive, non-stopword clause');
  }
  return query;
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (text.slice(token.lastIndex).trim() !== '') {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null)
      throw new QueryError(`no viable alternative at character '${text.slice(at).trim()[0]}'`);
    const [, open, close, minus, word] = match;
    if (minus) tokens.push('-');
    const found = open ?? close ?? word;
    if (found !== undefined) tokens.push(found);
  }
  return tokens;
}

function parseTerm(word: string): Query {
  if (word.startsWith('#')) return term('#', word.slice(1));
  if (word.startsWith('@')) return term('@', word.slice(1));
  const [, operator, value] = /^([a-z_]+):(.+)$/u.exec(word) ?? [];
  if (operator === undefined || value === undefined) return term('', word.replaceAll('"', ''));
  if (!operators.includes(operator)) throw new QueryError(`Reference to invalid operator '${operator}'`);
  return term(operator, value);
}

const term = (operator: string, value: string): Query => ({
  kind: 'term',
  operator,
  value: value.replace(/^@/u, '').toLowerCase(),
});

/** Finds something by itself: in each branch of an OR, and somewhere in an AND, there is what is not merely a filter. */
function standsAlone(query: Query): boolean {
  if (query.kind === 'term') return !neverAlone.includes(query.operator);
  if (query.kind === 'any') return query.of.every(standsAlone);
  return query.kind === 'all' && query.of.some(standsAlone);
}
