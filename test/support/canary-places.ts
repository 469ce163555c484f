import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { lookAtRedis, lookAtTables } from '../../chaos/leaks.ts';
import { readMark } from '../../chaos/ledger.ts';
import { readAll } from '../../chaos/servers.ts';
import type { Stage } from './canary-stage.ts';
import { runLapor } from './lapor.ts';

/**
 * Every place anybody could look at, as it is once the story is over; answers were looked at as they came. Traces are not
 * among them, because the gateway writes none.
 */
export async function lookEverywhere(stage: Stage): Promise<void> {
  await lookAtPages(stage);
  await lookAtPhotos(stage);
  lookAtWebhooks(stage);
  lookAtSms(stage);
  lookAtMails(stage);
  lookAtX(stage);
  await lookAtCommands(stage);
  await lookAtStores(stage, stage.look);
}

async function lookAtPages({ get, receipts, database }: Stage): Promise<void> {
  for (const receipt of receipts) {
    await get(`/v1/receipts/${receipt}`);
    await get(`/terima/${receipt}`);
  }
  const { rows } = await database.pool.query<{ tracking_id: string }>('select tracking_id from filings');
  for (const { tracking_id } of rows) {
    await get(`/v1/track/${tracking_id}`);
    await get(`/lacak?id=${tracking_id}`);
  }
  for (const path of ['/metrics', '/ready', '/health', '/docs', '/docs/json', '/problems/invalid']) {
    await get(path);
  }
}

/** The bytes of every file as its reporter gets them, and its name. */
async function lookAtPhotos({ ask, receipts, settings }: Stage): Promise<void> {
  let seen = 0;
  for (const receipt of receipts) {
    const path = `/v1/receipts/${receipt}/attachments`;
    const { text } = await ask('files of a report', { method: 'GET', path, headers: {} });
    for (const { url } of JSON.parse(text).attachments) {
      const { pathname, search } = new URL(url, settings.DATABASE_URL);
      const { status } = await ask('bytes of a file', {
        method: 'GET',
        path: pathname + search,
        headers: {},
      });
      expect(status).toBe(200);
      seen += 1;
    }
  }
  expect(seen).toBe(3);
}

/** In three parts, because what an agency may read depends on the part. */
function lookAtWebhooks({ agency, look }: Stage): void {
  for (const { path, headers, body } of agency.received) {
    const { data, ...rest } = JSON.parse(body);
    const { reporter = null, title, text, place, ...told } = data;
    const number = readMark(text);
    look('webhook', JSON.stringify({ path, headers, rest, told, place: { ...place, text: null } }), number);
    look('webhook: data.reporter', JSON.stringify(reporter), number);
    look('webhook: words', JSON.stringify({ title, text, place: place?.text }), number);
  }
}

function lookAtSms({ provider, look }: Stage): void {
  for (const { to, text } of provider.asked) {
    look('SMS: to', to);
    look('SMS: text', text);
  }
}

/** What goes out by e-mail: to whom, what it answers, and the mail without either. */
function lookAtMails({ smtp, look }: Stage): void {
  look('SMTP', smtp.lines.filter((line) => !line.startsWith('RCPT TO')).join('\n'));
  for (const line of smtp.lines.filter((line) => line.startsWith('RCPT TO'))) look('mail: to', line);
  for (const mail of smtp.mails) {
    const unfolded = mail.replace(/\r?\n[ \t]+/g, ' ');
    look('mail: to', /^To: .*$/m.exec(unfolded)?.[0] ?? '');
    look('mail: what it answers', unfolded.match(/^(In-Reply-To|References): .*$/gm)?.join('\n') ?? '');
    look('mail', unfolded.replace(/^(To|In-Reply-To|References): .*$/gm, ''));
  }
}

/** What X is told: our answers, and what it is asked. */
function lookAtX({ x, look }: Stage): void {
  for (const { inReplyTo, ...answer } of x.answers) {
    look('X: what it answers', String(inReplyTo));
    look('X: answer', JSON.stringify({ ...answer, id: null }));
  }
}

/** All that show something but `report disclose`, whose purpose it is to tell. */
async function lookAtCommands({ database, settings, look }: Stage): Promise<void> {
  const { rows } = await database.pool.query<{ id: string }>(`
    select distinct on (channel, anonymous, confidential) id from reports
    union select report_id from quarantine`);
  const commands = [
    ...rows.flatMap(({ id }, index) => [
      ['report', 'show', id],
      ...(index === 0 ? [['report', 'show', id, '--json']] : []),
    ]),
    ...[
      'report quarantine',
      'message list',
      'message list --kept',
      'message list --kept --json',
      'report held',
      'report held --json',
      'report export',
      'notification list',
      'notification list --json',
      'audit list',
      'audit verify',
    ].map((command) => command.split(' ')),
    ...['endpoint list', 'endpoint list --json', 'keys list', 'doctor'].map((command) => command.split(' ')),
  ];
  for (const command of commands) {
    const { stdout, stderr } = await runLapor(command, settings);
    look(`lapor ${command.slice(0, 2).join(' ')}`, stdout + stderr);
  }
}

/** What is written down: in tables, in Redis and all it was ever told to store, in files and their names, in logs. */
export async function lookAtStores(stage: Stage, look: (place: string, content: string) => void) {
  await lookAtTables({ look }, stage.database.pool);
  await lookAtRedis({ look }, stage.redis.url);
  for (const content of readAll(stage.redis.folder)) look('file of Redis', content);
  for (const content of readAll(stage.dataDir)) look('file', content);
  for (const { output } of stage.processes) look('log', output());
  const postgres = readAll(join(inject('scratch'), 'postgres'));
  for (const content of postgres.filter((file) => /^\S+\.log\n/.test(file)))
    look('log of PostgreSQL', content);
}
