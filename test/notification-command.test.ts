import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
  const sending = pending && (await beginSending(database.pool, pending, now));
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
      `No message ${id} is parked or refused; "lapor notification list" says where it stands.\n`,
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

  test('drops a parked one for good', async () => {
    expect(await run('drop', id)).toMatchObject({ code: 0, stderr: '' });
    expect(await stateOf()).toMatchObject([{ state: 'dropped' }]);
    expect(await run('resend', id)).toMatchObject({ code: 1 });
    expect(await run('drop', id)).toMatchObject({ code: 1 });
  });

  test.each([
    [['list', '--state', 'hilang'], 'hilang is no state: it is one of pending, '],
    [['resend', '869931144244'], '869931144244 is no id of a message'],
  ])('refuses %s', async (args, error) => {
    const refused = await run(...args);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(error);
  });
});

test('lapor doctor and the backlog tell of parked messages', async () => {
  const { stdout } = await runLapor(['doctor', '--json'], { DATABASE_URL: database.url });
  expect(JSON.parse(stdout).findings).toContainEqual({
    level: 'warn',
    part: 'word back',
    what: '1 messages to reporters are parked: staff must decide',
    mend: 'npm run lapor -- notification list --state parked',
  });
});
