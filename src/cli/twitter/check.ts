import type { XClients } from '../../../channels/twitter/client.ts';
import { createProbe, type Probe, type Unsaid } from '../../../channels/twitter/probe.ts';
import { buildQuery } from '../../../channels/twitter/search/query.ts';
import { leastLeft, leastPosts } from '../../../channels/twitter/stream/meter.ts';
import type { TwitterConfig } from '../../config/twitter.ts';
import type { Budget } from '../../domain/budget.ts';
import { formatDollars } from '../../domain/platform-cost.ts';
import { AppError } from '../../errors.ts';
import { checkXBudget } from '../doctor/budget.ts';
import { type Finding, fail, ok, warn } from '../doctor/finding.ts';
import { mayAnswerAll, tellCost } from './cost-findings.ts';

const apply = 'README, "Posts on X", says what to apply for';
const mendTokens = 'make them anew in the developer console, under "Keys and tokens"';
const mendWay =
  'try again in some minutes; from here the gateway must reach TWITTER_API_URL, and be within its budget';

/** Asks X for everything that posts depend on, one thing after the other; reads no post. */
export async function* checkTwitter(
  config: TwitterConfig,
  clients: XClients | null,
  budget: Budget,
): AsyncGenerator<Finding> {
  const query = readQuery(config);
  if (clients === null) {
    yield fail('bearer token', 'TWITTER_BEARER_TOKEN is not set, so no post is read', apply);
    yield query.finding;
    return;
  }
  const probe = createProbe(clients, config.prices, budget);
  const usage = await checkToken(probe);
  yield usage;
  yield await checkAccount(probe, config);
  yield query.finding;
  yield tellAnswers(config);
  yield await checkXBudget('spent', budget);
  if (usage.level === 'fail' || query.text === null) return;
  yield await checkRules(probe, query.text, config);
  yield* checkCost(probe, query.text, config);
}

/** The query is null where X would not take it. */
function readQuery(config: TwitterConfig): { readonly text: string | null; readonly finding: Finding } {
  const part = 'query';
  try {
    const text = buildQuery(config);
    return { text, finding: ok(part, `${text} (${text.length} characters, TWITTER_PLAN=${config.plan})`) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { text: null, finding: fail(part, error.message, 'name fewer, or shorter, TWITTER_TERMS') };
  }
}

const failUnsaid = (part: string, { problem, isKey }: Unsaid): Finding =>
  fail(part, problem, isKey ? mendTokens : mendWay);

async function checkToken(probe: Probe): Promise<Finding> {
  const part = 'bearer token';
  const said = await probe.readUsage();
  if ('problem' in said) return failUnsaid(part, said);
  const { read, most, resetDay } = said.value;
  const count = (posts: number) => posts.toLocaleString('en-US');
  const what = `X takes it; ${count(read)} of ${count(most)} posts a month are read, counted anew on day ${resetDay}`;
  return read > 0.8 * most ? warn(part, what, 'a larger plan at X') : ok(part, what);
}

async function checkAccount(probe: Probe, { account }: TwitterConfig): Promise<Finding> {
  const part = 'account';
  const said = await probe.findOwnHandle();
  if (said === null) return warn(part, 'no keys of one are set, so nobody is answered', apply);
  if ('problem' in said) return failUnsaid(part, said);
  return said.value.toLowerCase() === account.toLowerCase()
    ? ok(part, `answers come from @${said.value}`)
    : fail(
        part,
        `the tokens are those of @${said.value}, and TWITTER_ACCOUNT is ${account}`,
        'sign in as the right one in the developer console, or set TWITTER_ACCOUNT',
      );
}

const tellAnswers = (config: TwitterConfig): Finding =>
  ok(
    'answers',
    mayAnswerAll(config)
      ? 'may go to everybody (TWITTER_PLAN=enterprise)'
      : `X lets us answer only who mentions @${config.account}, or quotes it; the others are not_summoned`,
  );

async function checkRules(probe: Probe, query: string, config: TwitterConfig): Promise<Finding> {
  const part = 'stream';
  if (!config.stream) return ok(part, 'not used: TWITTER_STREAM=off');
  if (!hasBudgetForStream(config)) {
    const least = `${leastPosts.toLocaleString('en-US')} posts, or ${formatDollars(leastLeft(config.prices).microdollars)},`;
    return warn(
      part,
      `never opened: it rests while fewer than ${least} are left, and the budget is smaller than that`,
      'TWITTER_STREAM=off, or a larger budget: the search finds all posts without it',
    );
  }
  const said = await probe.readRules(query);
  if ('problem' in said)
    return warn(part, said.problem, 'the search finds all posts without it; TWITTER_STREAM=off');
  const { foreign, isMissing, outdated } = said.value;
  if (foreign > 0) {
    return warn(
      part,
      `${foreign} rules on it are not ours, and each post that they find costs us as much`,
      'give the gateway an app of its own, or delete them there',
    );
  }
  return ok(
    part,
    isMissing || outdated.length > 0 ? 'our rule is put there at the next start' : 'our rule is there',
  );
}

function hasBudgetForStream({ budget, prices }: TwitterConfig): boolean {
  const least = leastLeft(prices);
  const isEnough = (limit: number, needed: number) => limit === 0 || limit >= needed;
  return [budget.daily, budget.monthly].every(
    ({ posts, microdollars }) => isEnough(posts, least.posts) && isEnough(microdollars, least.microdollars),
  );
}

async function* checkCost(probe: Probe, query: string, config: TwitterConfig): AsyncGenerator<Finding> {
  const part = 'search';
  const said = await probe.countPosts(query);
  if ('problem' in said) {
    yield fail(part, said.problem, 'look at the credits and access of the app in the developer console');
    return;
  }
  yield ok(part, `${said.value.toLocaleString('en-US')} posts of the last seven days call us`);
  const mentions = mayAnswerAll(config)
    ? said
    : await probe.countPosts(buildQuery({ ...config, terms: [`@${config.account}`] }));
  const mentioning = 'problem' in mentions ? said.value : mentions.value;
  yield* tellCost({ tagged: said.value, mentioning }, config);
}
