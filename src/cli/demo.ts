import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { type Config, readConfig } from '../config.ts';
import { loadDirectory } from '../db/directory.ts';
import { createPool, type Pool } from '../db/pool.ts';
import { routeReport } from '../domain/routing/route-report.ts';
import { findRunningPostgres } from '../embedded/postgres.ts';
import { startThrowAwayGateway } from '../embedded/throw-away-gateway.ts';
import { AppError } from '../errors.ts';
import { newSecret } from '../outbound/sign.ts';
import { type DemoAgency, startDemoAgency } from './demo/agency.ts';
import { closeEndpoints, openEndpoints } from './demo/endpoints.ts';
import { explainFailure, hasArrived, isBlocked, type Journey, stageOf } from './demo/journey.ts';
import { isSummons, listPostStories } from './demo/post-stories.ts';
import { startDemoPosts } from './demo/posts.ts';
import { runJourneys } from './demo/run.ts';
import { type Doors, isOpen, type Message, prepareMessage } from './demo/send.ts';
import { listStories, type Story, type Way } from './demo/stories.ts';
import { describeSummary } from './demo/summary.ts';
import { openView } from './demo/view.ts';
import { gatewayUrl } from './doctor/doors.ts';
import { fail } from './fail.ts';

export const demoCommand = defineCommand({
  meta: {
    name: 'demo',
    description: 'Watch invented reports go through the running gateway, or a throw-away one',
  },
  args: {
    url: {
      type: 'string',
      description: 'Running gateway, if not that at HOST and PORT',
      valueHint: 'url',
    },
    'agency-port': {
      type: 'string',
      description: 'Port of its agency, for OUTBOUND_ALLOW',
      valueHint: 'port',
      default: '1709',
    },
  },
  run: async ({ args }) => {
    try {
      const config = readConfig();
      const url = parseUrl(args.url) ?? gatewayUrl(config.host, config.port);
      process.exitCode = await demonstrate(config, url, parsePort(args['agency-port']));
    } catch (error) {
      fail(error);
    }
  },
});

function parseUrl(raw: string | undefined): string | null {
  if (raw === undefined) return null;
  if (!URL.canParse(raw) || !/^https?:$/.test(new URL(raw).protocol)) {
    throw new AppError('invalid', '--url must be an address such as http://127.0.0.1:1708');
  }
  return new URL(raw).href.replace(/\/$/, '');
}

function parsePort(raw: string): number {
  const port = Number(raw);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new AppError('invalid', '--agency-port must be a number from 1 to 65535');
  }
  return port;
}

/** A gateway to send to, and the database it keeps its reports in. */
type Target = Doors & { readonly databaseUrl: string; readonly stop: () => Promise<void> };

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The exit code: 0 where every report arrived, 130 after Ctrl-C. */
async function demonstrate(config: Config, url: string, agencyPort: number): Promise<number> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of signals) process.once(signal, stop);
  // Whoever reads what it prints may go away too: `npm run demo | head`.
  process.stdout.on('error', stop);

  const texts = new Set<string>();
  let isAlone = false;
  // A gateway of its own has no reports but these.
  const agency = await startDemoAgency(agencyPort, (text) => isAlone || texts.has(text));
  try {
    const target = (await isGateway(url))
      ? useRunning(config, url)
      : await startOwn(url, agency, stopping.signal);
    try {
      isAlone = target.posts !== null;
      const messages = prepareMessages(target, config);
      for (const { report } of messages) texts.add(report.text);
      introduce(target, messages, config);
      const db = createPool(target.databaseUrl, { max: 2, onError: () => undefined });
      try {
        await prepareAgency(db, agency, messages);
        const journeys = await watch(messages, target, db, stopping.signal);
        await untilAnswered(target, messages, stopping.signal);
        return conclude(journeys, agency, target, config, stopping.signal.aborted);
      } finally {
        await closeEndpoints(db, agency.origin);
        await db.end();
      }
    } finally {
      await target.stop();
    }
  } finally {
    await agency.stop();
    for (const signal of signals) process.off(signal, stop);
  }
}

async function isGateway(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(3_000) });
    return answer.ok;
  } catch {
    return false;
  }
}

function useRunning(config: Config, url: string): Target {
  const folder = existsSync(config.dataDir) ? realpathSync(config.dataDir) : null;
  const databaseUrl =
    config.databaseUrl ?? (folder === null ? null : findRunningPostgres(join(folder, 'postgres')));
  if (databaseUrl === null) {
    throw new AppError(
      'config',
      `The gateway at ${url} keeps its reports elsewhere: run the demo with its DATABASE_URL or DATA_DIR.`,
    );
  }
  // The invented numbers may be somebody's, who would get an SMS about a report they never sent.
  const answers = config.smsSendProvider !== null;
  return {
    url,
    databaseUrl,
    genericSecret: answers ? null : config.smsGenericSecret,
    kannelSecret: answers ? null : config.smsKannelSecret,
    // Its X is the real one, or there is none.
    posts: null,
    stop: async () => undefined,
  };
}

async function startOwn(url: string, agency: DemoAgency, signal: AbortSignal): Promise<Target> {
  console.log(`Nothing answers at ${url}: starting a throw-away gateway …`);
  const genericSecret = newSecret();
  const kannelSecret = randomBytes(16).toString('hex');
  const posts = await startDemoPosts();
  try {
    const gateway = await startThrowAwayGateway({
      SMS_GENERIC_SECRET: genericSecret,
      SMS_KANNEL_SECRET: kannelSecret,
      OUTBOUND_ALLOW: `${agency.host},${posts.host}`,
      ...posts.settings,
    });
    const stop = async () => {
      await gateway.stop();
      await posts.stop();
      console.log('The throw-away gateway is gone, and its data with it.');
    };
    const { databaseUrl } = gateway;
    await posts.untilWatched(signal);
    return { url: gateway.url, databaseUrl, genericSecret, kannelSecret, posts, stop };
  } catch (error) {
    await posts.stop();
    throw error;
  }
}

/** The same story twice becomes the same message twice. No address gets an e-mail about what its owner never sent. */
function prepareMessages(doors: Doors, config: Config): readonly Message[] {
  const run = randomInt(1_000, 10_000);
  const told = listStories(run, config.email.smtpUrl === null);
  const stories = doors.posts === null ? told : mix(told, listPostStories(run));
  const prepared = new Map(stories.map((story) => [story, prepareMessage(story, doors)]));
  return stories.flatMap((story) => prepared.get(story) ?? []);
}

/** One of the others after every few. */
function mix(many: readonly Story[], others: readonly Story[]): readonly Story[] {
  const every = Math.ceil(many.length / (others.length + 1));
  return many.flatMap((story, index) => {
    const other = (index + 1) % every === 0 ? others[(index + 1) / every - 1] : undefined;
    return other === undefined ? [story] : [story, other];
  });
}

/** The answers go out after the reports: who called is waited for, as far as anybody may be answered. */
async function untilAnswered(
  { posts }: Doors,
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<void> {
  await posts?.untilAnswered(countSummons(messages), signal);
}

const countSummons = (messages: readonly Message[]): number =>
  messages.filter(({ story }) => story.way === 'twitter (simulated)' && isSummons(story)).length;

const variables = { 'sms/generic': 'SMS_GENERIC_SECRET', 'sms/kannel': 'SMS_KANNEL_SECRET' } as const;

function introduce(doors: Doors, messages: readonly Message[], config: Config): void {
  const ways: readonly Way[] = [...new Set(messages.map(({ way }) => way))];
  console.log(`${messages.length} invented reports go to ${doors.url}\nby ${ways.toSorted().join(', ')}.`);
  for (const way of ['sms/generic', 'sms/kannel'] as const) {
    if (isOpen(doors, way)) continue;
    console.log(
      config.smsSendProvider === null
        ? `${way} is off: set ${variables[way]} here and for the gateway.`
        : `${way} is left alone: this gateway would answer people who sent nothing.`,
    );
  }
  if (doors.posts === null) console.log(whyNoPosts(config));
  else console.log('What is posted goes to a simulated X, which nobody else reads.');
  console.log('Not shown: e-mail, which needs a mail server, and letters, which staff key in.');
}

const whyNoPosts = ({ twitter }: Config): string =>
  twitter.bearerToken === null
    ? 'Not shown: posts on X, of which only a throw-away gateway has a simulation.'
    : 'Not shown: posts on X. This gateway reads the real one, and nothing invented is posted there.';

/** The gateway routes as this does, so it is known beforehand who gets something. */
async function prepareAgency(db: Pool, agency: DemoAgency, messages: readonly Message[]): Promise<void> {
  const directory = await loadDirectory(db);
  const codes = new Set(messages.map(({ report }) => routeReport(directory, report).agency));
  await closeEndpoints(db, agency.origin);
  const opened = await openEndpoints(db, codes, agency.origin);
  for (const { agencyCode, secret } of opened) agency.setSecret(agencyCode, secret);
  const others = [...codes].filter((code) => !opened.some(({ agencyCode }) => agencyCode === code));
  console.log(`A server at ${agency.origin} takes them for ${opened.length} of ${codes.size} agencies.`);
  if (others.length > 0) {
    console.log(`Left alone, as they have an endpoint or reports waiting: ${others.join(', ')}`);
  }
  console.log('');
}

async function watch(
  messages: readonly Message[],
  doors: Doors,
  db: Pool,
  signal: AbortSignal,
): Promise<readonly Journey[]> {
  const view = openView();
  try {
    return await runJourneys(messages, doors, db, signal, view.update);
  } finally {
    view.close();
  }
}

/** Says what came of it all and answers the exit code. */
function conclude(
  journeys: readonly Journey[],
  agency: DemoAgency,
  { posts }: Doors,
  config: Config,
  interrupted: boolean,
): number {
  console.log(`\n${describeSummary(journeys)}\n`);
  const forged = agency.countForged();
  console.log(`${agency.verified.size} webhooks came with a valid signature, ${forged} with another.`);
  if (posts !== null) {
    const summons = countSummons(journeys.map(({ message }) => message));
    console.log(
      `${posts.countAnswers()} of ${summons} who called @LAPOR1708 were answered on the simulated X.`,
    );
  }
  if (journeys.some(isBlocked)) {
    const allow = [...config.outboundAllow, agency.host].join(',');
    console.log(`The gateway may not post to this server. Stop it, and start it as before with this added:

  OUTBOUND_ALLOW=${allow} npm start
`);
  }
  if (interrupted) return 130;
  const short = journeys.filter((journey) => !hasArrived(journey));
  if (short.length === 0 && forged === 0) return 0;
  for (const reason of new Set(short.map(explainDelay))) {
    const numbers = short
      .filter((journey) => explainDelay(journey) === reason)
      .map(({ number }) => `#${number}`);
    const more = numbers.length > 8 ? `, … (${numbers.length} in all)` : '';
    console.log(`Did not arrive: ${numbers.slice(0, 8).join(', ')}${more}\n  ${reason}`);
  }
  return 1;
}

function explainDelay(journey: Journey): string {
  const stage = stageOf(journey);
  if (stage === 'failed') return explainFailure(journey);
  if (stage === 'held') return 'held for staff: npm run lapor -- report held';
  return `still ${stage}: is a worker running? npm run lapor -- doctor`;
}
