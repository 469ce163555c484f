import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pino } from 'pino';
import PostalMime from 'postal-mime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Channel } from '../channels/channel.ts';
import { createChannels } from '../channels/index.ts';
import { parseConfig } from '../src/config.ts';
import { resendNotification } from '../src/db/notification-decisions.ts';
import { closedBudget } from '../src/domain/budget.ts';
import type { NewReport, NotificationId } from '../src/domain/report.ts';
import { formatTrackingId } from '../src/domain/tracking-id.ts';
import { createReveal } from '../src/prepare-keys.ts';
import { createIntake } from '../workers/intake.ts';
import { createNotify } from '../workers/notify.ts';
import { createTestAccept } from './support/accept.ts';
import { createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { readDkimSignature, verifyDkim } from './support/dkim.ts';
import { type Dovecot, hasDovecot, startDovecot } from './support/dovecot.ts';
import { startGateway } from './support/gateway.ts';
import { runLapor } from './support/lapor.ts';
import { hasPostfix, type Postfix, startPostfix } from './support/postfix.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { openAnswerEater } from './support/scripted-smtp.ts';
import { sealing } from './support/sealing.ts';

const transportFile = fileURLToPath(new URL('../dist/channels/email/send/transport.js', import.meta.url));

/** A report to its confirmation in the reporter's mailbox, with Debian's Postfix and Dovecot on the way. */
describe.skipIf(!hasPostfix || !hasDovecot)('with Postfix and Dovecot', () => {
  const answers = {
    'hilang@uji.example': '550 5.1.1 hilang@uji.example: no such mailbox',
    'tunda@uji.example': '450 4.2.0 tunda@uji.example: greylisted',
    'penuh@uji.example': '552 5.2.2 penuh@uji.example over quota',
  };
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  let database: TestDatabase;
  let dovecot: Dovecot;
  let postfix: Postfix;
  let folder: string;
  let channels: readonly Channel[] = [];
  let logged: string[] = [];
  let seen = 0;

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    dovecot = await startDovecot({ users: { siti: 'sandi-siti', lapor: 'sandi-lapor' } });
    postfix = await startPostfix({ dovecot, domains: ['uji.example'], answers });
    folder = await mkdtemp(join(tmpdir(), 'lapor-mail-'));
    await writeFile(join(folder, 'dkim.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }, 120_000);
  afterAll(async () => {
    await postfix?.stop();
    await dovecot?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    logged = [];
    use();
  });
  afterEach(async () => {
    for (const channel of channels) await channel.close?.();
    await forgetReports(database.pool);
  });

  const settings = (port = postfix.smtpPort) => ({
    EMAIL_SMTP_URL: `smtp://127.0.0.1:${port}`,
    EMAIL_FROM: 'Lapor! Uji <lapor@uji.example>',
    EMAIL_DKIM_DOMAIN: 'uji.example',
    EMAIL_DKIM_SELECTOR: 'lapor2026',
    EMAIL_DKIM_KEY_FILE: join(folder, 'dkim.pem'),
    PUBLIC_URL: 'https://lapor.example.go.id',
  });

  function use(port?: number): void {
    channels = createChannels(parseConfig(settings(port)), closedBudget);
  }

  /** Accepts and files a report, and returns its notification. */
  async function file(email: string, more: Partial<NewReport> = {}): Promise<NotificationId> {
    const { context } = await createCore(database.pool);
    const accept = await createTestAccept(context);
    const identity = {
      name: 'Siti Aminah, "RT 03"\r\nBcc: budi@uji.example',
      phone: null,
      email,
      onBehalfOf: null,
    };
    const [accepted] = await accept([
      newReport({
        channel: 'email',
        identity,
        original: {
          contentType: 'message/rfc822',
          body: Buffer.from('Subject: lampu mati\r\n\r\nLampu mati'),
          messageId: '<asal-123@mail.uji.example>',
        },
        ...more,
      }),
    ]);
    await createIntake({ ...context, channels })({ reportIds: [accepted?.reportId ?? ''] });
    const { rows } = await database.pool.query<{ id: NotificationId }>(
      'select id from notifications where report_id = $1',
      [accepted?.reportId],
    );
    return rows[0]?.id as NotificationId;
  }

  const byForm: Partial<NewReport> = {
    channel: 'web',
    original: { contentType: 'application/json', body: Buffer.from('{}'), messageId: null },
  };

  async function work(id: NotificationId, ahead = 0): Promise<void> {
    const { context } = await createCore(database.pool);
    await createNotify({
      ...context,
      config: parseConfig(settings()),
      channels,
      clock: () => new Date(Date.now() + ahead),
      log: pino({ level: 'debug' }, { write: (line: string) => logged.push(line) }),
      call: async () => ({ kind: 'not-sent', detail: 'nobody is called' }),
      revealSender: createReveal(sealing.open, database.pool, context.log),
      countNotification: () => {},
    })({ notificationIds: [id] });
  }

  async function find(id: NotificationId) {
    const { rows } = await database.pool.query<{
      state: string;
      reason: string | null;
      provider_id: string | null;
      attempt_count: number;
      contact_index: Buffer | null;
      segments: number | null;
      encoding: string | null;
      tracking_id: string;
    }>(
      `select notification.*, filing.tracking_id
       from notifications as notification join filings as filing using (report_id) where id = $1`,
      [id],
    );
    return rows[0];
  }

  /** What came to the mailbox since it was looked at last, once there is something. */
  async function receive(user: string, count = 1): Promise<readonly string[]> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const mails = await dovecot.listMails(user);
      if (mails.length - (user === 'siti' ? seen : 0) >= count || Date.now() > deadline) {
        const fresh = mails.slice(user === 'siti' ? seen : 0);
        if (user === 'siti') seen = mails.length;
        return fresh.map(({ raw }) => raw.replace(/\r?\n/g, '\r\n'));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  test('a report by e-mail is answered in its thread, and everything a mail program needs is right', async () => {
    const id = await file('siti@uji.example');
    await work(id);
    const row = await find(id);
    expect(row).toMatchObject({ state: 'sent', reason: null, segments: null, encoding: null });
    expect(row?.contact_index).toHaveLength(16);
    expect(await postfix.log()).toContain(row?.provider_id);

    const [raw = '', ...others] = await receive('siti');
    expect(others).toEqual([]);
    const mail = await PostalMime.parse(raw);
    const header = (name: string) => mail.headers.filter(({ key }) => key === name).map(({ value }) => value);
    expect(mail.messageId).toBe(`<n.${id}@uji.example>`);
    expect(mail.inReplyTo).toBe('<asal-123@mail.uji.example>');
    expect(mail.references).toBe('<asal-123@mail.uji.example>');
    expect(mail.from).toEqual({ name: 'Lapor! Uji', address: 'lapor@uji.example' });
    expect(mail.to).toEqual([{ name: '', address: 'siti@uji.example' }]);
    expect(mail.replyTo?.[0]?.address).toBe(`lapor+n.${id.replaceAll('-', '')}@uji.example`);
    expect(header('return-path')).toEqual(['<>']);
    expect(header('auto-submitted')).toEqual(['auto-replied']);
    expect(header('x-auto-response-suppress')).toEqual(['All']);
    expect(header('bcc')).toEqual([]);
    expect(mail.subject).toBe(`Laporan ${formatTrackingId(row?.tracking_id ?? '')}: sudah kami catat`);
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain(formatTrackingId(row?.tracking_id ?? ''));
      expect(body).toContain(`https://lapor.example.go.id/lacak?id=${row?.tracking_id}`);
      expect(body).not.toMatch(/Siti|lampu/i);
    }
    expect(readDkimSignature(Buffer.from(raw)).tags).toMatchObject({ d: 'uji.example', s: 'lapor2026' });
    expect(verifyDkim(Buffer.from(raw), publicKey)).toEqual({ body: true, headers: true });
    expect(logged.join('')).not.toMatch(/siti|uji\.example/i);
  });

  test('a report by the form is answered by e-mail, and its bounces would come back to us', async () => {
    const id = await file('siti@uji.example', byForm);
    await work(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    const [raw = ''] = await receive('siti');
    expect(raw).toContain(`Return-Path: <lapor+b.${id.replaceAll('-', '')}@uji.example>`);
  });

  test('a bounce and a reply reach our own mailbox by the addresses they were given', async () => {
    // Postfix asks Dovecot, who knows nobody of that name, only once it has taken the mail.
    const id = await file('tak.ada@uji.example', byForm);
    await work(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    const [bounce = ''] = await receive('lapor');
    expect(bounce).toMatch(/Content-Type: multipart\/report; report-type=delivery-status/);
    expect(bounce).toContain(`<n.${id}@uji.example>`);
    expect(bounce).toContain(`lapor+b.${id.replaceAll('-', '')}@uji.example`);

    await postfix.send({
      from: 'siti@uji.example',
      to: `lapor+n.${id.replaceAll('-', '')}@uji.example`,
      raw: 'Subject: Re: Laporan\r\n\r\nMasih mati\r\n',
    });
    expect((await receive('lapor', 2)).at(-1)).toContain('Masih mati');
  });

  test.each([
    [
      'hilang',
      'refused',
      'the mail server answered to the recipient with 550 5.1.1 (there is no such mailbox)',
    ],
    ['penuh', 'refused', 'the mail server answered to the recipient with 552 5.2.2 (the mailbox is full)'],
    ['tunda', 'pending', 'the mail server answered to the recipient with 450 4.2.0'],
  ])('%s is %s, and the reason names nobody', async (local, state, reason) => {
    const id = await file(`${local}@uji.example`);
    await work(id);
    expect(await find(id)).toMatchObject({ state, reason, attempt_count: 1 });
    expect(logged.join('')).toContain(reason);
    expect(logged.join('')).not.toMatch(/hilang|penuh|tunda/);
  });

  test('while the mail server is away it is tried again, and sent once it is back', async () => {
    const id = await file('siti@uji.example');
    await postfix.pause();
    await work(id);
    expect(await find(id)).toMatchObject({
      state: 'pending',
      reason: 'no answer to the connection: ECONNREFUSED',
    });
    await postfix.resume();
    await work(id, 60_000);
    expect(await find(id)).toMatchObject({ state: 'sent', attempt_count: 2 });
    expect(await receive('siti')).toHaveLength(1);
  });

  test('one whose answer is lost is parked, and by itself never sent again', async () => {
    const relay = await openAnswerEater(postfix.smtpPort);
    use(relay.port);
    const id = await file('siti@uji.example');
    await work(id);
    expect(await find(id)).toMatchObject({
      state: 'parked',
      reason: 'it may have been sent: no answer to the mail: ECONNECTION',
    });
    // It was: Postfix had it whole.
    expect(await receive('siti')).toHaveLength(1);
    for (const later of [60_000, 3_600_000, 86_400_000]) await work(id, later);
    expect(await find(id)).toMatchObject({ state: 'parked', attempt_count: 1 });
    await relay.stop();

    for (const channel of channels) await channel.close?.();
    use();
    await resendNotification(database.pool, id, new Date());
    await work(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    const [again = ''] = await receive('siti');
    expect(again).toContain(`Message-ID: <n.${id}@uji.example>`);
  });

  test('a whole gateway answers a report of the form, ends what it keeps open, and logs nobody', async () => {
    const gateway = await startGateway('all', {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: testQueueNamespace(),
      ...settings(),
    });
    try {
      const answer = await fetch(`${gateway.url}/v1/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          kind: 'complaint',
          consent: true,
          text: 'Lampu jalan di gang Melati mati sejak Senin, Kec. Coblong Kota Bandung',
          reporter: { name: 'Siti Aminah', email: 'Siti@uji.example' },
        }),
        signal: AbortSignal.timeout(20_000),
      });
      expect(answer.ok).toBe(true);
      const [raw = '', ...others] = await receive('siti');
      expect(others).toEqual([]);
      expect(raw).toMatch(/^Subject: Laporan \d{4}-\d{4}-\d{4}: sudah kami catat\r$/m);
      expect(await gateway.end('SIGTERM')).toBe(0);
    } finally {
      await gateway.end('SIGKILL');
    }
    expect(gateway.output()).toContain('"event":"notification_sent"');
    expect(gateway.output()).not.toMatch(/siti|sandi/i);
  });

  test('STARTTLS comes before anything else is said, to a server that is not on this machine', async () => {
    // Only a process that begins with it trusts the certificate; and only this test calls this machine another.
    const script = `
      import { createMailTransport } from ${JSON.stringify(transportFile)};
      const server = { host: 'localhost', port: ${postfix.submissionPort}, tls: 'starttls', user: { name: 'lapor', password: 'sandi-lapor' } };
      const transport = createMailTransport({ server, dkim: null });
      console.log(await transport.verify());
      await transport.close();`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { env: { NODE_EXTRA_CA_CERTS: dovecot.certFile } },
    );
    expect(stdout.trim()).toBe('true');
  });

  describe('lapor doctor', () => {
    const examine = async (env: Readonly<Record<string, string>>) => {
      const { stdout } = await runLapor(['doctor'], {
        DATABASE_URL: database.url,
        DATA_DIR: join(folder, 'none'),
        PORT: '1',
        ...env,
      });
      const parts = stdout.split('\n').filter((line) => / (mail server|dkim) /.test(line));
      return parts.map((line) => line.replace(/ {2,}/g, '  ')).join('\n');
    };

    test('says that the server takes us, and that nobody finds the key', async () => {
      const said = await examine(settings());
      expect(said).toContain(`ok  mail server  127.0.0.1:${postfix.smtpPort} takes mail`);
      expect(said).toMatch(/^warn {2}dkim {2}lapor2026\._domainkey\.uji\.example was not found in DNS/m);
    });

    test('says what is wrong, and no secret', async () => {
      const said = await examine({
        ...settings(),
        EMAIL_SMTP_URL: `smtps://lapor:salah@localhost:${postfix.submissionsPort}`,
        NODE_EXTRA_CA_CERTS: dovecot.certFile,
      });
      expect(said).toMatch(/^fail {2}mail server {2}localhost:\d+ takes no mail: 535 5\.7\.8/m);
      expect(said).not.toContain('salah');
    });

    test('signs in, where the server asks for TLS before that', async () => {
      const said = await examine({
        ...settings(),
        EMAIL_SMTP_URL: `smtp://lapor:salah@localhost:${postfix.submissionPort}`,
      });
      expect(said).toMatch(/^fail {2}mail server {2}localhost:\d+ takes no mail: 535 5\.7\.8/m);
    });

    test('says that nothing is sent, where nothing is set', async () => {
      expect(await examine({})).toContain('EMAIL_SMTP_URL is not set');
    });
  });

  describe('lapor email test', () => {
    const trusting = () => ({ ...settings(), NODE_EXTRA_CA_CERTS: dovecot.certFile });

    test('signs in over TLS', async () => {
      const url = () => `smtps://lapor:sandi-lapor@localhost:${postfix.submissionsPort}`;
      const { code, stdout } = await runLapor(['email', 'test', 'siti@uji.example'], {
        ...trusting(),
        EMAIL_SMTP_URL: url(),
      });
      expect(stdout).toMatch(/^localhost:\d+ took the mail as \w+\. Look whether it arrives/);
      expect(code).toBe(0);
      const [raw = ''] = await receive('siti');
      expect(raw).toContain('Auto-Submitted: auto-generated');
      expect((await PostalMime.parse(raw)).subject).toBe('Uji coba e-mail / Test e-mail');
    });

    test('signs in by STARTTLS on this machine, where the server insists on it, whatever its certificate', async () => {
      const { code, stdout } = await runLapor(['email', 'test', 'siti@uji.example'], {
        ...settings(),
        EMAIL_SMTP_URL: `smtp://lapor:sandi-lapor@localhost:${postfix.submissionPort}`,
      });
      expect(stdout).toMatch(/^localhost:\d+ took the mail as \w+\./);
      expect(code).toBe(0);
      expect(await receive('siti')).toHaveLength(1);
    });

    test.each([
      ['a wrong password', () => `smtps://lapor:salah@localhost:${postfix.submissionsPort}`, /535 5\.7\.8/],
      ['nobody there', () => 'smtp://127.0.0.1:1', /ECONNREFUSED/],
    ])('says what is wrong: %s', async (_, url, said) => {
      const { code, stderr } = await runLapor(['email', 'test', 'siti@uji.example'], {
        ...trusting(),
        EMAIL_SMTP_URL: url(),
      });
      expect(stderr).toMatch(said);
      expect(stderr).not.toContain('salah');
      expect(code).toBe(1);
    });

    test('sends nothing to a server whose certificate nobody vouches for', async () => {
      const { code, stderr } = await runLapor(['email', 'test', 'siti@uji.example'], {
        ...settings(),
        EMAIL_SMTP_URL: `smtps://lapor:sandi-lapor@localhost:${postfix.submissionsPort}`,
      });
      expect(stderr).toMatch(
        /^Not taken by localhost:\d+: no answer to the connection: DEPTH_ZERO_SELF_SIGNED_CERT/,
      );
      expect(code).toBe(1);
    });

    test('is misuse without an address, or with what is none', async () => {
      expect(await runLapor(['email', 'test', 'siti'], settings())).toMatchObject({ code: 2 });
      expect(await runLapor(['email', 'test'], settings())).toMatchObject({ code: 2 });
    });

    test('says so where no mail is sent at all', async () => {
      const { code, stderr } = await runLapor(['email', 'test', 'siti@uji.example']);
      expect(stderr).toContain('EMAIL_SMTP_URL is not set');
      expect(code).toBe(1);
    });
  });
});
