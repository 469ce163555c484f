import { join } from 'node:path';
import { expect } from 'vitest';
import { markOf } from '../../chaos/ledger.ts';
import { readAll } from '../../chaos/servers.ts';
import { sendLetters } from './canary-letters.ts';
import { sendPosts } from './canary-posts.ts';
import {
  apiRequest,
  formRequest,
  genericSmsRequest,
  type PlantedReport,
  submissionOf,
  uploadRequest,
  ways,
  writeCanaryMail,
} from './canary-reports.ts';
import { settled } from './canary-settled.ts';
import type { Stage } from './canary-stage.ts';
import type { Running } from './gateway.ts';
import { isBusy, refuses, takesAndHangsUp } from './sms-provider.ts';

/** Every channel in good times and in bad ones: whatever answer, file or row comes of it must not tell who reports. */
export async function playStory(stage: Stage): Promise<void> {
  const worker = await stage.startWorker();
  await injectDatabaseErrors(stage);
  await calm(stage);
  await killWorkerWhileItDelivers(stage, worker);
  await takePostgresAway(stage);
  await takeRedisAway(stage);
  await failOnReports(stage);
  await sendNonsense(stage);
  await askForWhatIsNotThere(stage);
  await leaveFormUnfinished(stage);
  await settled(stage);
}

/** A report by every way and, where the way has a say in it, with every openness. */
function plantAll(stage: Stage, from: number): readonly PlantedReport[] {
  const opennesses = ['open', 'anonymous', 'confidential'] as const;
  return ways
    .flatMap((way) =>
      (way.startsWith('sms/') ? (['open'] as const) : opennesses).map((openness) => ({ way, openness })),
    )
    .map(({ way, openness }, index) => stage.plant(from + index, way, openness));
}

/** Nothing is broken but agencies and providers, which say to the gateway's face whom the report is from. */
async function calm(stage: Stage): Promise<void> {
  const reports = plantAll(stage, 100);
  const [open, anonymous, confidential] = reports as [PlantedReport, PlantedReport, PlantedReport];
  stage.answerTo(open, ({ body }, response) => {
    response.writeHead(500, { 'x-debug': open.identity.phone, 'retry-after': open.identity.name });
    response.end(`galat pada ${body}`);
  });
  // It has met these two before, in a report given with a name.
  stage.answerTo(anonymous, (_, response) =>
    response.writeHead(422).end(JSON.stringify({ dari: anonymous.identity })),
  );
  stage.answerTo(confidential, (_, response) => {
    response.writeHead(308, { location: `/pindah?dari=${confidential.identity.email}` });
    response.end(`pindah, ${confidential.identity.name}`);
  });
  stage.provider.next(isBusy, takesAndHangsUp, refuses);
  for (const report of reports) await stage.file(report);
  await sendPhotos(stage);
  await settled(stage);
  await sendPosts(stage);
  await sendLetters(stage);
  await sendCommands(stage, reports.find(({ way }) => way === 'sms/generic') as PlantedReport);
  const byMail = reports.find(({ way }) => way === 'email');
  if (byMail !== undefined) await sendMails(stage, byMail);
}

/** Each with a name that tells whose it is, and with what the camera wrote into it. */
async function sendPhotos(stage: Stage): Promise<void> {
  for (const [index, openness] of (['open', 'anonymous', 'confidential'] as const).entries()) {
    const report = stage.plant(160 + index, 'api', openness);
    const answer = await stage.ask('answer to an upload', await uploadRequest(report), report.number);
    expect(answer.status, answer.text).toBe(201);
    const [{ id }] = JSON.parse(answer.text).attachments;
    await stage.file(report, apiRequest(report, [id]));
  }
}

/** Names and numbers where an ID should be, in what is added, and in what comes under a stranger's number. */
async function sendCommands(stage: Stage, report: PlantedReport): Promise<void> {
  const { rows } = await stage.database.pool.query<{ tracking_id: string }>(
    'select tracking_id from filings join reports on reports.id = report_id where text like $1',
    [`%${markOf(report.number)}%`],
  );
  const id = rows[0]?.tracking_id ?? '';
  const { phone } = report.identity;
  const stranger = stage.plant(150, 'sms/generic', 'open');
  for (const [sender, key, text] of [
    [report, 'tambah', `TAMBAH ${id} ${report.text}`],
    [report, 'status', `STATUS ${phone}`],
    [report, 'salah', `TAMBAH 8699-3114-4245 ${report.text}`],
    [report, 'nilai', `NILAI ${id} 5`],
    [stranger, 'tambah', `TAMBAH ${id} ${stranger.text}`],
    [stranger, 'status', `STATUS ${id}`],
  ] as const) {
    const request = genericSmsRequest({ ...sender, key: `${key}-${sender.key}` }, undefined, text);
    await expectStatus(stage, 202, 'answer to sms/generic', request, sender.number);
  }
  await settled(stage);
  const { rows: forms } = await stage.database.pool.query<{ outcome: string }>(
    "select outcome from messages where form not in ('mail', 'post') order by outcome",
  );
  expect(forms.map(({ outcome }) => outcome)).toEqual([
    ...['added to the report', 'filed as a report of its own', 'rated', 'status', 'wrong_id', 'wrong_id'],
  ]);
}

/** What is no report, or not at once: each with names in every place where mails have some. */
async function sendMails(stage: Stage, reporter: PlantedReport): Promise<void> {
  const { rows } = await stage.database.pool.query<{ id: string }>(
    `select notification.id from notifications as notification join reports as report on report.id = report_id
     where report.text like $1 and notification.kind = 'tracking_id'`,
    [`%${markOf(reporter.number)}%`],
  );
  const id = rows[0]?.id ?? '';
  const to = `lapor+n.${id.replaceAll('-', '')}@uji.example`;
  const plant = (number: number) => stage.plant(number, 'email', 'open');
  const reply = { To: to, 'In-Reply-To': `<n.${id}@uji.example>` };
  const { identity, key } = plant(179);
  const forwarder = plant(178);
  const forwarded = `---------- Forwarded message ---------\r\nFrom: ${forwarder.identity.onBehalfOf} <${forwarder.extra}@contoh.example>\r\n${forwarder.text}`;
  stage.smtp.does({ rcpt: `550 5.1.1 <${identity.email}> ${identity.name} tidak dikenal` });
  for (const raw of [
    await writeCanaryMail(reporter, { ...reply, 'Message-ID': `<lagi.${reporter.key}@contoh.example>` }),
    await writeCanaryMail(plant(170), reply),
    await writeCanaryMail(plant(171), { 'Auto-Submitted': `auto-replied; oleh=${key}` }),
    await writeCanaryMail(plant(172), { 'List-Id': `<${key}.contoh.example>` }),
    await writeCanaryMail(plant(173), { 'X-Spam-Flag': 'YES' }),
    await writeCanaryMail(plant(174), {
      'Authentication-Results': `mx.uji.example; dmarc=fail header.from=${key}`,
    }),
    await writeCanaryMail(plant(175), { 'X-Lapor-Gateway': key }),
    await writeCanaryMail(plant(176), {
      'Content-Type': `multipart/encrypted; protocol="${key}"; boundary=batas`,
    }),
    (
      await writeCanaryMail(plant(177), {
        'Content-Type': 'multipart/report; report-type=delivery-status; boundary=batas',
        To: to.replace('+n.', '+b.'),
      })
    )
      .replace('text/plain; charset=utf-8', 'message/delivery-status')
      .replace(
        'Lampu jalan',
        `Final-Recipient: rfc822; ${identity.email}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 ${identity.name}\r\nX-A: `,
      ),
    await writeCanaryMail(forwarder, {}, forwarded),
  ])
    await stage.deliver(raw);
  await settled(stage);
  stage.smtp.does({});
  const { rows: fates } = await stage.database.pool.query<{ fate: string }>(
    `select fate from messages where form = 'mail' order by fate`,
  );
  const all = new Set(fates.map(({ fate }) => fate));
  for (const fate of ['report', 'addition', 'auto-reply', 'held', 'own', 'bounce'])
    expect(all).toContain(fate);
}

async function killWorkerWhileItDelivers(stage: Stage, worker: Running): Promise<void> {
  const report = stage.plant(200, 'api', 'open');
  stage.answerTo(report, () => undefined);
  const before = stage.agency.received.length;
  await stage.file(report);
  await stage.agency.waitFor(before + 1);
  await worker.end('SIGKILL');
  await stage.startWorker();
  await settled(stage);
}

async function takePostgresAway(stage: Stage): Promise<void> {
  await stage.relay.cut();
  for (const report of plantAll(stage, 300)) await stage.file(report);
  const spooled = readAll(join(stage.dataDir, 'spool'));
  expect(spooled.join('')).toContain(markOf(300));
  for (const content of spooled) stage.look('spool', content);
  for (const path of ['/ready', '/metrics', '/lacak?id=123456789012']) await stage.get(path);
  await stage.relay.mend();
  await settled(stage);
}

async function takeRedisAway(stage: Stage): Promise<void> {
  await stage.redis.stop();
  for (const report of plantAll(stage, 400)) await stage.file(report);
  for (const path of ['/ready', '/metrics']) await stage.get(path);
  await stage.redis.start();
  await settled(stage);
}

/**
 * PostgreSQL says what it choked on, as drivers' messages do: with the values, over several lines, one of which looks like
 * a line of a stack. Report 500 cannot be filed, 501 and 502 cannot be stored, of 503 no first attempt can be recorded.
 */
async function injectDatabaseErrors({ plant, database }: Stage): Promise<void> {
  const { identity } = plant(599, 'api', 'open');
  const message = `nilai ${identity.name}\n    at ${identity.email} (${identity.phone}:1:1)`;
  const fail = (number: number, table: string, reportId: string, also = 'true') => `
    create function fail_${number}() returns trigger language plpgsql as $$ begin
      if ${also} and exists (select from reports where id = ${reportId} and text like '%${markOf(number)}%') then
        raise exception '${message}' using detail = '${message}', hint = '${message}';
      end if;
      return new;
    end $$;
    create trigger fail_${number} before insert on ${table} for each row execute function fail_${number}();`;
  await database.pool.query(
    fail(500, 'filings', 'new.report_id') +
      fail(501, 'inbox', 'new.report_id') +
      fail(502, 'inbox', 'new.report_id') +
      fail(
        503,
        'attempts',
        '(select report_id from deliveries where id = new.delivery_id)',
        'new.number = 1',
      ),
  );
}

async function failOnReports(stage: Stage): Promise<void> {
  await stage.file(stage.plant(500, 'api', 'open'));
  await expectStatus(stage, 500, 'answer 500', apiRequest(stage.plant(501, 'api', 'open')));
  const form = formRequest(stage.plant(502, 'form', 'open'), await stage.openForm());
  await expectStatus(stage, 500, 'page 500', form);
  await stage.file(stage.plant(503, 'api', 'open'));
}

/** What no one should accept, and whose refusal must not repeat it. */
async function sendNonsense(stage: Stage): Promise<void> {
  const report = stage.plant(510, 'api', 'open');
  const { identity, text, key, extra, headers } = report;
  const api = apiRequest(report);
  const post = (body: string, more: Readonly<Record<string, string>> = {}) =>
    ({ ...api, body, headers: { ...api.headers, ...more } }) as const;
  const postJson = (more: object) => post(JSON.stringify({ ...submissionOf(report), ...more }));
  const forged = genericSmsRequest(report, 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  const path = `/channels/sms/kannel?secret=${extra}&from=${encodeURIComponent(identity.phone)}`;
  for (const [status, what, request] of [
    [400, 'half a JSON', post(String(api.body).slice(0, -20))],
    [400, 'no JSON', post(identity.name)],
    [400, 'a form of no known type', { ...post('a=b', { 'content-type': `x/${extra}` }), path: '/lapor' }],
    [422, 'a field of the wrong type', postJson({ title: { [identity.name]: identity.phone } })],
    [422, 'an unknown agency', postJson({ agency: extra })],
    [422, 'an unknown topic', postJson({ topic: extra })],
    [422, 'a key that is too long', post(String(api.body), { 'idempotency-key': key.repeat(20) })],
    [413, 'a long text', postJson({ text: text.repeat(200) })],
    [413, 'a long body', post(JSON.stringify(text.repeat(10_000)))],
    [401, 'a wrong signature', forged],
    [401, 'a wrong secret', { method: 'GET', path, headers }],
  ] as const) {
    await expectStatus(stage, status, `answer to ${what}`, request);
  }
}

async function askForWhatIsNotThere(stage: Stage): Promise<void> {
  const { extra, identity, query, headers, number } = stage.plant(520, 'api', 'open');
  const address = `/${extra}/${identity.email}?${query}&id=${identity.phone}`;
  const missing = [
    ...[address, `/v1${address}`, `/%${extra}`, `/terima/${extra}?${query}&id=${identity.phone}`],
    ...['/v1/track/', '/v1/receipts/', '/channels/sms/', '/problems/'].map((at) => `${at}${extra}?${query}`),
  ];
  const present = ['/', '/lapor', '/lacak', '/v1/agencies', '/v1/topics', '/health', '/docs/json'];
  for (const accept of ['text/html', 'application/json']) {
    for (const path of [...missing, ...present.map((at) => `${at}?${query}&q=${extra}`)]) {
      const place = `answer to GET ${missing.includes(path) ? 'what is not there' : path.split('?')[0]}`;
      await stage.ask(place, { method: 'GET', path, headers: { ...headers, accept } }, number);
    }
  }
  const path = `/lacak?id=${identity.phone}&${query}`;
  await expectStatus(stage, 422, 'tracking page with a slip', { method: 'GET', path, headers }, number);
}

async function leaveFormUnfinished(stage: Stage): Promise<void> {
  const report = stage.plant(530, 'form', 'confidential');
  const form = formRequest(report, await stage.openForm());
  const unfinished = { ...form, body: String(form.body).replace('consent=1', '') };
  await expectStatus(stage, 422, 'form shown again', unfinished, report.number);
  const fromElsewhere = { ...form, headers: { ...form.headers, cookie: String(report.headers['cookie']) } };
  await expectStatus(stage, 403, 'form shown again', fromElsewhere, report.number);
}

async function expectStatus(
  stage: Stage,
  status: number,
  place: string,
  request: Parameters<Stage['ask']>[1],
  of: number | null = null,
): Promise<void> {
  expect((await stage.ask(place, request, of)).status, place).toBe(status);
}
