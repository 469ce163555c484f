import { mkdtempSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { request as send } from 'undici';
import { expect, inject } from 'vitest';
import { writeMailboxesFile } from '../../channels/email/fetch/mailboxes-file.ts';
import { readMark } from '../../chaos/ledger.ts';
import { addEndpoint } from '../../src/cli/endpoint.ts';
import { startSimulatedX } from '../../src/simulated-x/server.ts';
import { createPosting } from './canary-on-x.ts';
import {
  apiRequest,
  type CanaryRequest,
  formRequest,
  genericSmsRequest,
  kannelRequest,
  type PlantedReport,
  plantReport,
  smsSecrets,
  writeCanaryMail,
} from './canary-reports.ts';
import { createTestDatabase } from './database.ts';
import { hasDovecot, startDovecot } from './dovecot.ts';
import { type Running, startGateway } from './gateway.ts';
import { mailboxOf } from './mailboxes.ts';
import { startOwnRedis } from './own-redis.ts';
import { type ReceivedWebhook, startReceivingAgency } from './receiving-agency.ts';
import { startScriptedSmtp } from './scripted-smtp.ts';
import { startSmsProvider } from './sms-provider.ts';
import { openTcpRelay } from './tcp-relay.ts';

/** Something that somebody could read, and where. */
export type Evidence = {
  readonly place: string;
  /** Bytes, one character each, or text. */
  readonly content: string;
  /** Number of the report it is about, where it is about one. */
  readonly of: number | null;
};

export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly location: string;
  readonly cookies: string;
};

type AgencyAnswer = (webhook: ReceivedWebhook, response: ServerResponse) => void;

export type Stage = Awaited<ReturnType<typeof openStage>>;

const agencyCode = 'D32.73';

/** `lapor serve` and `lapor work` as processes, with servers of their own that can be taken away, and the world around. */
export async function openStage() {
  const evidence: Evidence[] = [];
  const look = (place: string, content: string, of: number | null = null) =>
    void evidence.push({ place, content, of });
  const reports = new Map<number, PlantedReport>();
  const plant = (...[number, way, openness]: Parameters<typeof plantReport>) => {
    const report = plantReport(number, way, openness);
    reports.set(number, report);
    return report;
  };

  const database = await createTestDatabase({ seeded: true });
  const [redis, relay, provider, smtp, dovecot, x] = await Promise.all([
    startOwnRedis(),
    openTcpRelay(database.url),
    startSmsProvider(),
    startScriptedSmtp(),
    hasDovecot ? startDovecot({ users: { lapor: 'rahasia' } }) : null,
    startSimulatedX(),
  ]);
  const behaviours = new Map<number, AgencyAnswer[]>();
  const agency = await startReceivingAgency((webhook, response) => {
    const next = behaviours.get(readMark(webhook.body) ?? -1)?.shift();
    if (next === undefined) response.writeHead(200).end(`diterima: ${webhook.body}`);
    else next(webhook, response);
  });
  await addEndpoint(database.pool, agencyCode, `${agency.origin}/masuk`, false);

  const dataDir = mkdtempSync(join(inject('scratch'), 'canary-'));
  if (dovecot !== null) {
    const mailbox = mailboxOf(dovecot, { agency: agencyCode });
    await writeMailboxesFile(join(dataDir, 'mailboxes.json'), [mailbox]);
  }
  const settings = {
    EMAIL_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    EMAIL_FROM: 'Lapor! <lapor@uji.example>',
    EMAIL_AUTHSERV_ID: 'mx.uji.example',
    DATABASE_URL: relay.url,
    REDIS_URL: redis.url,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'trace',
    TRUST_PROXY: 'loopback',
    OUTBOUND_ALLOW: `${agency.host},${new URL(x.url).host}`,
    SMS_GENERIC_SECRET: smsSecrets.generic,
    SMS_KANNEL_SECRET: smsSecrets.kannel,
    SMS_KANNEL_SEND_URL: provider.url,
    SMS_KANNEL_SEND_USER: 'lapor',
    SMS_KANNEL_SEND_PASSWORD: 'sandi-kenari',
    TWITTER_API_URL: x.url,
    TWITTER_BEARER_TOKEN: 'token-pembaca',
    TWITTER_APP_KEY: 'kunci-aplikasi',
    TWITTER_APP_SECRET: 'rahasia-aplikasi',
    TWITTER_ACCESS_TOKEN: 'kunci-akun',
    TWITTER_ACCESS_SECRET: 'rahasia-akun',
    TWITTER_POLL_SECONDS: '15',
    // Nobody waits here until a form could have been filled in by hand.
    FORM_MIN_SECONDS: '0',
  };
  const gateway = await startGateway('serve', settings);
  const processes: Running[] = [gateway];
  const startWorker = async () => {
    const worker = await startGateway('work', settings);
    processes.push(worker);
    return worker;
  };

  /** Sends it and keeps the whole answer as evidence. */
  async function ask(
    place: string,
    { path, method, headers, body }: CanaryRequest,
    of: number | null = null,
  ): Promise<Answer> {
    const answer = await send(gateway.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.body.text();
    look(place, `${answer.statusCode} ${JSON.stringify(answer.headers)}\n${text}`, of);
    const cookies = [answer.headers['set-cookie'] ?? []].flat().map((cookie) => cookie.split(';')[0]);
    const location = String(answer.headers['location'] ?? '');
    return { status: answer.statusCode, text, location, cookies: cookies.join('; ') };
  }
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    ask(`answer to GET ${path.split('?')[0]}`, { method: 'GET', path, headers });

  /** The hidden fields of a fresh form. */
  async function openForm() {
    const { text, cookies } = await get('/lapor');
    const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? '';
    return { csrf: hidden('csrf'), token: hidden('token'), opened: hidden('opened'), cookie: cookies };
  }

  async function toRequest(report: PlantedReport): Promise<CanaryRequest> {
    switch (report.way) {
      case 'api':
        return apiRequest(report);
      case 'form':
        return formRequest(report, await openForm());
      case 'sms/generic':
        return genericSmsRequest(report);
      case 'sms/kannel by GET':
        return kannelRequest(report, 'GET');
      case 'sms/kannel by POST':
        return kannelRequest(report, 'POST');
      default:
        throw new Error('it is delivered, published or keyed in, not requested');
    }
  }

  let delivered = 0;
  /** Leaves it in the mailbox, from where the gateway takes it. */
  async function deliver(raw: string): Promise<void> {
    delivered += 1;
    await dovecot?.deliver(raw, 'lapor');
  }

  const { publish, edit } = createPosting(x);
  let posted = 0;
  const counted =
    <Args extends readonly unknown[], Result>(post: (...args: Args) => Result) =>
    (...args: Args): Result => {
      posted += 1;
      return post(...args);
    };

  const receipts: string[] = [];
  /** Sends it through its channel, which must take it. */
  async function file(report: PlantedReport, request?: CanaryRequest): Promise<void> {
    if (report.way === 'email') return deliver(await writeCanaryMail(report));
    if (report.way === 'post') return void (await counted(publish)(report));
    const sent = request ?? (await toRequest(report));
    const answer = await ask(`answer to ${report.way}`, sent, report.number);
    expect(answer.status, answer.text).toBeLessThan(400);
    const receipt = /(?:"receipt":"|\/terima\/)([0-9a-z]{33})/.exec(answer.text + answer.location)?.[1];
    if (receipt !== undefined) receipts.push(receipt);
  }

  return {
    ...{ evidence, look, reports, plant, database, redis, relay, provider, agency, dataDir, settings },
    ...{ gateway, processes, startWorker, ask, get, openForm, file, receipts },
    ...{ smtp, deliver, hasMail: dovecot !== null },
    ...{ x, publishElsewhere: publish, publish: counted(publish), edit: counted(edit) },
    delivered: () => delivered,
    posted: () => posted,
    /** What the agency answers to the next attempts at this report; after them it takes it and says it all again. */
    answerTo: ({ number }: PlantedReport, ...answers: AgencyAnswer[]) => behaviours.set(number, answers),
    close: async () => {
      await Promise.all(processes.map((process) => process.end('SIGTERM')));
      await Promise.all([agency.stop(), provider.stop(), relay.close(), redis.stop()]);
      await Promise.all([smtp.stop(), dovecot?.stop(), x.stop()]);
      await database.drop();
    },
  };
}
