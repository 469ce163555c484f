import type { Config } from '../../config.ts';
import { countUnseenPosts } from '../../db/gone-posts.ts';
import type { Db, Pool } from '../../db/pool.ts';
import { listSources, type SourceState } from '../../db/sources.ts';
import { looksForGonePosts } from '../../domain/post.ts';
import { createBudget } from '../../spending.ts';
import { checkXBudget } from './budget.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const part = 'posts on X';
/** Nobody has searched for so long: the pauses after failures are shorter. */
const longMs = 30 * 60_000;
const check = 'npm run lapor -- twitter check';

/** Whether posts on X are read, what staff should know of it, and how far the budget goes. */
export async function checkPosts(
  db: Pool,
  { twitter }: Pick<Config, 'twitter'>,
  clock: () => Date = () => new Date(),
): Promise<readonly Finding[]> {
  if (twitter.bearerToken === null) return [ok(part, 'none are read: TWITTER_BEARER_TOKEN is not set')];
  const budget = createBudget(db, 'twitter', twitter.budget, clock);
  return [
    ...(await checkSources(db, twitter.stream)),
    await checkXBudget(part, budget),
    ...(looksForGonePosts(twitter) ? await checkUnseen(db, clock()) : []),
    ...(twitter.appKey === null
      ? [
          warn(
            part,
            'nobody is answered',
            'set TWITTER_APP_KEY and the three that belong to it, or leave it so',
          ),
        ]
      : []),
  ];
}

async function checkUnseen(db: Db, now: Date): Promise<readonly Finding[]> {
  const count = await countUnseenPosts(db, now);
  if (count === 0) return [];
  const what = `${count} posts could not be looked at for more than a day: what was deleted of them may still be public here`;
  return [warn(part, what, `${check}; the log says why at posts_not_looked_at`)];
}

async function checkSources(db: Db, hasStream: boolean): Promise<readonly Finding[]> {
  // What a stream that was switched off left behind is of no interest.
  const names = ['twitter/search', ...(hasStream ? ['twitter/stream'] : [])];
  const states = (await listSources(db)).filter(({ name }) => names.includes(name));
  const alarms = states.flatMap(({ name, alarms }) =>
    Object.values(alarms).map((words) => warn(part, `${name}: ${words}`, check)),
  );
  const search = states.find(({ name }) => name === 'twitter/search');
  // The stream only makes it faster.
  const others = states.filter((state) => state !== search && state.lastError !== null);
  return [checkSearch(search), ...others.map((state) => warn(part, describe(state), check)), ...alarms];
}

function checkSearch(state: SourceState | undefined): Finding {
  if (state === undefined) {
    return fail(
      part,
      'twitter/search was never looked into',
      'does a gateway run (npm start, or lapor serve)?',
    );
  }
  const isLong = (sinceMs(state) ?? Number.POSITIVE_INFINITY) > longMs;
  if (state.lastError === null && !isLong) return ok(part, describe(state));
  return (isLong ? fail : warn)(part, describe(state), check);
}

function describe(state: SourceState): string {
  const since = sinceMs(state);
  const seen =
    since === null ? 'was never looked into' : `was looked into ${Math.round(since / 60_000)} min ago`;
  return `${state.name} ${seen}${state.lastError === null ? '' : `: ${state.lastError}`}`;
}

const sinceMs = ({ connectedAt, now }: SourceState): number | null =>
  connectedAt === null ? null : now.getTime() - connectedAt.getTime();
