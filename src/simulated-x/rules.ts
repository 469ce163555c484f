import { matches } from './match.ts';
import type { Post } from './posts.ts';
import { duplicateRule, invalidRequest, invalidRule } from './problem.ts';
import { parseQuery, type Query, QueryError } from './query.ts';
import type { Clock } from './server.ts';

export type Rule = { readonly id: string; readonly value: string; readonly tag?: string };

export type Rules = ReturnType<typeof createRules>;

type KeptRule = Rule & { readonly query: Query };
type Change = { readonly add?: unknown; readonly delete?: unknown };

const longestValue = 1_024;
const most = 1_000;

/** The rules of the filtered stream, shared by all who hold the app's token. They survive connections. */
export function createRules(clock: Clock) {
  const rules = new Map<string, KeptRule>();
  let last = 1_500_000_000_000_000_000n;

  const list = (): readonly Rule[] => [...rules.values()].map(({ query: _, ...rule }) => rule);
  const sent = () => new Date(clock()).toISOString();

  /** POST /2/tweets/search/stream/rules. */
  function change(body: Change, isDryRun: boolean): { readonly status: number; readonly body: object } {
    if (Array.isArray(body.add)) return { status: 201, body: add(body.add, isDryRun) };
    const { ids, values } = (body.delete ?? {}) as { ids?: unknown; values?: unknown };
    if (Array.isArray(ids) || Array.isArray(values)) {
      return { status: 200, body: remove([...asTexts(ids)], [...asTexts(values)], isDryRun) };
    }
    throw invalidRequest('add', null, 'Either `add` or `delete` is needed');
  }

  function add(drafts: readonly unknown[], isDryRun: boolean) {
    const created: KeptRule[] = [];
    const errors: object[] = [];
    for (const draft of drafts as { value?: unknown; tag?: unknown }[]) {
      const value = String(draft?.value ?? '');
      const twin = [...rules.values(), ...created].find((rule) => rule.value === value);
      const query = twin === undefined ? understand(value) : null;
      if (twin !== undefined) errors.push(duplicateRule(twin.id, value));
      else if (query === null || typeof query === 'string') errors.push(invalidRule(value, query ?? ''));
      else {
        last += 1n;
        const tag = typeof draft.tag === 'string' ? { tag: draft.tag } : {};
        created.push({ id: String(last), value, ...tag, query });
      }
    }
    if (!isDryRun) for (const rule of created) rules.set(rule.id, rule);
    const failed = { not_created: errors.length, invalid: errors.length };
    return {
      ...(created.length > 0 && { data: created.map(({ query: _, ...rule }) => rule) }),
      meta: { sent: sent(), summary: { created: created.length, valid: created.length, ...failed } },
      ...(errors.length > 0 && { errors }),
    };
  }

  function understand(value: string): Query | string {
    if (value.length > longestValue) return `Rule must be at most ${longestValue} characters long`;
    if (rules.size >= most) return `There are ${most} rules already`;
    try {
      return parseQuery(value);
    } catch (error) {
      if (error instanceof QueryError) return error.message;
      throw error;
    }
  }

  function remove(ids: readonly string[], values: readonly string[], isDryRun: boolean) {
    const named = list().filter(({ id, value }) => ids.includes(id) || values.includes(value));
    if (!isDryRun) for (const { id } of named) rules.delete(id);
    const notDeleted = ids.length + values.length - named.length;
    return { meta: { sent: sent(), summary: { deleted: named.length, not_deleted: notDeleted } } };
  }

  return {
    list,
    change,
    /** GET /2/tweets/search/stream/rules. */
    present: () => {
      const data = list();
      return { ...(data.length > 0 && { data }), meta: { sent: sent(), result_count: data.length } };
    },
    /** Those that find this post, as the stream names them. */
    matching: (post: Post) =>
      [...rules.values()]
        .filter(({ query }) => matches(query, post))
        .map(({ id, tag }) => ({ id, ...(tag !== undefined && { tag }) })),
  };
}

const asTexts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
