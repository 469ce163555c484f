import { randomUUID } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeliveryReceipt } from '../channels/channel.ts';
import { createKannelReceive } from '../channels/sms/kannel.ts';
import { createKannelSend } from '../channels/sms/kannel-send.ts';
import { type NewReport, type NotificationId, normalizeText } from '../src/domain/report.ts';
import { createProviderCall } from '../src/outbound/provider-call.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { hasKannel, type Kannel, startKannel } from './support/kannel.ts';
import { runLapor } from './support/lapor.ts';
import {
  type ReceivedWebhook,
  type ReceivingAgency,
  startReceivingAgency,
} from './support/receiving-agency.ts';
import { testRedisUrl } from './support/redis.ts';

const told = { inReplyTo: null, kind: 'help', params: {}, language: 'id' } as const;

const secret = 'rahasia-kannel-uji';
/** With what Kannel would take for something to put in. */
const receiptSecret = 'rahasia %d%C3%Á&é+=';
const phone = '081234567890';

const complaints = [
  'TANGKAB jln rusak parah dkt psr  Tigaraksa, 100% hancur & blm diperbaiki + lampu mati?',
  "Pak @lurah: harga ~{5} [kg] #beras \\ 'naik' 50% = Rp 12_000,- <mohon> dicek^ €£¥",
  'Jalan berlubang 😊 di depan SD 🙏🏽, anak2 jatuh 😱',
  'الطريق متضرر di Kp Arab – mhn dicek “segera”',
  'Banjir di Kel Pejaten\n- RT 03 sepinggang\n- RT 04 selutut',
  'x',
  '',
];

describe.skipIf(!hasKannel).each(['get', 'post'] as const)('the real Kannel by %s', (method) => {
  let inbox: Inbox;
  let kannel: Kannel;
  beforeAll(async () => {
    inbox = await openInbox();
    kannel = await startKannel({ gateway: inbox.origin, secret, method });
  });
  afterAll(async () => {
    await kannel.stop();
    inbox.close();
  });

  it('hands over what was sent, whatever the alphabet', async () => {
    for (const text of complaints) {
      await kannel.sendSms(phone, '1708', text);
      const report = await inbox.next();
      expect(report.text).toBe(normalizeText(text));
      expect(report.identity?.phone).toBe('+6281234567890');
      expect(report.externalId).toMatch(/^kannel:id:[0-9a-f]{32}$/);
    }
  });

  it('joins a long SMS whose parts come in the wrong order', async () => {
    const text =
      'Lampu jln di Jl Melati mati sdh 3 mgg, gelap skali klo malam & sring ada begal. Mhn sgr diperbaiki pak';
    await kannel.sendLongSms(phone, '1708', text, 40);
    expect((await inbox.next()).text).toBe(text);
  });

  it('sends again what was answered 503 or was not answered, under the same id', async () => {
    inbox.fail(503, 'hang up', 503);
    await kannel.sendSms(phone, '1708', 'Air PDAM mati sdh 4 hr');
    const report = await inbox.next();
    expect(report.text).toBe('Air PDAM mati sdh 4 hr');
    expect(new Set(inbox.failed)).toEqual(new Set([report.externalId]));
    expect(inbox.failed).toHaveLength(3);
  });

  it('has sent nothing back to the phone', async () => {
    expect(await kannel.countOutgoing()).toBe(0);
  });

  it('says what became of a message that it was given, whatever is in the secret', async () => {
    const id = '0190c0de-0000-7000-8000-000000000001' as NotificationId;
    const send = createKannelSend({
      url: kannel.sendsmsUrl,
      user: 'lapor',
      password: secret,
      from: '1708',
      receipts: { url: `${inbox.origin}/channels/sms/kannel`, secret: receiptSecret },
    });
    const { call, close } = createProviderCall();
    const to = { name: null, phone: '+6281234567890', email: null, onBehalfOf: null };
    inbox.fail(503);
    expect(await send({ id, to, text: 'Laporan Anda sudah kami catat.', ...told }, call)).toEqual({
      kind: 'sent',
      providerId: null,
    });
    await close();
    await kannel.untilDelivered(1);
    // Kannel sends these again, too, where they are answered 503
    const receipts = [await inbox.nextReceipt(), await inbox.nextReceipt()];
    expect(receipts.toSorted((a, b) => a.state.localeCompare(b.state))).toEqual([
      { notificationId: id, state: 'accepted', detail: 'dlr 8' },
      { notificationId: id, state: 'delivered', detail: 'dlr 1' },
    ]);
  });
});

describe.skipIf(!hasKannel)('an SMS on its way from a phone to its agency', () => {
  let database: TestDatabase;
  let agency: ReceivingAgency;
  let answer: (webhook: ReceivedWebhook, response: ServerResponse) => void;
  let settings: Readonly<Record<string, string>>;
  let gateway: Running;
  let worker: Running;
  let kannel: Kannel;
  /** What the agency was given when its endpoint was added. */
  let signingSecret: string;

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    agency = await startReceivingAgency((webhook, response) => answer(webhook, response));
    settings = {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: randomUUID(),
      SMS_KANNEL_SECRET: secret,
      OUTBOUND_ALLOW: agency.host,
    };
    const added = await runLapor(['endpoint', 'add', 'D36.03', `${agency.origin}/lapor`], settings);
    signingSecret = /whsec_\S+/.exec(added.stdout)?.[0] ?? '';
    [gateway, worker] = await Promise.all([startGateway('serve', settings), startGateway('work', settings)]);
    kannel = await startKannel({ gateway: gateway.url, secret, method: 'get' });
  }, 120_000);

  afterAll(async () => {
    await kannel?.stop();
    await Promise.all([gateway?.end('SIGTERM'), worker?.end('SIGTERM')]);
    await agency?.stop();
    await database?.drop();
  });

  beforeEach(() => {
    answer = (_, response) => response.writeHead(204).end();
  });

  /** The webhooks with this text; those of other tests do not count. */
  const webhooksWith = (text: string) =>
    agency.received.filter(({ body }) => JSON.parse(body).data.text === text);

  const untilDelivered = (text: string) =>
    vi.waitFor(
      async () => {
        const { rows } = await database.pool.query(
          `select delivery.id, delivery.attempt_count as attempts
           from deliveries as delivery join reports as report on report.id = delivery.report_id
           where report.text = $1 and delivery.state = 'delivered'`,
          [text],
        );
        expect(rows).toHaveLength(1);
        return rows[0];
      },
      { timeout: 20_000, interval: 50 },
    );

  it('arrives filed, routed by its first word, and signed so that the library of the agency verifies it', async () => {
    const text = 'TANGKAB jln rusak parah dkt psr Tigaraksa, 100% hancur & blm diperbaiki';
    await kannel.sendSms(phone, '1708', text);
    await agency.waitFor(1);

    const [webhook] = webhooksWith(text);
    const headers = webhook?.headers as Record<string, string>;
    expect(new Webhook(signingSecret).verify(webhook?.body ?? '', headers)).toMatchObject({
      type: 'report.routed',
      data: {
        text,
        channel: 'sms',
        kind: 'complaint',
        agency: 'D36.03',
        trackingId: expect.stringMatching(/^\d{12}$/),
        reason: 'Kata kunci wilayah di awal SMS: Pemerintah Kabupaten Tangerang',
        duplicateOf: null,
        reporter: { phone: '+6281234567890' },
      },
    });
    expect((await untilDelivered(text)).id).toBe(headers['webhook-id']);
  });

  it('arrives again under the same webhook-id when the worker is killed with the agency in mid-answer', async () => {
    const text = 'TANGKAB lampu jln mati 😱 di dpn kantor kec Cisauk sdh 2 mggu, rawan begal';
    const before = agency.received.length;
    answer = () => {};
    await kannel.sendSms(phone, '1708', text);
    await agency.waitFor(before + 1);
    await worker.end('SIGKILL');
    // The lease of the dead worker runs out: a minute, which the test does not wait for.
    await database.pool.query(
      "update deliveries set next_attempt_at = now(), enqueue_after = now() where state = 'pending'",
    );
    answer = (_, response) => response.writeHead(204).end();
    worker = await startGateway('work', settings);

    const { id, attempts } = await untilDelivered(text);
    const webhooks = webhooksWith(text);
    expect(webhooks.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
    expect(new Set(webhooks.map(({ body }) => body)).size).toBe(1);
    for (const { body, headers } of webhooks) {
      new Webhook(signingSecret).verify(body, headers as Record<string, string>);
    }
    expect(attempts).toBe(2);
    const { rows } = await database.pool.query('select id from reports where text = $1', [text]);
    expect(rows).toHaveLength(1);
  });

  it('is filed once by the next worker when its worker was killed before it came', async () => {
    const text = 'KOTA BEKASI sampah di TPS Bintara tdk diangkut 5 hr, bau skali';
    await worker.end('SIGKILL');
    await kannel.sendSms(phone, '1708', text);
    const find = async () => {
      const { rows } = await database.pool.query(
        `select filing.tracking_id, route.agency_code from reports as report
         left join filings as filing on filing.report_id = report.id
         left join routes as route on route.report_id = report.id
         where report.text = $1`,
        [text],
      );
      return rows;
    };
    await vi.waitFor(async () => expect(await find()).toEqual([{ tracking_id: null, agency_code: null }]), {
      timeout: 10_000,
    });
    worker = await startGateway('work', settings);
    await vi.waitFor(
      async () =>
        expect(await find()).toEqual([
          { tracking_id: expect.stringMatching(/^\d{12}$/), agency_code: 'D32.75' },
        ]),
      { timeout: 20_000 },
    );
  });

  it('makes no SMS go back', async () => {
    expect(await kannel.countOutgoing()).toBe(0);
  });
});

type Inbox = {
  readonly origin: string;
  /** The next report that was taken. */
  readonly next: () => Promise<NewReport>;
  /** The next word on what became of a message that was sent. */
  readonly nextReceipt: () => Promise<DeliveryReceipt>;
  /** What becomes of the next requests; after them all are taken. */
  readonly fail: (...outcomes: (number | 'hang up')[]) => void;
  /** External ids of the messages that were not taken, request by request. */
  readonly failed: string[];
  readonly close: () => void;
};

/** The smallest gateway there is: what the channel makes of a request, kept in memory. */
async function openInbox(): Promise<Inbox> {
  const receiveReport = createKannelReceive(secret);
  const receiveReceipt = createKannelReceive(receiptSecret);
  const taken = new EventEmitter();
  const reports = on(taken, 'report');
  const receipts = on(taken, 'receipt');
  const outcomes: (number | 'hang up')[] = [];
  const failed: string[] = [];

  const server: Server = createServer(async (request, response) => {
    const receive = request.url?.includes('dlr=') ? receiveReceipt : receiveReport;
    const received = receive({
      method: request.method ?? '',
      query: request.url?.split('?')[1] ?? '',
      headers: request.headers as Record<string, string | undefined>,
      body: await buffer(request),
      receivedAt: new Date(),
    });
    const [report] = received.messages;
    const outcome = outcomes.shift();
    if (outcome !== undefined) failed.push(report?.externalId ?? '');
    if (outcome === 'hang up') {
      request.socket.destroy();
      return;
    }
    const answer = outcome === undefined ? received.answer([]) : problem(outcome);
    response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
    if (outcome !== undefined) return;
    if (report !== undefined) taken.emit('report', report);
    for (const receipt of received.deliveryReceipts ?? []) taken.emit('receipt', receipt);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: async () => (await reports.next()).value[0],
    nextReceipt: async () => (await receipts.next()).value[0],
    fail: (...next) => outcomes.push(...next),
    failed,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Words in the body, so that a Kannel that sent them to the phone would be seen. */
function problem(status: number) {
  return { status, contentType: 'text/plain', body: 'try again later' };
}
