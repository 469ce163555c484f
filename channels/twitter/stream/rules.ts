import type { XClient } from '../client.ts';

/** Marks our rule among those of others that use the same app. */
export const ruleTag = 'lapor-gateway';

export type Rule = { readonly id: string; readonly value: string; readonly tag?: string };

/** `ids` of the rules that find what we search for; `foreign` is how many find something else. */
export type Rules = { readonly ids: ReadonlySet<string>; readonly foreign: number };

export type RulesPlan = Rules & { readonly outdated: readonly string[]; readonly isMissing: boolean };

/** What is to be done so that one rule of ours stands for the query. Rules of others stay, even one with our query. */
export function planRules(present: readonly Rule[], query: string): RulesPlan {
  const fitting = present.filter(({ value }) => value === query);
  // X takes the same query but once: another one's serves as well.
  const kept = fitting.find(isOurs) ?? fitting[0];
  return {
    ids: new Set(kept === undefined ? [] : [kept.id]),
    isMissing: kept === undefined,
    outdated: present.filter((rule) => isOurs(rule) && rule !== kept).map(({ id }) => id),
    foreign: present.filter((rule) => !isOurs(rule) && rule.value !== query).length,
  };
}

const isOurs = ({ tag }: Rule): boolean => tag === ruleTag;

/** Puts our rule in its place; null where X does not take it. Rejects with what `readFailure` understands. */
export async function reconcileRules(
  client: XClient,
  query: string,
  signal: AbortSignal,
): Promise<Rules | null> {
  const { ids, foreign, outdated, isMissing } = planRules(await listRules(client, signal), query);
  // First, for there may be no room for one more.
  if (outdated.length > 0) {
    await client((api) => api.v2.updateStreamRules({ delete: { ids: [...outdated] } }), signal);
  }
  if (!isMissing) return { ids, foreign };
  const { data = [] } = await client(
    (api) => api.v2.updateStreamRules({ add: [{ value: query, tag: ruleTag }] }),
    signal,
  );
  return data.length === 0 ? null : { ids: new Set(data.map(({ id }) => id)), foreign };
}

async function listRules(client: XClient, signal: AbortSignal): Promise<readonly Rule[]> {
  const rules: Rule[] = [];
  let page: string | undefined;
  do {
    const token = page === undefined ? {} : { pagination_token: page };
    const { data = [], meta } = await client((api) => api.v2.streamRules(token), signal);
    rules.push(...data);
    page = meta?.next_token;
  } while (page !== undefined);
  return rules;
}
