import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listLatestAudit } from '../src/db/audit.ts';
import {
  beginSending,
  findDueNotifications,
  insertNotifications,
  type NewNotification,
  recordSend,
} from '../src/db/notifications.ts';
import { settleSend } from '../src/domain/notification.ts';
import type { NotificationId } from '../src/domain/report.ts';
import { formatTrackingId } from '../src/domain/tracking-id.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, fileReport } from './support/filed-reports.ts';
import { runLapor } from './support/lapor.ts';

let database: TestDatabase;
let trackingId: string;
let id: NotificationId;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const run = (...args: readonly string[]) =>
  runLapor(['notification', ...args], { DATABASE_URL: database.url });

/** A message whose answer was lost: whether it was sent is unknown. */
beforeEach(async () => {
  await database.pool.query('truncate notifications');
  const now = new Date();
  const identity = { name: null, phone: '+6281299990000', email: null, onBehalfOf: null };
  const filed = await fileReport(database.pool, await addAgency(database.pool), now, { identity });
  trackingId = filed.trackingId;
  id = uuidv7() as NotificationId;
  const { reportId } = filed;
  const notification: NewNotification = {
    id,
    causeId: reportId,
    recipientId: reportId,
    reportId,
    kind: 'tracking_id',
    params: { trackingId },
    language: 'id',
    channel: 'sms',
  };
  await insertNotifications(database.pool, [notification], now);
  const [pending] = await findDueNotifications(database.pool, [id], now);
  const sending =
    pending &&
    (await beginSending(database.pool, pending, { now, leaseUntil: now, contactIndex: null, size: null }));
  if (sending == null) throw new Error('nothing to send');
  const unknown = settleSend({ kind: 'unknown', reason: 'no answer: ECONNRESET' }, 1, now, Math.random);
  await recordSend(database.pool, sending, unknown, now);
});

const stateOf = async () =>
  (await database.pool.query('select state, attempt_count, round_start from notifications')).rows;

describe('lapor notification', () => {
  test('lists what is parked with the reason, and never to whom it goes', async () => {
    const { code, stdout } = await run('list', '--state', 'parked');
    expect(code).toBe(0);
    expect(stdout).toContain(id);
    expect(stdout).toContain(formatTrackingId(trackingId));
    expect(stdout).toContain(
      'tracking_id by sms, 1 attempt\n    it may have been sent: no answer: ECONNRESET',
    );
    expect(stdout).not.toContain('99990000');

    const json = await run('list', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject([
      { id, state: 'parked', tracking_id: trackingId, attempts: 1 },
    ]);
    expect(json.stdout).not.toContain('99990000');
    expect((await run('list', '--state', 'sent')).stdout).toBe('There are none.\n');
  });

  test('resends a parked one with its schedule begun afresh, once', async () => {
    expect(await run('resend', id)).toMatchObject({ code: 0, stderr: '' });
    // one number is passed over: it ends the attempt that was in doubt
    expect(await stateOf()).toEqual([{ state: 'pending', attempt_count: 2, round_start: 2 }]);
    const again = await run('resend', id);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toBe(
      `No message ${id} is parked, refused, capped, not summoned or undelivered; "lapor notification list" says where it stands.\n`,
    );
  });

  test("resends by PostgreSQL's time, whatever the own clock says", async () => {
    const anHourAhead = {
      NODE_OPTIONS: `--import ${new URL('../dist/chaos/clock-shift.js', import.meta.url).href}`,
      CHAOS_CLOCK_SHIFT_MS: '3600000',
    };
    const resent = await runLapor(['notification', 'resend', id], {
      DATABASE_URL: database.url,
      ...anHourAhead,
    });
    expect(resent).toMatchObject({ code: 0, stderr: '' });
    const { rows } = await database.pool.query('select next_attempt_at <= now() as due from notifications');
    expect(rows).toEqual([{ due: true }]);
  });

  test('resends what was held back, and what never reached the phone', async () => {
    for (const [state, delivery] of [
      ['capped', null],
      ['not_summoned', null],
      ['sent', 'failed'],
    ]) {
      await database.pool.query(
        `update notifications set state = $1, delivery_state = $2, reason = 'said why',
           delivery_at = case when $2::text is null then null else now() end, finished_at = now()`,
        [state, delivery],
      );
      expect(await run('resend', id)).toMatchObject({ code: 0, stderr: '' });
      expect(await stateOf()).toMatchObject([{ state: 'pending' }]);
    }
    await database.pool.query(`update notifications set state = 'sent', delivery_state = 'delivered',
      delivery_at = now(), finished_at = now()`);
    expect(await run('resend', id)).toMatchObject({ code: 1 });
  });

  test('shows what became of one at the phone, in words that cannot move the cursor', async () => {
    await database.pool.query(
      `update notifications set state = 'sent', reason = null, delivery_state = 'failed',
         delivery_detail = E'absent\x1b[2J subscriber', delivery_at = '2026-11-22T03:00:00Z'`,
    );
    const { stdout } = await run('list', '--delivery', 'failed');
    expect(stdout).toContain(
      'tracking_id by sms, 1 attempt, failed (absent\ufffd[2J subscriber) 2026-11-22 03:00:00',
    );
    expect((await run('list', '--delivery', 'delivered')).stdout).toBe('There are none.\n');
  });

  test('what staff decide is in the audit log, with the reason where they give one', async () => {
    await run('resend', id, '--reason', 'pelapor menelepon, belum menerima SMS');
    await database.pool.query("update notifications set state = 'parked', reason = 'x', finished_at = now()");
    await run('drop', id);
    const rows = await listLatestAudit(database.pool, {
      action: null,
      subject: `notification:${id}`,
      limit: 10,
    });
    expect(rows.map(({ action, reason }) => ({ action, reason }))).toEqual([
      { action: 'notification_resent', reason: 'pelapor menelepon, belum menerima SMS' },
      { action: 'notification_dropped', reason: null },
    ]);
    expect(JSON.parse(rows[0]?.details ?? '')).toMatchObject({ state: 'parked', kind: 'tracking_id' });
    expect(JSON.stringify(rows)).not.toContain('99990000');
  });

  test('drops a parked one for good', async () => {
    expect(await run('drop', id)).toMatchObject({ code: 0, stderr: '' });
    expect(await stateOf()).toMatchObject([{ state: 'dropped' }]);
    expect(await run('resend', id)).toMatchObject({ code: 1 });
    expect(await run('drop', id)).toMatchObject({ code: 1 });
  });

  test.each([
    [['list', '--state', 'hilang'], 'hilang is no state: it is one of pending, '],
    [['list', '--delivery', 'hilang'], 'hilang is no state: it is one of accepted, '],
    [['resend', '869931144244'], '869931144244 is no id of a message'],
  ])('refuses %s', async (args, error) => {
    const refused = await run(...args);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(error);
  });
});

describe('lapor doctor', () => {
  async function examine() {
    const { stdout } = await runLapor(['doctor', '--json'], { DATABASE_URL: database.url });
    const { findings } = JSON.parse(stdout) as { findings: { part: string }[] };
    return findings.filter(({ part }) => part === 'word back');
  }

  test('tells of parked messages', async () => {
    expect(await examine()).toEqual([
      { level: 'ok', part: 'word back', what: '0 messages to reporters sent within a day, 0 under way' },
      {
        level: 'warn',
        part: 'word back',
        what: '1 messages to reporters are parked: staff must decide',
        mend: 'npm run lapor -- notification list --state parked',
      },
    ]);
  });

  test('tells of those held back, and warns where most failed, with the reason, but not of reporters without a contact', async () => {
    await database.pool.query(`
      update notifications set state = 'capped', reason = 'held back';
      insert into notifications (id, cause_id, recipient_id, kind, channel, state, reason, next_attempt_at, enqueue_after,
        finished_at)
      select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'help', 'sms', 'refused',
        'answered 403: Authorization failed for sendsms', now(), now(), now()
      from generate_series(1, 3);
      insert into notifications (id, cause_id, recipient_id, kind, channel, state, reason, next_attempt_at, enqueue_after,
        finished_at)
      select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'tracking_id', 'sms', 'refused', 'no contact',
        now(), now(), now()
      from generate_series(1, 9)`);
    expect(await examine()).toMatchObject([
      {
        level: 'warn',
        what: expect.stringMatching(/ 3 failed, mostly: answered 403: Authorization failed for sendsms$/),
      },
      { level: 'warn', what: expect.stringMatching(/^1 held back within a day/) },
    ]);
  });
});
