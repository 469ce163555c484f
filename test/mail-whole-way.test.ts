import { join } from 'node:path';
import PostalMime from 'postal-mime';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeMailboxesFile } from '../channels/email/fetch/mailboxes-file.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Dovecot, hasDovecot, startDovecot } from './support/dovecot.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { mailboxOf } from './support/mailboxes.ts';
import { hasPostfix, type Postfix, startPostfix } from './support/postfix.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { testDataDir } from './support/sealing.ts';

/** From a citizen's mail program to the confirmation in their mailbox and back, with nothing in between that is not real. */
describe.skipIf(!hasPostfix || !hasDovecot)('the whole way of an e-mail', () => {
  let database: TestDatabase;
  let dovecot: Dovecot;
  let postfix: Postfix;
  let gateway: Running;

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    dovecot = await startDovecot({ users: { lapor: 'rahasia', siti: 'sandi-siti', budi: 'sandi-budi' } });
    postfix = await startPostfix({ dovecot, domains: ['uji.example'] });
    const mailboxesFile = join(testDataDir, 'mailboxes.json');
    await writeMailboxesFile(mailboxesFile, [mailboxOf(dovecot, { name: 'bandung', agency: 'D32.73' })]);
    gateway = await startGateway('all', {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: testQueueNamespace(),
      EMAIL_MAILBOXES_FILE: mailboxesFile,
      EMAIL_SMTP_URL: `smtp://127.0.0.1:${postfix.smtpPort}`,
      EMAIL_FROM: 'Lapor! <lapor@uji.example>',
    });
    await vi.waitFor(async () => expect(await dovecot.countConnections('lapor')).toBeGreaterThan(0), 20_000);
  }, 120_000);
  afterAll(async () => {
    await gateway?.end('SIGTERM');
    await postfix?.stop();
    await dovecot?.stop();
    await database?.drop();
  });

  /** The mails that came to a citizen so far, once there are so many. */
  const receive = (user: string, count: number) =>
    vi.waitFor(
      async () => {
        const mails = await dovecot.listMails(user);
        expect(mails).toHaveLength(count);
        return Promise.all(mails.map(({ raw }) => PostalMime.parse(raw)));
      },
      { timeout: 20_000, interval: 25 },
    );

  const send = (from: string, to: string, header: Readonly<Record<string, string>>, body: string) =>
    postfix.send({
      from,
      to,
      raw: [
        `From: ${from}`,
        `To: ${to}`,
        `Date: ${new Date().toUTCString()}`,
        'MIME-Version: 1.0',
        ...Object.entries({ 'Content-Type': 'text/plain; charset=utf-8', ...header }).map(
          ([name, value]) => `${name}: ${value}`,
        ),
        '',
        body,
      ].join('\r\n'),
    });

  const listReports = async () => {
    const { rows } = await database.pool.query<{
      id: string;
      title: string | null;
      text: string;
      tracking_id: string;
      agency_code: string;
      files: number;
    }>(
      `select report.id, report.title, report.text, filing.tracking_id, route.agency_code,
         (select count(*)::int from attachments where report_id = report.id) as files
       from reports as report join filings as filing on filing.report_id = report.id
       join routes as route on route.report_id = report.id
       order by report.accepted_at`,
    );
    return rows;
  };

  test('a report with a photo, its confirmation, an answer to that, and a stranger who knows the address', async () => {
    const photo = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
    const began = Date.now();
    await send(
      'siti@uji.example',
      'lapor@uji.example',
      {
        Subject: '=?utf-8?q?Lampu_jalan_mati_di_depan_SDN_Coblong?=',
        'Message-ID': '<siti-1@uji.example>',
        'Content-Type': 'multipart/mixed; boundary=batas',
      },
      [
        '--batas',
        'Content-Type: text/plain; charset=utf-8',
        '',
        'Sudah dua minggu lampu jalan di depan SDN Coblong mati, anak-anak pulang sore gelap-gelapan.',
        'Hubungi saya di 0812-3456-7890.',
        '',
        'Dikirim dari ponsel Samsung saya',
        '--batas',
        'Content-Type: image/jpeg; name="IMG_2041.jpg"',
        'Content-Disposition: attachment; filename="IMG_2041.jpg"',
        'Content-Transfer-Encoding: base64',
        '',
        photo.toString('base64').replace(/.{76}/g, '$&\r\n'),
        '--batas--',
      ].join('\r\n'),
    );
    const [confirmation] = await receive('siti', 1);
    console.info(`SMTP to confirmation in the sender's mailbox: ${Date.now() - began} ms`);

    const [report] = await listReports();
    expect(report).toMatchObject({
      title: 'Lampu jalan mati di depan SDN Coblong',
      text: expect.stringMatching(/^Sudah dua minggu lampu jalan .*\nHubungi saya di \[nomor\]\.$/s),
      agency_code: 'D32.73',
      files: 1,
    });
    const id = report?.tracking_id.replace(/(.{4})(.{4})(.{4})/, '$1-$2-$3') ?? '';
    expect(confirmation?.subject).toContain(id);
    expect(confirmation?.inReplyTo).toBe('<siti-1@uji.example>');

    const replyTo = confirmation?.replyTo?.[0]?.address ?? '';
    const reply = {
      Subject: `Re: ${confirmation?.subject}`,
      'In-Reply-To': confirmation?.messageId ?? '',
      References: `<siti-1@uji.example> ${confirmation?.messageId}`,
    };
    const quoted = `Pada Min, 22 Nov 2026 pukul 14.02 Lapor! <lapor@uji.example> menulis:\r\n> Laporan Anda sudah kami catat. ID pelacakan: ${id}.`;
    await send(
      'siti@uji.example',
      replyTo,
      { ...reply, 'Message-ID': '<siti-2@uji.example>' },
      `Tadi malam ada yang jatuh dari motor di situ.\r\n\r\n${quoted}`,
    );
    const [, thanks] = await receive('siti', 2);
    expect(thanks?.text).toContain(id);
    const { rows: additions } = await database.pool.query('select report_id, text from additions');
    expect(additions).toEqual([
      { report_id: report?.id, text: 'Tadi malam ada yang jatuh dari motor di situ.' },
    ]);

    await send(
      'budi@uji.example',
      replyTo,
      { ...reply, 'Message-ID': '<budi-1@uji.example>' },
      `Batalkan saja laporan ini.\r\n\r\n${quoted}`,
    );
    const [toBudi] = await receive('budi', 1);
    expect(`${toBudi?.text}${toBudi?.html}`).not.toContain(id);
    expect(await listReports()).toHaveLength(2);
    expect((await database.pool.query('select from additions')).rowCount).toBe(1);
    expect(await dovecot.listMails('siti')).toHaveLength(2);
    expect(gateway.output()).not.toMatch(/siti@|budi@|SDN|gelap-gelapan|Lampu jalan mati di depan/i);
  });

  test('who is out of office is not answered, and their mail is kept for staff', async () => {
    await send(
      'siti@uji.example',
      'lapor@uji.example',
      {
        Subject: 'Otomatis: sedang cuti',
        'Message-ID': '<siti-3@uji.example>',
        'Auto-Submitted': 'auto-replied',
      },
      'Saya sedang cuti sampai Senin.',
    );
    await vi.waitFor(async () => {
      const { rows } = await database.pool.query("select fate from messages where fate = 'auto-reply'");
      expect(rows).toHaveLength(1);
    }, 20_000);
    expect(await dovecot.listMails('siti')).toHaveLength(2);
  });
});
