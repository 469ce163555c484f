import { setTimeout as wait } from 'node:timers/promises';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TwitterPrices } from '../../../src/config/twitter.ts';
import type { Cost } from '../../../src/domain/budget.ts';
import { AppError } from '../../../src/errors.ts';
import { readFailure } from '../failure.ts';
import { listProblems } from './find-post.ts';
import { type Reading, readWithinBudget, refuse } from './read-within-budget.ts';

export type GoneParts = Reading & {
  readonly prices: TwitterPrices;
  /** Resolves then. */
  readonly pause?: (ms: number) => Promise<unknown>;
};

/** A job of compliance takes seconds or minutes; X says nowhere how many. */
const pausesMs = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000, 30_000, 60_000, 60_000];
const mostOnLookup = 100;

/** Where posts have to be paid for, the rest of the budget is for new ones: a report that nobody reads is worse than a picture that stays longer. */
const mostOfBudget = 0.8;

/**
 * Of these posts those that nobody can see any more. Asked for by a job of batch compliance, which delivers no posts and is
 * not in X's price list (docs.x.com/x-api/compliance/batch-compliance/quickstart); where the plan has none, each post that is
 * still there costs a post read. Throws `AppError` `unavailable`.
 */
export async function listGone(parts: GoneParts, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const asked = new Set(ids);
  const gone = (await askCompliance(parts, [...asked])) ?? (await lookUp(parts, [...asked]));
  return new Set(gone.filter((id) => asked.has(id)));
}

/** Null where X does not let us have such a job. */
async function askCompliance(
  { client, clock, pause = wait }: GoneParts,
  ids: readonly string[],
): Promise<readonly string[] | null> {
  try {
    const job = await client((api) =>
      api.v2.post<{ readonly data: ComplianceJob }>('compliance/jobs', { type: 'tweets' }),
    );
    const { id, upload_url: upload, download_url: download } = job.data;
    await client((api) => api.v2.put(overTls(upload), Buffer.from(ids.join('\n')), asLines));
    for (const pauseMs of [0, ...pausesMs]) {
      if (pauseMs > 0) await pause(pauseMs);
      const { status } = (await client((api) => api.v2.complianceJob(id))).data;
      if (status === 'failed' || status === 'expired') break;
      if (status === 'complete') {
        return readResults(await client((api) => api.v2.get<string>(overTls(download), undefined, asItIs)));
      }
    }
  } catch (error) {
    const failure = readFailure(error, clock());
    if (failure.kind === 'forbidden' || failure.kind === 'not-found') return null;
    throw refuse(failure, error);
  }
  throw new AppError('unavailable', 'X has not done its job of compliance in time');
}

type ComplianceJob = Readonly<Record<'id' | 'upload_url' | 'download_url', string>>;

/** Without our token: it is a store of files that X rents, and each address there is a secret of its own. */
const asItIs = { prefix: '', enableAuth: false, forceParseMode: 'text' } as const;
const asLines = { ...asItIs, forceBodyMode: 'raw', headers: { 'Content-Type': 'text/plain' } } as const;

/** The library goes nowhere else; what stands in for X is reached by its agent, in clear. */
const overTls = (address: string): string => address.replace(/^http:/, 'https:');

const Result = Type.Object({
  id: Type.String(),
  action: Type.Literal('delete'),
  reason: Type.String(),
});
const validator = Compile(Result);

/** Where only the place was taken out of a post (`scrub_geo`) it is still there. */
function readResults(lines: string): readonly string[] {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line))
    .filter((result): result is Type.Static<typeof Result> => validator.Check(result))
    .filter(({ reason }) => reason !== 'scrub_geo')
    .map(({ id }) => id);
}

/** What X could not give for another reason is not gone. */
async function lookUp(parts: GoneParts, ids: readonly string[]): Promise<readonly string[]> {
  const gone: string[] = [];
  for (let start = 0; start < ids.length; start += mostOnLookup) {
    const { share } = await parts.budget.state();
    if (share >= mostOfBudget)
      throw new AppError('unavailable', 'what is left of the budget is for new posts');
    const some = ids.slice(start, start + mostOnLookup);
    const costOf = (posts: number): Cost => ({ posts, microdollars: posts * parts.prices.post });
    const answer = await readWithinBudget(
      parts,
      costOf(some.length),
      (api) => api.v2.get<{ readonly data?: readonly unknown[] }>('tweets', { ids: some.join() }),
      ({ data }) => costOf(data?.length ?? 0),
    );
    const absent = listProblems(answer).filter(({ kind }) => isGone(kind));
    gone.push(...absent.flatMap(({ id }) => id ?? []));
  }
  return gone;
}

const isGone = (kind: string): boolean =>
  kind === 'resource-not-found' || kind === 'not-authorized-for-resource';
