import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { formatTrackingId } from '../src/domain/tracking-id.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { hasKannel, type Kannel, startKannel } from './support/kannel.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';

const secret = 'rahasia-kannel-uji';

describe.skipIf(!hasKannel)('an SMS and the word back, through the real Kannel', () => {
  let database: TestDatabase;
  let gateway: Running;
  let worker: Running;
  let kannel: Kannel;
  let settings: Readonly<Record<string, string>>;

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    settings = {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: testQueueNamespace(),
      SMS_KANNEL_SECRET: secret,
    };
    gateway = await startGateway('serve', settings);
    kannel = await startKannel({ gateway: gateway.url, secret, method: 'get' });
  }, 120_000);

  afterAll(async () => {
    await kannel?.stop();
    await Promise.all([gateway?.end('SIGTERM'), worker?.end('SIGTERM')]);
    await database?.drop();
  });

  const startWorker = (password: string) =>
    startGateway('work', {
      ...settings,
      // where Kannel says what became of a message
      PUBLIC_URL: gateway.url,
      SMS_KANNEL_SEND_URL: kannel.sendsmsUrl,
      SMS_KANNEL_SEND_USER: 'lapor',
      SMS_KANNEL_SEND_PASSWORD: password,
    });

  const untilStates = (states: readonly string[]) =>
    vi.waitFor(
      async () => {
        const { rows } = await database.pool.query<{ state: string; reason: string | null }>(
          'select state, reason from notifications order by created_at',
        );
        expect(rows.map(({ state }) => state)).toEqual(states);
        return rows;
      },
      { timeout: 20_000, interval: 50 },
    );

  it('tells every phone the tracking ID of its report, and a second one that others reported the same', async () => {
    worker = await startWorker(secret);
    const text = 'TANGKAB lampu merah simpang Cisauk mati sdh 3 hr, macet parah';
    await kannel.sendSms('081234567890', '1708', text);
    await untilStates(['sent']);
    await kannel.untilDelivered(1);
    await kannel.sendSms('085712345678', '1708', text);
    await untilStates(['sent', 'sent']);

    const { rows } = await database.pool.query<{ tracking_id: string }>(
      'select tracking_id from filings order by filed_at',
    );
    const [first = '', second = ''] = rows.map((row) => formatTrackingId(row.tracking_id));
    expect(await kannel.untilDelivered(2)).toEqual([
      {
        from: '1708',
        to: '+6281234567890',
        text: expect.stringMatching(`kami catat. ID pelacakan: ${first}`),
      },
      {
        from: '1708',
        to: '+6285712345678',
        text: expect.stringMatching(`laporan lain .* ID pelacakan: ${second}`),
      },
    ]);
  });

  it('is refused, with the words of Kannel, where the password is wrong', async () => {
    await worker.end('SIGTERM');
    worker = await startWorker('salah-sandi');
    await kannel.sendSms('081234567890', '1708', 'TANGKAB sampah numpuk di psr Kutabumi');
    const rows = await untilStates(['sent', 'sent', 'refused']);
    expect(rows.at(-1)?.reason).toBe('answered 403: Authorization failed for sendsms');
  });

  it('answers nobody who is no person', async () => {
    await kannel.sendSms('3636', '1708', 'Pulsa Anda hampir habis');
    const rows = await untilStates(['sent', 'sent', 'refused', 'refused']);
    expect(rows.at(-1)?.reason).toBe('the sender is a short code');
    expect(await kannel.countOutgoing()).toBe(2);
  });
});
