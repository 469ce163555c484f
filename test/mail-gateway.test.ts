import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { orderFiling } from '../src/db/taken-messages.ts';
import { bounceAddress } from '../src/domain/mail-address.ts';
import type { NotificationId } from '../src/domain/report.ts';
import { allRoles, type InProcess, startInProcess } from './support/app.ts';
import { forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Dovecot, hasDovecot, startDovecot } from './support/dovecot.ts';
import { eventually } from './support/eventually.ts';
import { startGateway } from './support/gateway.ts';
import { mailSettings, mailTo, withFile } from './support/mail-gateway.ts';
import { hasPostfix, type Postfix, startPostfix } from './support/postfix.ts';
import { testRedisUrl } from './support/redis.ts';
import { testDataDir } from './support/sealing.ts';
import { uniqueWord } from './support/unique-word.ts';

/** Whole gateways with real mail servers: machines that answer each other, mailboxes that others tidy, and hostile mail. */
describe.skipIf(!hasPostfix || !hasDovecot)('a gateway', { timeout: 90_000 }, () => {
  const users = ['lapor', 'tetangga', 'siti', 'budi', 'mesin'];
  let database: TestDatabase;
  let dovecot: Dovecot;
  let postfix: Postfix;
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    dovecot = await startDovecot({ users: Object.fromEntries(users.map((user) => [user, 'rahasia'])) });
    postfix = await startPostfix({ dovecot, domains: ['uji.example'] });
  }, 120_000);
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    await forgetReports(database.pool);
    await database.pool.query('truncate sources');
    for (const user of users) await dovecot.doveadm('expunge', '-u', user, 'mailbox', '*', 'all');
  });
  afterAll(async () => {
    await postfix?.stop();
    await dovecot?.stop();
    await database?.drop();
  });

  async function start(
    more: Readonly<Record<string, string>> = {},
    mailbox: Parameters<typeof mailSettings>[1] = { user: 'lapor' },
    on: TestDatabase = database,
  ): Promise<InProcess> {
    const settings = await mailSettings({ database: on, dovecot, postfix }, mailbox);
    const servers = { databaseUrl: on.url, redisUrl: testRedisUrl() };
    const gateway = await startInProcess(servers, allRoles, { ...settings, ...more });
    stops.push(gateway.stop);
    return gateway;
  }

  const send = (mail: Parameters<typeof mailTo>[0]) =>
    postfix.send({ from: mail.from, to: mail.to ?? 'lapor@uji.example', raw: mailTo(mail) });

  const listFates = async (on: TestDatabase = database) =>
    (
      await on.pool.query<{ fate: string | null; state: string; outcome: string }>(
        'select fate, state, outcome from messages order by accepted_at, id',
      )
    ).rows;
  const untilFates = (fates: readonly string[], on: TestDatabase = database) =>
    vi.waitFor(
      async () => expect((await listFates(on)).map(({ fate }) => fate).toSorted()).toEqual(fates.toSorted()),
      { timeout: 40_000, interval: 50 },
    );
  const listReports = async () =>
    (
      await database.pool.query<{ id: string; text: string; hold: string | null; channel: string }>(
        'select id, text, hold, channel from reports order by accepted_at, id',
      )
    ).rows;
  const listNotifications = async () =>
    (
      await database.pool.query<{
        id: NotificationId;
        kind: string;
        state: string;
        reason: string | null;
        delivery_state: string | null;
        delivery_detail: string | null;
      }>(
        'select id, kind, state, reason, delivery_state, delivery_detail from notifications order by created_at, id',
      )
    ).rows;
  const receive = (user: string, count: number) =>
    vi.waitFor(
      async () => {
        const mails = await dovecot.listMails(user);
        const heads = mails.map(({ raw }) =>
          raw.toString().match(/^(Message-ID|In-Reply-To|Subject):.*$/gim),
        );
        expect(mails, JSON.stringify(heads)).toHaveLength(count);
        return Promise.all(mails.map(({ raw }) => PostalMime.parse(raw)));
      },
      { timeout: 40_000, interval: 50 },
    );
  /** Until nothing is under way: what would come would have come. */
  const settled = () =>
    vi.waitFor(
      async () => {
        const { rows } = await database.pool.query(
          `select 1 from messages where state = 'pending' union all select 1 from inbox
           union all select 1 from notifications where state in ('pending', 'sending')`,
        );
        expect(rows).toEqual([]);
        expect(await postfix.countQueued()).toBe(0);
      },
      { timeout: 40_000, interval: 50 },
    );

  test('answers to a machine that says of itself that it is one, or to another gateway, end at once', async () => {
    const neighbour = await createTestDatabase({ seeded: true });
    stops.push(() => neighbour.drop());
    await start();
    const folder = await mkdtemp(join(testDataDir, 'tetangga-'));
    await start({ DATA_DIR: folder }, { user: 'tetangga' }, neighbour);
    // somebody writes to the one in the name of the other
    await send({ from: 'tetangga@uji.example', body: `Bandung, lampu mati di ${uniqueWord()}` });
    await untilFates(['report']);
    await untilFates(['own'], neighbour);
    await settled();
    expect(await listNotifications()).toMatchObject([{ kind: 'tracking_id', state: 'sent' }]);
    expect((await neighbour.pool.query('select from reports')).rowCount).toBe(0);
    expect((await neighbour.pool.query('select from notifications')).rowCount).toBe(0);
  });

  test.each([
    [
      'where it is asked to',
      (mail: Awaited<ReturnType<typeof PostalMime.parse>>) => mail.replyTo?.[0]?.address,
    ],
    ['to the writer', (mail: Awaited<ReturnType<typeof PostalMime.parse>>) => mail.from?.address],
  ])('answers to a machine that hides that it is one end by the caps: it answers %s', async (_, whereTo) => {
    await start({ EMAIL_MAX_PER_ADDRESS: '4', EMAIL_MAX_PER_REPORT: '3' });
    let answered = 0;
    let running = true;
    const machine = (async () => {
      while (running) {
        const mails = await dovecot.listMails('mesin');
        for (const { raw } of mails.slice(answered)) {
          answered += 1;
          const mail = await PostalMime.parse(raw);
          await send({
            from: 'mesin@uji.example',
            to: whereTo(mail) ?? '',
            subject: mail.subject ?? '',
            body: `Terima kasih, surat Anda kami terima. Nomor ${answered}`,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    try {
      await send({ from: 'mesin@uji.example', body: `Bandung, lampu mati di ${uniqueWord()}` });
      await vi.waitFor(
        async () => expect((await listNotifications()).map(({ state }) => state)).toContain('capped'),
        { timeout: 60_000, interval: 100 },
      );
      await settled();
    } finally {
      running = false;
      await machine;
    }
    const told = await listNotifications();
    const sent = told.filter(({ state }) => state === 'sent').length;
    expect(sent).toBeLessThanOrEqual(4);
    expect(await dovecot.listMails('mesin')).toHaveLength(sent);
    // nobody answers what was not sent
    expect(told.filter(({ state }) => state === 'capped')).toHaveLength(1);
  });

  test('takes each mail once from a mailbox where others read, from which taken ones are moved, and which is counted anew', async () => {
    const words = Array.from({ length: 6 }, uniqueWord);
    const mails = words.map((word, index) =>
      mailTo({
        from: 'siti@uji.example',
        ...(index === 5 && { id: null }),
        body: `Bandung, jalan rusak ${word}`,
      }),
    );
    await dovecot.fill(mails.slice(0, 3), 'lapor');
    // somebody has read them before
    await dovecot.addFlag('lapor', '\\Seen');
    await start({ EMAIL_MAX_PER_ADDRESS: '0' }, { user: 'lapor', processedFolder: 'Diproses' });
    await untilFates(Array(3).fill('report'));
    for (const mail of mails.slice(3)) await dovecot.deliver(mail, 'lapor');
    await untilFates(Array(6).fill('report'));
    await vi.waitFor(
      async () => expect(await dovecot.listMails('lapor', 'Diproses')).toHaveLength(6),
      20_000,
    );
    expect(await dovecot.listMails('lapor')).toEqual([]);

    // back into the mailbox, as after a restore, with other UIDs; and all of them delivered once more
    await dovecot.doveadm('move', '-u', 'lapor', 'INBOX', 'mailbox', 'Diproses', 'all');
    await dovecot.changeUidValidity('lapor');
    for (const mail of mails) await dovecot.deliver(mail, 'lapor');
    const last = uniqueWord();
    await dovecot.deliver(
      mailTo({ from: 'siti@uji.example', body: `Bandung, jalan rusak ${last}` }),
      'lapor',
    );
    await untilFates(Array(7).fill('report'));
    await vi.waitFor(async () => expect(await dovecot.listMails('lapor', 'Diproses')).toHaveLength(13), {
      timeout: 40_000,
    });
    const texts = (await listReports()).map(({ text }) => text);
    expect(texts.toSorted()).toEqual(
      [...words, last].map((word) => `Bandung, jalan rusak ${word}`).toSorted(),
    );
    expect(await receive('siti', 7)).toHaveLength(7);
  });

  test('keeps what came through a mailing list, and files it when staff say so', async () => {
    await start();
    const body = `Bandung, pohon tumbang di jalan ${uniqueWord()}`;
    await send({
      from: 'Budi <budi@uji.example>',
      body,
      headers: {
        // as Google Groups sends on what comes to an office's address
        'X-Google-Group-Id': '123456789012',
        'List-ID': '<pengaduan.dinas.example>',
        'List-Post':
          '<https://groups.google.com/a/dinas.example/group/pengaduan/post>, <mailto:pengaduan@dinas.example>',
        'Mailing-list': 'list pengaduan@dinas.example; contact pengaduan+owners@dinas.example',
        Precedence: 'list',
        'X-Spam-Checked-In-Group': 'pengaduan@dinas.example',
      },
    });
    await untilFates(['auto-reply']);
    expect(await listReports()).toEqual([]);
    const { rows } = await database.pool.query<{ id: string }>('select id from messages');
    expect(await orderFiling(database.pool, rows[0]?.id ?? '', new Date())).toBe(true);
    await untilFates(['report']);
    expect(await listReports()).toMatchObject([{ text: body, hold: null }]);
    const [answer] = await receive('budi', 1);
    expect(answer?.subject).toMatch(/^Laporan /);
  });

  test('answers who reported by the form, and what they answer adds to their report', async () => {
    const gateway = await start();
    const answer = await fetch(`${gateway.url}/v1/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        kind: 'complaint',
        consent: true,
        text: `Lampu jalan di gang ${uniqueWord()} mati sejak Senin, Kec. Coblong Kota Bandung`,
        reporter: { name: 'Siti Aminah', email: 'Siti@uji.example' },
      }),
    });
    expect(answer.ok).toBe(true);
    const [confirmation] = await receive('siti', 1);
    const to = confirmation?.replyTo?.[0]?.address ?? '';
    const quoted = 'Pada Min, 22 Nov 2026 pukul 14.02 Lapor! <lapor@uji.example> menulis:\r\n> Laporan Anda';
    await send({ from: 'siti@uji.example', to, body: `Masih gelap.\r\n\r\n${quoted}` });
    await receive('siti', 2);
    const { rows } = await database.pool.query('select text, channel from additions');
    expect(rows).toEqual([{ text: 'Masih gelap.', channel: 'email' }]);
    expect(await listReports()).toMatchObject([{ channel: 'web' }]);
    const thanks = (await dovecot.listMails('siti')).at(-1)?.raw ?? '';
    expect(thanks).toMatch(/^Return-Path: <>\r?$/m);

    // an answer without a word, and one to a mail that was delivered, change nothing
    await send({ from: 'siti@uji.example', to, body: quoted });
    await untilFates(['addition', 'empty']);
    const [first] = await listNotifications();
    const dsn = (action: string, status: string) =>
      mailTo({
        from: 'MAILER-DAEMON@uji.example',
        to: bounceAddress(first?.id as NotificationId, 'lapor@uji.example'),
        subject: 'Successful Mail Delivery Report',
        headers: {
          'Auto-Submitted': 'auto-replied',
          'Content-Type': 'multipart/report; report-type=delivery-status; boundary=b',
        },
        body: [
          '--b',
          'Content-Type: message/delivery-status',
          '',
          'Reporting-MTA: dns; mx.uji.example',
          '',
          'Final-Recipient: rfc822; siti@uji.example',
          `Action: ${action}`,
          `Status: ${status}`,
          '--b--',
        ].join('\r\n'),
      });
    const to2 = bounceAddress(first?.id as NotificationId, 'lapor@uji.example');
    for (const action of ['delivered', 'relayed', 'expanded', 'delayed'])
      await postfix.send({ from: '', to: to2, raw: dsn(action, '2.0.0') });
    await postfix.send({
      from: '',
      to: to2,
      raw: mailTo({
        from: 'siti@uji.example',
        subject: 'Dibaca: Laporan',
        headers: { 'Content-Type': 'multipart/report; report-type=disposition-notification; boundary=b' },
        body: '--b\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n--b--',
      }),
    });
    await untilFates(['addition', 'empty', 'receipt', 'receipt', 'receipt', 'receipt', 'bounce']);
    expect((await listNotifications())[0]).toMatchObject({ state: 'sent', delivery_state: null });
    await postfix.send({ from: '', to: to2, raw: dsn('failed', '5.2.1') });
    await eventually(async () =>
      expect((await listNotifications())[0]).toMatchObject({
        delivery_state: 'failed',
        delivery_detail: 'bounced 5.2.1',
      }),
    );
    await settled();
    expect(await dovecot.listMails('siti')).toHaveLength(2);
  });

  test('writes to nobody but to who wrote, and not where our own server says that somebody else did', async () => {
    await start({ EMAIL_AUTHSERV_ID: 'mx.uji.example' });
    const many = Array.from({ length: 10_000 }, (_, index) => `warga${index}@uji.example`);
    const words = Array.from({ length: 6 }, uniqueWord);
    const text = (index: number) => `Bandung, jalan rusak di gang ${words[index]}`;
    // not by Postfix, which would fold and cut so many
    await dovecot.deliver(
      mailTo({
        from: 'siti@uji.example',
        to: ['lapor@uji.example', ...many.slice(0, 5_000)].join(',\r\n '),
        headers: { Cc: many.slice(5_000).join(',\r\n '), 'Reply-To': 'budi@uji.example' },
        body: text(0),
      }),
      'lapor',
    );
    await untilFates(['report']);
    const [confirmation] = await receive('siti', 1);
    expect(confirmation?.to?.map(({ address }) => address)).toEqual(['siti@uji.example']);

    const forged = (results: string) => ({ 'Authentication-Results': `mx.uji.example; ${results}` });
    const from = 'budi@uji.example';
    await send({ from, body: text(1), headers: forged('spf=pass; dmarc=fail') });
    await send({ from, body: text(2), headers: forged('spf=fail; dkim=none') });
    await dovecot.deliver(
      mailTo({ from, body: text(3), headers: { from: 'siti@uji.example', ...forged('dmarc=pass') } }),
      'lapor',
    );
    // our own field in somebody's mail: kept, not lost
    await send({ from, body: text(4), headers: { 'X-Lapor-Gateway': '1' } });
    await untilFates(['report', 'held', 'held', 'held', 'own']);
    await send({
      from: 'siti@uji.example',
      id: '<a@uji.example>\r\nBcc: <budi@uji.example>',
      body: text(5),
      headers: { 'X-Forwarded-To': 'budi@uji.example' },
    });
    await untilFates(['report', 'report', 'held', 'held', 'held', 'own']);
    await receive('siti', 2);
    await settled();
    expect(await dovecot.listMails('budi')).toEqual([]);
    expect((await postfix.log()).match(/warga\d+@/g)).toBeNull();
    expect((await listReports()).filter(({ hold }) => hold !== null)).toHaveLength(3);
  });

  test('files a mail of 60 MB, and what stands behind it', async () => {
    const photo = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
    const gateway = await startGateway(
      'all',
      await mailSettings({ database, dovecot, postfix }, { user: 'lapor' }),
    );
    stops.push(() => gateway.end('SIGTERM'));
    const before = await peakMb(gateway.pid);
    const large = withFile(
      `Bandung, rekaman pungli di kantor ${uniqueWord()}`,
      'rekaman.mp4',
      'video/mp4',
      randomBytes(44 * 1024 * 1024),
    );
    const body = large.body.replace(
      '--batas--',
      `--batas\r\nContent-Type: image/jpeg; name="a.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n${photo.toString('base64')}\r\n--batas--`,
    );
    const raw = mailTo({ from: 'siti@uji.example', headers: large.headers, body });
    expect(raw.length).toBeGreaterThan(60 * 1000 * 1000);
    await dovecot.fill([raw, mailTo({ from: 'siti@uji.example', body: uniqueWord() })], 'lapor');
    await dovecot.deliver(mailTo({ from: 'siti@uji.example', body: uniqueWord() }), 'lapor');
    await untilFates(['report', 'report', 'report']);
    const [{ outcome } = { outcome: '' }] = (await listFates()).filter(({ outcome }) =>
      outcome.includes('files'),
    );
    expect(outcome).toBe('filed as a report, 1 of 2 files not taken: size');
    expect((await database.pool.query('select from attachments')).rowCount).toBe(1);
    await receive('siti', 3);
    const after = await peakMb(gateway.pid);
    console.info(`most memory of a gateway that filed a mail of 60 MB: ${after} MB, before it ${before} MB`);
    expect(after).toBeLessThan(2_000);
  });
});

/** The most memory that the process ever had, in megabytes. */
async function peakMb(pid: number): Promise<number> {
  const [, kb] = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kb) / 1_024);
}
