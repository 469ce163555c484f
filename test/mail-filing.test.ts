import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Channel, OutgoingMessage } from '../channels/channel.ts';
import { createMailReader } from '../channels/email/read/reader.ts';
import { lookAtTables } from '../chaos/leaks.ts';
import { listAdditions } from '../src/db/additions.ts';
import { listKeptMails } from '../src/db/mails.ts';
import { countFates, orderFiling, takeMessage } from '../src/db/taken-messages.ts';
import type { AttachmentId } from '../src/domain/attachment.ts';
import { ourMessageId, replyAddress } from '../src/domain/mail-address.ts';
import type { MessageId, NewMessage } from '../src/domain/message.ts';
import { after } from '../src/domain/moment.ts';
import type { AgencyCode, NotificationId, ReportId } from '../src/domain/report.ts';
import { createGuardedFetch } from '../src/outbound/guarded-fetch.ts';
import { createReveal } from '../src/prepare-keys.ts';
import { createDeliver } from '../workers/deliver.ts';
import { createIntake } from '../workers/intake.ts';
import { createMessages } from '../workers/messages.ts';
import { createNotify } from '../workers/notify.ts';
import { sweep } from '../workers/sweep.ts';
import { openDoor } from './support/accept.ts';
import { openTestAttachments } from './support/attachments.ts';
import { countRows, createCore, forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { runLapor } from './support/lapor.ts';
import { fetched, type MailPart, writeBounce, writeMail } from './support/mails.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';
import { readSealed, sealing, testDataDir } from './support/sealing.ts';
import { signIn } from './support/staff.ts';
import { uniqueWord } from './support/unique-word.ts';

const base = 'lapor@contoh.go.id';
const siti = 'siti.rahayu@contoh.id';
const mx = 'mx.contoh.go.id';

let database: TestDatabase;
let agency: ReceivingAgency;
let secret: string;
let guarded: ReturnType<typeof createGuardedFetch>;
let core: Awaited<ReturnType<typeof createCore>>;
let door: Awaited<ReturnType<typeof openDoor>>;
let photo: Buffer;
const reader = createMailReader({ own: { address: base, domain: 'contoh.go.id' } });
const { readMail } = reader;
/** What was sent to reporters. */
let outbox: OutgoingMessage[] = [];
/** How far the clock is ahead, in milliseconds. */
let ahead = 0;

const email: Channel = {
  name: 'email',
  providers: [],
  readMail,
  send: async (message) => {
    if (message.to.email === null) return { kind: 'refused', reason: 'no contact' };
    outbox.push(message);
    return { kind: 'sent', providerId: null };
  },
};

beforeAll(async () => {
  [database, agency] = await Promise.all([
    createTestDatabase({ seeded: true }),
    startReceivingAgency((_, response) => response.writeHead(202).end()),
  ]);
  core = await createCore(database.pool, {
    EMAIL_SMTP_URL: 'smtp://127.0.0.1:1',
    EMAIL_FROM: `SP4N-LAPOR! <${base}>`,
    EMAIL_AUTHSERV_ID: `${mx}, mx2.contoh.go.id`,
  });
  core = {
    ...core,
    context: {
      ...core.context,
      channels: [...core.context.channels.filter(({ name }) => name !== 'email'), email],
      clock: () => new Date(Date.now() + ahead),
    },
  };
  door = await openDoor(core.context);
  guarded = createGuardedFetch({ allow: [agency.host] });
  ({ secret } = await addEndpoint(database.pool, 'D32.73' as AgencyCode, `${agency.origin}/masuk`));
  photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#445566' } })
    .jpeg()
    .toBuffer();
}, 120_000);
afterAll(async () => {
  await guarded?.close();
  await agency?.stop();
  await reader.close();
  await database?.drop();
});
beforeEach(() => {
  ahead = 0;
});
afterEach(async () => {
  outbox = [];
  core.jobs.length = 0;
  await forgetReports(database.pool);
});

const handlers = (more: Partial<typeof core.context> = {}) => {
  const context = {
    ...core.context,
    post: guarded.post,
    call: async () => ({ kind: 'not-sent', detail: 'nothing is sent from here' }) as const,
    countNotification: () => {},
    ...more,
  };
  return {
    intake: createIntake(context),
    messages: createMessages(context),
    deliver: createDeliver(context),
    notify: createNotify({
      ...context,
      revealSender: createReveal(sealing.open, database.pool, context.log),
    }),
  };
};

async function work(more: Partial<typeof core.context> = {}): Promise<void> {
  const run = handlers(more) as unknown as Record<string, (payload: object) => Promise<void>>;
  for (let job = core.jobs.shift(); job !== undefined; job = core.jobs.shift()) {
    await run[job.name]?.(job.payload);
    await new Promise(setImmediate);
  }
}

/** Stores the mails without having anything done about them. */
async function leave(...mails: readonly (Buffer | NewMessage)[]): Promise<readonly MessageId[]> {
  const accepted = await door.accept(mails.map((mail) => (Buffer.isBuffer(mail) ? fetched(mail) : mail)));
  await core.emptyQueueOf(accepted);
  return accepted.map(({ reportId }) => reportId as string as MessageId);
}

async function receive(...mails: readonly (Buffer | NewMessage)[]): Promise<readonly MessageId[]> {
  const ids = await leave(...mails);
  core.jobs.push({ name: 'messages', payload: { messageIds: ids } });
  await work();
  return ids;
}

type ReportRow = {
  readonly id: ReportId;
  readonly title: string | null;
  readonly text: string;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  readonly agency_code: string | null;
  readonly hold: string | null;
  readonly tracking_id: string | null;
  readonly routed: string | null;
};

async function listReports(): Promise<readonly ReportRow[]> {
  const { rows } = await database.pool.query<ReportRow>(`
    select report.id, title, text, anonymous, confidential, report.agency_code, hold, tracking_id,
      route.agency_code as routed
    from reports as report left join filings as filing on filing.report_id = report.id
    left join routes as route on route.report_id = report.id
    order by accepted_at, report.id`);
  return rows;
}

async function onlyReport(): Promise<ReportRow> {
  const [report, ...others] = await listReports();
  if (report === undefined || others.length > 0) throw new Error(`${others.length + 1} reports`);
  return report;
}

async function listMessages() {
  const { rows } = await database.pool.query<{
    id: MessageId;
    state: string;
    fate: string | null;
    outcome: string | null;
    report_id: ReportId | null;
    file_count: number | null;
    files_not_taken: number;
  }>('select id, state, fate, outcome, report_id, file_count, files_not_taken from messages order by id');
  return rows;
}

const sealOf = (report: Pick<ReportRow, 'id' | 'anonymous' | 'confidential'>) =>
  readSealed(database.pool, report.id, report.anonymous || report.confidential ? 'nobody' : 'agency');

/** A mail of Siti's, filed, and what we answered. */
async function file(text = `Bandung, lampu jalan mati di gang ${uniqueWord()}`) {
  outbox = [];
  const [messageId] = await receive(writeMail({ text }));
  const [message] = outbox.splice(0);
  const [report] = (await listReports()).slice(-1);
  if (message === undefined || report === undefined) throw new Error('not filed, or not answered');
  return { messageId, report, notificationId: message.id };
}

const reply = (more: Parameters<typeof writeMail>[0], id: NotificationId): Buffer =>
  writeMail({ subject: 'Re: Laporan Anda', to: replyAddress(id, base), ...more });

const jpeg = (name = 'foto.jpg', content = photo): MailPart => ({ name, type: 'image/jpeg', content });

describe('a mail becomes a report', () => {
  test('with its words masked, who wrote it and the mail itself sealed, and an answer to its writer', async () => {
    const place = uniqueWord();
    const raw = writeMail({
      subject: 'Fwd: Re: Lampu mati, hubungi 0812-3333-4444',
      text: `Bandung, lampu jalan mati di gang ${place}.\nHubungi saya di ${siti}.`,
    });
    const [messageId] = await receive(raw);
    const report = await onlyReport();
    expect(report).toMatchObject({
      title: 'Lampu mati, hubungi [nomor]',
      text: `Bandung, lampu jalan mati di gang ${place}.\nHubungi saya di [email].`,
      agency_code: null,
      routed: 'D32.73',
      hold: null,
    });
    const sealed = await sealOf(report);
    expect(sealed).toMatchObject({
      identity: { name: 'Siti Rahayu', email: siti, phone: null, onBehalfOf: null },
      unmasked: { title: 'Lampu mati, hubungi 0812-3333-4444' },
      original: { contentType: 'text/rfc822-headers' },
    });
    expect(raw.subarray(0, sealed?.original.body.length)).toEqual(sealed?.original.body);
    expect(sealed?.original.body.toString()).toMatch(/From: Siti Rahayu [\s\S]*\r\n\r\n$/);
    expect((await readSealed(database.pool, messageId as never, 'nobody'))?.original.body).toEqual(raw);
    expect(await listMessages()).toMatchObject([
      { id: messageId, state: 'done', fate: 'report', outcome: 'filed as a report', report_id: report.id },
    ]);
    expect(outbox).toMatchObject([
      { kind: 'tracking_id', to: { email: siti }, params: { trackingId: report.tracking_id } },
    ]);
    expect(outbox[0]?.params).not.toHaveProperty('filesNotTaken');
  });

  test('once, however often the job comes and however many workers have it', async () => {
    const ids = await leave(
      ...Array.from({ length: 8 }, () =>
        writeMail({ text: `Bandung, jalan rusak di ${uniqueWord()}`, parts: [jpeg()] }),
      ),
    );
    await Promise.all([1, 2, 3].map(() => handlers().messages({ messageIds: [...ids] })));
    await handlers().messages({ messageIds: [...ids] });
    expect(await countRows(database.pool, 'reports')).toBe(8);
    expect(await countRows(database.pool, 'attachments')).toBe(8);
    expect(await countRows(database.pool, 'uploads')).toBe(8);
  });

  test('of the agency whose mailbox it came to', async () => {
    const mail = fetched(writeMail({ text: `jalan berlubang ${uniqueWord()}` }), {
      mailbox: 'kota-bandung',
      agency: 'D32.73',
    });
    await receive(mail);
    expect(await onlyReport()).toMatchObject({ agency_code: 'D32.73', routed: 'D32.73' });
    expect(await countFates(database.pool)).toEqual([
      { form: 'mail', mailbox: 'kota-bandung', fate: 'report', count: 1 },
    ]);
  });

  test.each([
    [
      'RAHASIA: pungli di kantor desa',
      'Ada pungutan.',
      { confidential: true, anonymous: false },
      'pungli di kantor desa',
    ],
    ['Re: [RAHASIA] pungli', 'Ada pungutan.', { confidential: true, anonymous: false }, 'pungli'],
    ['Pungli', 'ANONIM. Ada pungutan.', { confidential: false, anonymous: true }, 'Pungli'],
    ['Confidential', 'Rahasia negara bocor.', { confidential: true, anonymous: false }, 'Confidential'],
    [
      'Rahasia umum: jalan rusak',
      'Semua tahu.',
      { confidential: false, anonymous: false },
      'Rahasia umum: jalan rusak',
    ],
    [
      'Yth. admin',
      'Assalamualaikum,\nsaya warga Desa Suka.\n\nRAHASIA: ada pungutan.',
      { confidential: true, anonymous: false },
      'Yth. admin',
    ],
    ['Pagi', 'Selamat pagi,\nrahasia ini sudah lama.', { confidential: false, anonymous: false }, 'Pagi'],
    [
      'Fwd: pungli',
      'Mohon dicek.\n\n---------- Forwarded message ---------\nFrom: Made <made@contoh.id>\nRahasia, ada pungutan.',
      { confidential: true, anonymous: false },
      'pungli',
    ],
  ])('that asks for secrecy by subject or text: %s', async (subject, text, flags, title) => {
    await receive(writeMail({ subject, text: `${text} Di ${uniqueWord()}.` }));
    const report = await onlyReport();
    expect(report).toMatchObject({ ...flags, title });
    expect(await sealOf(report)).toMatchObject({ identity: { email: siti } });
  });

  test('of its subject where it has no text, and says so where it has neither', async () => {
    const [one, two] = [new Date('2026-11-22T03:00:00Z'), new Date('2026-11-22T03:00:01Z')];
    await receive(writeMail({ subject: 'Jembatan Cikapundung ambruk' }));
    await receive(fetched(writeMail({ subject: '' }), { receivedAt: one }));
    await receive(fetched(writeMail({ subject: '' }), { receivedAt: two }));
    expect((await listReports()).map(({ title, text }) => [title, text])).toEqual([
      [null, 'Jembatan Cikapundung ambruk'],
      [null, '(surat elektronik tanpa teks, diterima 22 November 2026 pukul 10.00.00)'],
      [null, '(surat elektronik tanpa teks, diterima 22 November 2026 pukul 10.00.01)'],
    ]);
    // two empty mails are not two reports of one event
    expect(outbox.map(({ kind }) => kind)).toEqual(['tracking_id', 'tracking_id', 'tracking_id']);
  });

  test('of nobody where nobody is named, and it answers no address of ours', async () => {
    await receive(
      writeMail({ from: `SP4N <${base}>`, text: uniqueWord() }),
      writeMail({ from: 'Budi <bukan alamat>', text: uniqueWord() }),
    );
    const sealed = await Promise.all((await listReports()).map(sealOf));
    expect(sealed.map((seal) => seal?.identity?.email ?? null)).toEqual([null, null]);
    expect(outbox).toEqual([]);
  });

  test('nothing of it is in any table in the clear', async () => {
    await receive(
      writeMail({ subject: `Lapor dari ${siti}`, text: `nomor saya 0812-3333-4444 ${uniqueWord()}` }),
    );
    const seen: string[] = [];
    await lookAtTables({ look: (where, content) => void seen.push(`${where}\n${content}`) }, database.pool);
    expect(seen.join('\n')).not.toMatch(/siti\.rahayu|Siti Rahayu|3333-4444/i);
  });
});

describe('forwarded', () => {
  const forwarded = () =>
    `Mohon ditindaklanjuti.\n\n---------- Forwarded message ---------\nFrom: Made Wirawan <made@contoh.id>\nair PDAM keruh di ${uniqueWord()}`;

  test('by anybody it is theirs, and we write to nobody else; for whom they speak is on file', async () => {
    await receive(writeMail({ subject: 'Fwd: Air keruh', text: forwarded() }));
    const report = await onlyReport();
    expect(report.text).toMatch(/^Mohon ditindaklanjuti\.\n\nair PDAM keruh/);
    expect((await sealOf(report))?.identity).toMatchObject({ email: siti, onBehalfOf: 'Made Wirawan' });
    expect(outbox.map(({ to }) => to.email)).toEqual([siti]);
  });

  test('by an office of the mailbox, proven by our own server, it is its first writer who reports', async () => {
    const { id } = await signIn(database.pool, { role: 'intake', agency: 'D32.73' });
    await database.pool.query(`update staff set login = 'tu@bandung.contoh.go.id' where id = $1`, [id]);
    const send = (by: string, agencyCode: string) =>
      receive(
        fetched(
          writeMail({
            from: 'Tata Usaha <TU@bandung.contoh.go.id>',
            text: forwarded(),
            headers: { 'Authentication-Results': by },
          }),
          { agency: agencyCode },
        ),
      );
    await send(`${mx}; dmarc=pass`, 'D32.73');
    // of another agency's mailbox, by a server that is not ours, and not proven at all
    await send(`${mx}; dmarc=pass`, 'nasional');
    await send('mx.orang-lain.id; dmarc=pass', 'D32.73');
    await send(`${mx}; dmarc=none`, 'D32.73');
    expect(outbox.map(({ to }) => to.email)).toEqual([
      'made@contoh.id',
      ...Array(3).fill('TU@bandung.contoh.go.id'),
    ]);
  });
});

describe('files', () => {
  test('come with the report, masked names in the seal, logos left out, what cannot be taken counted and told', async () => {
    const parts: MailPart[] = [
      { name: 'logo.png', type: 'image/png', content: randomBytes(900), inline: true },
      jpeg('KTP Siti.jpg'),
      { name: 'virus.exe', type: 'application/x-msdownload', content: Buffer.from('MZ bukan gambar') },
      { ...jpeg('lagi.jpg'), inline: true },
    ];
    await receive(writeMail({ text: `foto jalan di ${uniqueWord()}`, parts }));
    const report = await onlyReport();
    const { rows } = await database.pool.query(
      'select id, position, type, report_id, addition_id from attachments order by position',
    );
    // the same picture twice is one
    expect(rows).toEqual([
      { id: expect.any(String), position: 1, type: 'image/jpeg', report_id: report.id, addition_id: null },
    ]);
    expect((await sealOf(report))?.fileNames).toEqual({ [rows[0].id]: 'KTP Siti.jpg' });
    expect(await listMessages()).toMatchObject([
      { outcome: 'filed as a report, 1 of 2 files not taken: type', file_count: 4, files_not_taken: 1 },
    ]);
    expect(outbox).toMatchObject([{ params: { filesNotTaken: 1 } }]);
    const stored = await core.context.attachments.read(rows[0].id);
    expect((await stored?.toArray())?.length).toBeGreaterThan(0);
  });

  test('beyond what may come are counted; the others come', async () => {
    const parts = await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        jpeg(
          `${index}.jpg`,
          await sharp({ create: { width: 20 + index, height: 20, channels: 3, background: '#123' } })
            .jpeg()
            .toBuffer(),
        ),
      ),
    );
    await receive(writeMail({ text: uniqueWord(), parts }));
    expect(await countRows(database.pool, 'attachments')).toBe(5);
    expect(await listMessages()).toMatchObject([
      { files_not_taken: 3, outcome: expect.stringContaining('count') },
    ]);
  });

  test('without room wait, and the report with them; after an hour it goes alone', async () => {
    const full = { ...core.context.attachments, receive: async () => 'storage' as const };
    const [id] = await leave(writeMail({ text: uniqueWord(), parts: [jpeg()] }));
    await handlers({ attachments: full }).messages({ messageIds: [id ?? ''] });
    expect(await listMessages()).toMatchObject([{ state: 'pending' }]);
    expect(await countRows(database.pool, 'reports')).toBe(0);
    ahead = 61 * 60_000;
    await handlers({ attachments: full }).messages({ messageIds: [id ?? ''] });
    expect(await listMessages()).toMatchObject([{ state: 'done', files_not_taken: 1 }]);
    expect(await countRows(database.pool, 'reports')).toBe(1);
  });

  test('of a mail that somebody else filed meanwhile are deleted', async () => {
    const [id = '' as MessageId] = await leave(writeMail({ text: uniqueWord(), parts: [jpeg()] }));
    const { attachments } = core.context;
    const overtaken = {
      ...attachments,
      receive: async (...given: Parameters<typeof attachments.receive>) => {
        const upload = await attachments.receive(...given);
        await database.pool.query('update messages set taken_until = null');
        await handlers().messages({ messageIds: [id] });
        return upload;
      },
    };
    await handlers({ attachments: overtaken }).messages({ messageIds: [id] });
    expect(await countRows(database.pool, 'reports')).toBe(1);
    const { rows } = await database.pool.query(
      'select file.id from attachments as file join uploads using (id)',
    );
    expect(rows).toHaveLength(1);
    expect(await countRows(database.pool, 'uploads')).toBe(1);
  });
});

describe('a reply to what we sent', () => {
  test.each([
    [
      'by the address it goes to',
      (id: NotificationId) => reply({ text: 'sudah dua minggu, hubungi 0812-3333-4444' }, id),
    ],
    [
      'by In-Reply-To',
      (id: NotificationId) =>
        reply(
          {
            text: 'sudah dua minggu, hubungi 0812-3333-4444',
            to: base,
            headers: { 'In-Reply-To': ourMessageId(id, 'contoh.go.id') },
          },
          id,
        ),
    ],
    [
      'by References',
      (id: NotificationId) =>
        reply(
          {
            text: 'sudah dua minggu, hubungi 0812-3333-4444\n\nPada 22 November SP4N menulis:\n> laporan Anda',
            to: base,
            from: 'SITI.Rahayu@contoh.id',
            headers: { References: `<lain@contoh.id> ${ourMessageId(id, 'contoh.go.id')}` },
          },
          id,
        ),
    ],
  ])('adds to its report, %s', async (_, write) => {
    const { report, notificationId } = await file();
    const [id] = await receive(write(notificationId));
    expect(await listReports()).toHaveLength(1);
    const [addition] = await listAdditions(database.pool, report.id);
    expect(addition).toMatchObject({ text: 'sudah dua minggu, hubungi [nomor]', channel: 'email' });
    expect(outbox).toMatchObject([
      { kind: 'added', to: { email: siti }, params: { trackingId: report.tracking_id } },
    ]);
    expect((await listMessages()).find((message) => message.id === id)).toMatchObject({
      fate: 'addition',
      report_id: report.id,
    });
    const webhook = agency.received.find(({ body }) => body.includes(addition?.id ?? '-'));
    const body = new Webhook(secret).verify(webhook?.body ?? '', webhook?.headers as Record<string, string>);
    expect(body).toMatchObject({
      type: 'report.added',
      data: { text: 'sudah dua minggu, hubungi 0812-3333-4444' },
    });
  });

  test('adds files, without a word where it has none', async () => {
    const { report, notificationId } = await file();
    await receive(reply({ text: '', parts: [jpeg()] }, notificationId));
    const [addition] = await listAdditions(database.pool, report.id);
    expect(addition).toMatchObject({ text: '' });
    const { rows } = await database.pool.query('select report_id, addition_id from attachments');
    expect(rows).toEqual([{ report_id: report.id, addition_id: addition?.id }]);
  });

  test('with a photo above nothing but our own mail adds the photo, and not our words', async () => {
    const { report, notificationId } = await file();
    const text =
      'Pada Min, 22 Nov 2026 pukul 14.02 SP4N <lapor@contoh.go.id> menulis:\n> Laporan Anda sudah kami catat.';
    await receive(reply({ text, parts: [jpeg()] }, notificationId));
    expect(await listAdditions(database.pool, report.id)).toMatchObject([{ text: '' }]);
    expect(await countRows(database.pool, 'attachments')).toBe(1);
  });

  test('by a stranger is a confidential report of its own: the thread shows nowhere, and its reporter hears nothing', async () => {
    const { report, notificationId } = await file(`RAHASIA Bandung, pungli di ${uniqueWord()}`);
    await receive(
      reply(
        {
          from: 'Orang Lain <lain@contoh.id>',
          subject: `Re: Laporan ${report.tracking_id} pungli`,
          text: 'saya juga tahu\n\nPada 22 November SP4N menulis:\n> pungli',
        },
        notificationId,
      ),
    );
    const [, own] = await listReports();
    expect(own).toMatchObject({ title: null, text: 'saya juga tahu', confidential: true });
    expect(await listAdditions(database.pool, report.id)).toEqual([]);
    expect(outbox.map(({ kind, to }) => [kind, to.email])).toEqual([['tracking_id', 'lain@contoh.id']]);
  });

  test('to a name that nobody has looks the same from outside', async () => {
    await receive(reply({ text: 'halo halo' }, '01234567-89ab-7def-8123-456789abcdef' as NotificationId));
    expect(await onlyReport()).toMatchObject({ title: null, text: 'halo halo', confidential: true });
  });

  test('in the name of the reporter, which our own server found forged, is held as a report of its own', async () => {
    const { report, notificationId } = await file();
    const forged = (by: string, text: string) =>
      reply({ text, headers: { 'Authentication-Results': `${by}; spf=pass; dmarc=fail` } }, notificationId);
    await receive(forged(mx, 'batalkan laporan saya'));
    expect(await listAdditions(database.pool, report.id)).toEqual([]);
    const [, own] = await listReports();
    expect(own).toMatchObject({ hold: expect.stringContaining('DMARC'), confidential: true });
    // what others write of it is not believed
    await receive(forged('mx.orang-lain.id', 'masih gelap'));
    expect(await listAdditions(database.pool, report.id)).toHaveLength(1);
  });

  test('to a secret report stays secret; one that asks for more secrecy than its report is one of its own', async () => {
    const { report, notificationId } = await file(`RAHASIA Bandung, pungli di ${uniqueWord()}`);
    await receive(reply({ text: 'pelakunya Pak Joko' }, notificationId));
    expect(await listAdditions(database.pool, report.id)).toHaveLength(1);
    const open = await file();
    await receive(reply({ text: 'RAHASIA pelakunya Pak Joko' }, open.notificationId));
    expect(await listAdditions(database.pool, open.report.id)).toEqual([]);
    expect((await listReports()).at(-1)).toMatchObject({ text: 'pelakunya Pak Joko', confidential: true });
  });

  test('that says nothing is kept, and no report', async () => {
    const { report, notificationId } = await file();
    await receive(reply({ text: 'Pada 22 November SP4N menulis:\n> laporan Anda' }, notificationId));
    expect(await listAdditions(database.pool, report.id)).toEqual([]);
    expect(await listReports()).toHaveLength(1);
    expect((await listMessages()).at(-1)).toMatchObject({ state: 'done', fate: 'empty' });
  });
});

describe('what is no report is kept:', () => {
  const stateOf = async (id: NotificationId) =>
    (
      await database.pool.query(
        'select state, delivery_state, delivery_detail from notifications where id = $1',
        [id],
      )
    ).rows[0];

  test('a bounce is what became of our mail, and names nobody', async () => {
    const { notificationId } = await file();
    await receive(writeBounce(ourMessageId(notificationId, 'contoh.go.id')));
    expect(await stateOf(notificationId)).toEqual({
      state: 'sent',
      delivery_state: 'failed',
      delivery_detail: 'bounced 5.1.1',
    });
    expect((await listMessages()).at(-1)).toMatchObject({
      state: 'done',
      fate: 'bounce',
      report_id: null,
      outcome: expect.stringContaining(notificationId),
    });
    expect(await listReports()).toHaveLength(1);
    expect(outbox).toEqual([]);
  });

  test('a bounce is known by the address it comes to as well; one of a mail that is not ours changes nothing', async () => {
    const { notificationId } = await file();
    await receive(writeBounce('<lain@contoh.id>'));
    expect(await stateOf(notificationId)).toMatchObject({ delivery_state: null });
    await receive(
      writeBounce('<lain@contoh.id>', { Cc: replyAddress(notificationId, base).replace('+n.', '+b.') }),
    );
    expect(await stateOf(notificationId)).toMatchObject({ delivery_state: 'failed' });
  });

  test('auto-replies, lists and our own mail are answered by nobody, not even in a thread', async () => {
    const { report, notificationId } = await file();
    await receive(
      reply({ text: 'Saya sedang cuti.', headers: { 'Auto-Submitted': 'auto-replied' } }, notificationId),
      writeMail({ text: 'Buletin', headers: { 'List-Id': '<buletin.contoh.id>' } }),
      writeMail({ text: 'Laporan Anda', headers: { 'X-Lapor-Gateway': '1' } }),
    );
    expect((await listMessages()).map(({ fate }) => fate).toSorted()).toEqual([
      'auto-reply',
      'auto-reply',
      'own',
      'report',
    ]);
    expect(await listReports()).toHaveLength(1);
    expect(await listAdditions(database.pool, report.id)).toEqual([]);
    expect(outbox).toEqual([]);
  });

  test('staff have it filed all the same, once', async () => {
    const [id = '' as MessageId] = await receive(
      writeMail({ text: `Bandung, banjir di ${uniqueWord()}`, headers: { 'List-Id': '<warga.contoh.id>' } }),
    );
    expect(await listReports()).toEqual([]);
    const asked = { agencies: null, before: null, limit: 10 };
    expect(await listKeptMails(database.pool, asked)).toMatchObject([
      {
        id,
        mailbox: 'nasional',
        fate: 'auto-reply',
        fileCount: 0,
        outcome: 'not a report: auto-reply, sent by a list or to many (list-id)',
      },
    ]);
    expect(await orderFiling(database.pool, id, core.context.clock())).toBe(true);
    expect(await orderFiling(database.pool, id, core.context.clock())).toBe(false);
    await handlers().messages({ messageIds: [id] });
    await work();
    expect(await onlyReport()).toMatchObject({ routed: 'D32.73' });
    expect(outbox).toMatchObject([{ to: { email: siti } }]);
    expect(await listKeptMails(database.pool, asked)).toEqual([]);
    expect(await orderFiling(database.pool, id, core.context.clock())).toBe(false);
  });

  test('a bounce that staff have filed is answered to nobody', async () => {
    const [id = '' as MessageId] = await receive(writeBounce('<lain@contoh.id>'));
    await orderFiling(database.pool, id, core.context.clock());
    await handlers().messages({ messageIds: [id] });
    await work();
    expect(await listReports()).toHaveLength(1);
    expect(outbox).toEqual([]);
  });
});

describe('spam is held, not deleted:', () => {
  test.each([
    [{ 'X-Spam-Flag': 'YES' }, 'spam'],
    [{ 'Authentication-Results': `${mx}; dmarc=fail (p=none)` }, 'DMARC'],
    [{ 'Authentication-Results': `MX2.contoh.go.id; spf=pass; dmarc=fail` }, 'DMARC'],
  ] as const)('%o', async (headers, reason) => {
    await receive(writeMail({ text: uniqueWord(), headers }));
    expect(await onlyReport()).toMatchObject({ hold: expect.stringContaining(reason), tracking_id: null });
    expect(await countRows(database.pool, 'held_reports')).toBe(1);
    expect(await listMessages()).toMatchObject([{ fate: 'held' }]);
    expect(outbox).toEqual([]);
  });

  test('what others say of authentication holds nothing', async () => {
    await receive(
      writeMail({ text: uniqueWord(), headers: { 'Authentication-Results': 'mx.lain.id; dmarc=fail' } }),
    );
    expect(await onlyReport()).toMatchObject({ hold: null });
  });
});

describe('a mail that defeats us', () => {
  const broken = (read: Channel['readMail']) => ({
    channels: [{ ...email, ...(read === undefined ? {} : { readMail: read }) }],
  });

  test('is a confidential report that staff see first, with the mail as it came; its neighbours go through', async () => {
    const [poison = '' as MessageId, other = '' as MessageId] = await leave(
      writeMail({ subject: 'racun', text: 'racun' }),
      writeMail({ text: `jalan rusak ${uniqueWord()}` }),
    );
    const defeated: Channel['readMail'] = async (raw) => {
      if (raw.includes('racun')) throw new Error('racun');
      return readMail(raw);
    };
    await handlers(broken(defeated)).messages({ messageIds: [poison, other] });
    await work();
    const reports = await listReports();
    expect(reports.map(({ hold }) => hold === null).toSorted()).toEqual([false, true]);
    const held = reports.find(({ hold }) => hold !== null);
    expect(held).toMatchObject({ confidential: true, text: expect.stringContaining('tidak terbaca') });
    expect((await listMessages()).find(({ id }) => id === poison)).toMatchObject({
      fate: 'unreadable',
      outcome: 'filed unread: Error',
    });
    expect((await readSealed(database.pool, poison as never, 'nobody'))?.original.body.toString()).toContain(
      'racun',
    );
  });

  test('likewise where the reader says that it could not read it', async () => {
    const [id = '' as MessageId] = await leave(writeMail({ subject: 'rusak' }));
    const unread: Channel['readMail'] = async (raw) => ({ ...(await readMail(raw)), error: 'too deep' });
    await handlers(broken(unread)).messages({ messageIds: [id] });
    expect(await onlyReport()).toMatchObject({ confidential: true, hold: expect.any(String) });
  });

  test('and of which some could be read is held with that, and secret, for nobody knows the rest', async () => {
    const { report, notificationId } = await file();
    const [id = '' as MessageId] = await leave(reply({ text: 'sudah dua minggu' }, notificationId));
    const inPart: Channel['readMail'] = async (raw) => ({
      ...(await readMail(raw)),
      error: 'took too long, sent by siti@contoh.id',
    });
    await handlers(broken(inPart)).messages({ messageIds: [id] });
    await work();
    expect(await listAdditions(database.pool, report.id)).toEqual([]);
    expect((await listReports()).find(({ text }) => text === 'sudah dua minggu')).toMatchObject({
      confidential: true,
      hold: expect.stringContaining('tidak terbaca'),
      tracking_id: null,
    });
    expect((await listMessages()).find((message) => message.id === id)?.outcome).toContain(
      'not all of it could be read: took too long, sent by [email]',
    );
  });

  test('and that ends its reader holds up none of the two hundred around it', async () => {
    const program = join(testDataDir, 'racun.mjs');
    const parse = new URL('../dist/channels/email/read/parse.js', import.meta.url);
    await writeFile(
      program,
      `import { parentPort } from 'node:worker_threads';
       import { parseMail } from ${JSON.stringify(parse.href)};
       parentPort.on('message', (bytes) => {
         if (Buffer.from(bytes).includes('racun-')) process.exit(7);
         parentPort.postMessage(parseMail(Buffer.from(bytes), {}));
       });`,
    );
    const poisonable = createMailReader({ program: pathToFileURL(program) });
    const words = Array.from({ length: 201 }, uniqueWord);
    const ids = await leave(
      ...words.map((word, index) =>
        writeMail({ subject: '', text: `Bandung, jalan rusak di ${index === 20 ? 'racun-' : ''}${word}` }),
      ),
    );
    core.jobs.push({ name: 'messages', payload: { messageIds: ids } });
    await work({ channels: [{ ...email, readMail: poisonable.readMail }] });
    await poisonable.close();
    const reports = await listReports();
    expect(reports).toHaveLength(201);
    expect(reports.filter(({ hold }) => hold !== null)).toMatchObject([
      { text: expect.stringContaining(words[20] ?? '-'), confidential: true },
    ]);
    expect(new Set((await listMessages()).map(({ state }) => state))).toEqual(new Set(['done']));
  });

  test('is not read any more once it took the worker with it three times', async () => {
    const [id = '' as MessageId] = await leave(writeMail({ text: 'racun' }));
    for (let death = 0; death < 3; death += 1) {
      await takeMessage(database.pool, id, core.context.clock(), after(core.context.clock(), 120_000));
      // nobody else touches it while it may be read
      await handlers().messages({ messageIds: [id] });
      expect(await listMessages()).toMatchObject([{ state: 'pending' }]);
      ahead += 121_000;
    }
    await handlers(broken(() => Promise.reject(new Error('it was read')))).messages({ messageIds: [id] });
    expect(await listMessages()).toMatchObject([
      { fate: 'unreadable', outcome: 'filed unread: reading it ended the worker several times' },
    ]);
  });

  test('what PostgreSQL refuses is set aside, and tried again on request', async () => {
    const [id = '' as MessageId] = await leave(writeMail({ text: uniqueWord() }));
    await database.pool.query(`
      create function no_report() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create trigger no_report before insert on reports for each row execute function no_report()`);
    try {
      await handlers().messages({ messageIds: [id] });
    } finally {
      await database.pool.query('drop function no_report cascade');
    }
    expect(await listMessages()).toMatchObject([{ state: 'set_aside', outcome: 'error P0001' }]);
    await orderFiling(database.pool, id, core.context.clock());
    await handlers().messages({ messageIds: [id] });
    expect(await countRows(database.pool, 'reports')).toBe(1);
  });

  test('a worker without the index key leaves it to one that has it', async () => {
    const [id = '' as MessageId] = await leave(writeMail({ text: uniqueWord() }));
    const { AppError } = await import('../src/errors.ts');
    const blindIndex = () => {
      throw new AppError('config', 'not here');
    };
    await expect(handlers({ blindIndex }).messages({ messageIds: [id] })).rejects.toMatchObject({
      code: 'config',
    });
    expect(await listMessages()).toMatchObject([{ state: 'pending' }]);
    await handlers().messages({ messageIds: [id] });
    expect(await countRows(database.pool, 'reports')).toBe(1);
  });
});

test('a mail of which only the beginning could be fetched says so, to staff and to its writer', async () => {
  await receive(fetched(writeMail({ text: uniqueWord() }), { cutFrom: 90_000_000 }));
  expect(await listMessages()).toMatchObject([
    {
      fate: 'report',
      files_not_taken: 1,
      outcome: expect.stringContaining('cut: larger than may be, 90000000 bytes'),
    },
  ]);
  expect(outbox).toMatchObject([{ params: { filesNotTaken: 1 } }]);
});

test('mails that are many go back on the queue after a while, and SMS are not kept waiting', async () => {
  const ids = await leave(...Array.from({ length: 12 }, () => writeMail({ text: uniqueWord() })));
  const slow: Channel['readMail'] = async (raw) => {
    ahead += 2_000;
    return readMail(raw);
  };
  await handlers({ channels: [{ ...email, readMail: slow }] }).messages({ messageIds: [...ids] });
  const done = await countRows(database.pool, 'reports');
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(12);
  ahead = 0;
  await work();
  expect(await countRows(database.pool, 'reports')).toBe(12);
});

describe('where the worker dies, or loses PostgreSQL, at the end of a transaction', () => {
  /** A pool whose connection is lost at the first `commit` of a mail that is finished, before it or behind it. */
  function losing(when: 'before' | 'behind') {
    let lost = false;
    const connect = async () => {
      const client = await database.pool.connect();
      let finishes = false;
      const query = async (...given: readonly unknown[]) => {
        const [what] = given as [string | { readonly name?: string }];
        if (typeof what !== 'string') finishes ||= what.name === 'finish-taken';
        const isTheOne = what === 'commit' && finishes && !lost;
        if (!isTheOne) return client.query(...(given as [string]));
        lost = true;
        if (when === 'behind') await client.query('commit');
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
      };
      return { query, release: (error?: Error) => client.release(error) };
    };
    const db = { query: database.pool.query.bind(database.pool), connect } as never;
    return { db, wasLost: () => lost };
  }

  test.each(['before', 'behind'] as const)('nothing is lost and nothing doubled: %s it', async (when) => {
    const filed = await file();
    const [id = '' as MessageId, answer = '' as MessageId] = await leave(
      writeMail({ text: `Bandung, jembatan ambruk di ${uniqueWord()}`, parts: [jpeg()] }),
      reply({ text: 'sudah dua minggu', parts: [jpeg('dua.jpg')] }, filed.notificationId),
    );
    for (const messageId of [id, answer]) {
      const { db, wasLost } = losing(when);
      await expect(handlers({ db }).messages({ messageIds: [messageId] })).rejects.toThrow('terminated');
      expect(wasLost()).toBe(true);
      await handlers().messages({ messageIds: [messageId] });
      await handlers().messages({ messageIds: [messageId] });
    }
    await work();
    expect(await countRows(database.pool, 'reports')).toBe(2);
    expect(await listAdditions(database.pool, filed.report.id)).toHaveLength(1);
    const { rows } = await database.pool.query<{ id: AttachmentId; added: boolean }>(
      'select id, addition_id is not null as added from attachments order by added',
    );
    expect(rows.map(({ added }) => added)).toEqual([false, true]);
    // a day later what was taken in for nothing is swept, and what reports have is there
    ahead = 25 * 60 * 60_000;
    const attachments = await openTestAttachments(core.context);
    await attachments.sweep();
    for (const { id } of rows) expect(await (await attachments.read(id))?.toArray()).not.toEqual([]);
    expect(await countRows(database.pool, 'uploads')).toBe(0);
  });

  test('whoever touches the row while it is filed is waited for', async () => {
    const [id = '' as MessageId] = await leave(writeMail({ text: uniqueWord() }));
    const other = await database.pool.connect();
    const touched: Channel['readMail'] = async (raw) => {
      const read = await readMail(raw);
      await other.query('begin');
      await other.query('update messages set due_at = due_at where id = $1', [id]);
      return read;
    };
    const working = handlers({ channels: [{ ...email, readMail: touched }] }).messages({ messageIds: [id] });
    try {
      await vi.waitFor(
        async () => {
          const { rowCount } = await database.pool.query(
            `select from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock' and query like '%for update%'`,
          );
          expect(rowCount).toBe(1);
        },
        { timeout: 10_000 },
      );
    } finally {
      await other.query('commit');
      other.release();
    }
    await working;
    expect(await listMessages()).toMatchObject([{ state: 'done', fate: 'report' }]);
  });

  test('it is read again once the lease of the dead one ran out', async () => {
    const [id = '' as MessageId] = await leave(writeMail({ text: uniqueWord() }));
    await takeMessage(database.pool, id, core.context.clock(), after(core.context.clock(), 120_000));
    ahead = 119_000;
    await sweep(core.context);
    expect(core.jobs).toEqual([]);
    ahead = 121_000;
    await sweep(core.context);
    expect(core.jobs).toEqual([{ name: 'messages', payload: { messageIds: [id] } }]);
    await work();
    expect(await countRows(database.pool, 'reports')).toBe(1);
  });
});

describe('lapor message', () => {
  const run = (...args: readonly string[]) =>
    runLapor(['message', ...args], { DATABASE_URL: database.url, DATA_DIR: testDataDir });

  test('lists what was kept, files it, and shows it as it came to whoever says why', async () => {
    const raw = writeMail({
      text: `Bandung, banjir di ${uniqueWord()}`,
      headers: { 'List-Id': '<w.contoh.id>' },
    });
    const [id = ''] = await receive(raw);
    const listed = await run('list', '--kept');
    expect(listed.stdout).toContain(`${id}  `);
    expect(listed.stdout).toContain('not a report: auto-reply');
    expect(JSON.parse((await run('list', '--kept', '--json')).stdout)).toMatchObject([
      { id, mailbox: 'nasional' },
    ]);
    expect(await run('file', id)).toMatchObject({ code: 0 });
    expect(await run('file', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('--kept') });
    await handlers().messages({ messageIds: [id] });
    const { id: reportId } = await onlyReport();
    expect((await run('original', reportId, '--reason', 'keluhan')).code).not.toBe(0);
    const shown = await run('original', reportId, '--reason', 'pelapor meminta salinan suratnya');
    expect(shown).toMatchObject({ code: 0, stdout: raw.toString() });
    const { rows } = await database.pool.query(
      `select action from audit_log where action like 'mail%' and subject = $1 order by 1 desc`,
      [`message:${id}`],
    );
    expect(rows.map(({ action }) => action)).toEqual(['mail_filed', 'mail_disclosed']);
    // the header is all that its report repeats of it
    const exported = await runLapor(['report', 'export', '--channel', 'email'], {
      DATABASE_URL: database.url,
      DATA_DIR: testDataDir,
    });
    expect(JSON.parse(exported.stdout)).toMatchObject({
      externalId: expect.stringMatching(/^<.*@contoh\.id>$/),
    });
  });
});
