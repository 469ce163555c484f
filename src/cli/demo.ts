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
import { runJourneys } from './demo/run.ts';
import { type Doors, isOpen, type Message, prepareMessage } from './demo/send.ts';
import { listStories, type Way } from './demo/stories.ts';
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
  const agency = await startDemoAgency(agencyPort, (text) => texts.has(text));
  try {
    const target = (await isGateway(url)) ? useRunning(config, url) : await startOwn(url, agency);
    try {
      const messages = prepareMessages(target, config);
      for (const { report } of messages) texts.add(report.text);
      introduce(target, messages, config);
      const db = createPool(target.databaseUrl, { max: 2, onError: () => undefined });
      try {
        await prepareAgency(db, agency, messages);
        const journeys = await watch(messages, target, db, stopping.signal);
        return conclude(journeys, agency, config, stopping.signal.aborted);
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
    stop: async () => undefined,
  };
}

async function startOwn(url: string, agency: DemoAgency): Promise<Target> {
  console.log(`Nothing answers at ${url}: starting a throw-away gateway …`);
  const genericSecret = newSecret();
  const kannelSecret = randomBytes(16).toString('hex');
  const gateway = await startThrowAwayGateway({
    SMS_GENERIC_SECRET: genericSecret,
    SMS_KANNEL_SECRET: kannelSecret,
    OUTBOUND_ALLOW: agency.host,
  });
  const stop = async () => {
    await gateway.stop();
    console.log('The throw-away gateway is gone, and its data with it.');
  };
  return { url: gateway.url, databaseUrl: gateway.databaseUrl, genericSecret, kannelSecret, stop };
}

/** The same story twice becomes the same message twice. No address gets an e-mail about what its owner never sent. */
function prepareMessages(doors: Doors, config: Config): readonly Message[] {
  const stories = listStories(randomInt(1_000, 10_000), config.email.smtpUrl === null);
  const prepared = new Map(stories.map((story) => [story, prepareMessage(story, doors)]));
  return stories.flatMap((story) => prepared.get(story) ?? []);
}

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
  console.log('Not shown: e-mail, which needs a mail server, and letters, keyed in at /petugas/surat.');
}

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
  config: Config,
  interrupted: boolean,
): number {
  console.log(`\n${describeSummary(journeys)}\n`);
  const forged = agency.countForged();
  console.log(`${agency.verified.size} webhooks came with a valid signature, ${forged} with another.`);
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
