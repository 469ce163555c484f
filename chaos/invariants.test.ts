import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Evidence, judgeReports, listSpooled } from './invariants.ts';
import { createLedger } from './ledger.ts';
import { composeCopy, composeMessage } from './messages.ts';

test('what lies in a spool counts as stuck, wherever in it, and an emptied segment does not', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lapor-spooled-'));
  const files = {
    'gateway/spool/000001.spool': 'a line',
    'gateway/spool/000002.spool': '',
    'gateway/spool/lock': 'not a report',
    'gateway/spool/refused/0198.json': '{}',
    'worker-1/spool/corrupt/000001.1': 'half a line',
    'keys/index.key': 'no spool',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dataDir, name)), { recursive: true });
    await writeFile(join(dataDir, name), content);
  }
  expect(await listSpooled(dataDir)).toEqual([
    'in the spool: gateway/spool/000001.spool, 6 bytes',
    'in the spool: gateway/spool/refused/0198.json, 2 bytes',
    'in the spool: worker-1/spool/corrupt/000001.1, 11 bytes',
  ]);
  await rm(dataDir, { recursive: true });
});

describe('a burst of the same SMS, all acknowledged', () => {
  const sms = [...Array(50).keys()]
    .map((n) => composeMessage(7, n + 1))
    .find(({ way }) => way === 'sms-generic');
  if (sms === undefined) throw new Error('no SMS among the first messages of the seed');
  const text = sms.text;
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 7, minute));
  const row = (id: string, more: object) => ({
    ...{ id, text, received_at: at(0), tracking_id: null, first_id: null, quarantine: null, held: null },
    ...{ delivery_id: null, delivery_state: null },
    ...more,
  });
  const filed = (id: string, trackingId: string, more: object = {}) =>
    row(id, { tracking_id: trackingId, delivery_id: `to-${id}`, delivery_state: 'delivered', ...more });
  const copy = (id: string, firstId: string) => row(id, { first_id: firstId });
  const arrival = (reportId: string, trackingId: string) => ({
    ...{ agency: 'nasional', webhookId: `to-${reportId}`, accepted: true, headers: {} },
    body: JSON.stringify({ type: 'report.routed', data: { reportId, trackingId } }),
  });

  async function judge(rows: readonly object[], trackingIds: readonly (string | null)[]) {
    const ledger = createLedger();
    const burst = [sms as NonNullable<typeof sms>];
    while (burst.length < trackingIds.length) {
      burst.push(composeCopy(burst[0] as (typeof burst)[0], 900 + burst.length));
    }
    for (const [index, message] of burst.entries()) {
      const entry = ledger.open(message);
      entry.acknowledged = true;
      entry.attempts = 1;
      entry.receipts.add(String(index));
    }
    const verdict = await judgeReports({
      ledger,
      db: { query: async () => ({ rows }) } as unknown as Evidence['db'],
      dataDir: '',
      arrivals: rows.flatMap((each) => {
        const { id, tracking_id } = each as { id: string; tracking_id: string | null };
        return tracking_id === null ? [] : [arrival(id, tracking_id)];
      }) as unknown as Evidence['arrivals'],
      sentSms: [],
      ask: async (path) => ({
        status: 200,
        text: JSON.stringify({ trackingId: trackingIds[Number(path.split('/').at(-1))] }),
      }),
    });
    return [...verdict.lost, ...verdict.doubled, ...verdict.undelivered].map((offence) =>
      offence.replace(/^report \d+ \(sms-generic\) /, ''),
    );
  }

  test.each([
    [
      'one filed, the others its copies',
      [filed('a', '1'), copy('b', 'a'), copy('c', 'a')],
      ['1', '1', '1'],
      [],
    ],
    [
      'filed anew after more than an hour, as a wrong clock has it',
      [filed('a', '1'), filed('b', '2', { received_at: at(61) })],
      ['1', '2'],
      [],
    ],
    [
      'one that is nowhere',
      [filed('a', '1'), copy('b', 'a')],
      ['1', '1', '1'],
      ['was acknowledged and of 3 messages 2 are stored'],
    ],
    [
      'one that is stored twice',
      [filed('a', '1'), copy('b', 'a'), copy('c', 'a')],
      ['1', '1'],
      ['is stored 3 times'],
    ],
    [
      'two that are filed within the hour',
      [filed('a', '1'), filed('b', '2', { received_at: at(59) })],
      ['1', '2'],
      ['was filed 2 times within an hour'],
    ],
    [
      'a receipt that leads elsewhere',
      [filed('a', '1'), copy('b', 'a')],
      ['1', null],
      ['has receipts that lead to 2 reports'],
    ],
    [
      'a copy of another report',
      [filed('a', '1'), copy('b', 'x')],
      ['1', '1'],
      ['is a copy of what is not filed'],
    ],
    [
      'one that is held',
      [row('a', { held: 'lebih dari 60' }), copy('b', 'a')],
      [null, null],
      ['is held: lebih dari 60', 'is a copy of what is not filed'],
    ],
  ])('%s', async (_, rows, trackingIds, offences) => {
    expect(await judge(rows, trackingIds)).toEqual(offences);
  });
});
