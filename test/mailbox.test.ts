import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as readBody } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MailboxEntry } from '../channels/email/fetch/mailbox.ts';
import { writeMailboxesFile } from '../channels/email/fetch/mailboxes-file.ts';
import { createMailboxSources } from '../channels/email/fetch/sources.ts';
import type { DoorContext } from '../src/context.ts';
import { createPool } from '../src/db/pool.ts';
import { listSources } from '../src/db/sources.ts';
import { AppError } from '../src/errors.ts';
import { createSourceFigures } from '../src/metrics.ts';
import { startSources } from '../src/sources.ts';
import { createTestAccept } from './support/accept.ts';
import { createCore } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Dovecot, hasDovecot, startDovecot } from './support/dovecot.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { countTakenMails, listTakenMails, mailboxOf, startMailboxes } from './support/mailboxes.ts';
import { testRedisUrl } from './support/redis.ts';
import { testDataDir } from './support/sealing.ts';
import { openTcpRelay } from './support/tcp-relay.ts';

/** Mailboxes of a real Dovecot, and what becomes of the mails in them: each one is in `messages`, once. */

let database: TestDatabase;
let context: DoorContext;
let dovecot: Dovecot;
const users = Object.fromEntries(['lapor', 'kota', 'tls', 'rusak', 'rilis'].map((user) => [user, 'rahasia']));
const tokens = await startTokenServer();

beforeAll(async () => {
  if (!hasDovecot) return;
  database = await createTestDatabase();
  context = (await createCore(database.pool)).context as unknown as DoorContext;
  dovecot = await startDovecot({ users, tokenInfoUrl: tokens.tokenInfoUrl });
});
afterAll(async () => {
  tokens.close();
  await dovecot?.stop();
  await database?.drop();
});

const stops: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  if (!hasDovecot) return;
  await database.pool.query('truncate messages, report_identities, sources');
  for (const user of Object.keys(users)) await dovecot.doveadm('expunge', '-u', user, 'mailbox', '*', 'all');
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function read(...mailboxes: readonly MailboxEntry[]) {
  const reading = await startMailboxes(context, database.url, mailboxes);
  stops.push(reading.stop);
  return reading;
}

/** A letter from Siti, as her provider delivers it. */
const letter = ({
  text = `Pak, lampu jalan di gang ${randomUUID().slice(0, 8)} mati sejak Senin.`,
  id = `<${randomUUID()}@warga.example>`,
}: {
  readonly text?: string;
  readonly id?: string | null;
} = {}): string =>
  [
    'From: "Siti Aminah" <siti.aminah@warga.example>',
    'To: lapor@lapor.example',
    'Subject: Lampu jalan mati',
    'Date: Sun, 22 Nov 2026 08:00:00 +0700',
    ...(id === null ? [] : [`Message-ID: ${id}`]),
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '',
  ].join('\r\n');

const untilTaken = (count: number) =>
  vi.waitFor(async () => expect(await countTakenMails(database.pool)).toBe(count), {
    timeout: 15_000,
    interval: 20,
  });
const untilIdling = () =>
  vi.waitFor(async () => expect(await dovecot.countConnections('lapor')).toBe(1), { timeout: 15_000 });
const untilLookedInto = async () => {
  await vi.waitFor(
    async () =>
      expect(await listSources(database.pool)).toContainEqual(
        expect.objectContaining({ connectedAt: expect.any(Date) }),
      ),
    { timeout: 15_000 },
  );
};
/** Nothing tells that nothing will come; what comes after it tells. */
async function afterAnother(count: number) {
  await dovecot.deliver(letter(), 'lapor');
  await untilTaken(count + 1);
}

describe.skipIf(!hasDovecot)('a mailbox', () => {
  test('is told of a mail and takes it as it is, sealed, with the time it came', async () => {
    await read(mailboxOf(dovecot, { agency: 'D32.73', pollSeconds: 600 }));
    await untilLookedInto();
    const raw = letter({ id: '<satu@warga.example>' });
    const before = Date.now();
    await dovecot.deliver(raw, 'lapor');
    await untilTaken(1);
    const [mail] = await listTakenMails(database.pool);
    expect(mail?.raw).toContain(raw);
    expect(mail).toMatchObject({
      content: { kind: 'mail', mailbox: 'pusat', agency: 'D32.73' },
      messageId: '<satu@warga.example>',
      from: 'siti.aminah@warga.example',
    });
    expect(Math.abs((mail?.receivedAt.getTime() ?? 0) - before)).toBeLessThan(10_000);
    // By its flags nobody sees that we were there.
    expect((await dovecot.listMails('lapor'))[0]?.flags).not.toMatch(/Seen|Deleted|Flagged/);
  });

  test('with twenty deliveries of one mail has one, and the same in another mailbox is the same', async () => {
    const raw = letter();
    for (let delivery = 0; delivery < 20; delivery += 1) await dovecot.deliver(raw, 'lapor');
    await dovecot.deliver(`Received: from elsewhere\r\nX-Spam-Status: No\r\n${raw}\r\n\r\n`, 'kota');
    await read(mailboxOf(dovecot), mailboxOf(dovecot, { name: 'kota', user: 'kota' }));
    await untilTaken(1);
    await vi.waitFor(async () => {
      const cursors = await database.pool.query("select cursor->'lastUid' as uid from sources order by name");
      expect(cursors.rows).toHaveLength(2);
    });
    await afterAnother(1);
  });

  test('has each of several mails under one Message-ID, and those that have none', async () => {
    const id = '<formulir@kantor.example>';
    for (const text of ['Jalan rusak', 'Lampu mati']) await dovecot.deliver(letter({ id, text }), 'lapor');
    for (const text of ['Banjir', 'Sampah']) await dovecot.deliver(letter({ id: null, text }), 'lapor');
    await dovecot.deliver(letter({ id: null, text: 'Banjir' }), 'lapor');
    await read(mailboxOf(dovecot));
    await untilTaken(4);
    await afterAnother(4);
  });

  test('has what another client has read already', async () => {
    await dovecot.deliver(letter(), 'lapor');
    await dovecot.addFlag('lapor', '\\Seen');
    await read(mailboxOf(dovecot));
    await untilTaken(1);
  });

  test('goes on where its connection is ended, and where the server was away', async () => {
    await read(mailboxOf(dovecot, { pollSeconds: 600 }));
    await untilLookedInto();
    await dovecot.kick('lapor');
    await dovecot.deliver(letter(), 'lapor');
    await untilTaken(1);
    await untilIdling();
    await dovecot.pause();
    await vi.waitFor(async () => {
      const [source] = await listSources(database.pool);
      expect(source?.lastError).toMatch(/cannot be reached \(ECONNREFUSED\)|connection was closed/);
    }, 10_000);
    await dovecot.resume();
    await dovecot.deliver(letter(), 'lapor');
    await untilTaken(2);
  });

  test('is read anew, and nothing doubled, where the server counts anew', async () => {
    for (let mail = 0; mail < 3; mail += 1) await dovecot.deliver(letter(), 'lapor');
    await read(mailboxOf(dovecot));
    await untilTaken(3);
    const validity = async () => {
      const { rows } = await database.pool.query("select cursor->>'uidValidity' as uid from sources");
      return rows[0]?.uid;
    };
    const before = await validity();
    await dovecot.changeUidValidity('lapor');
    await afterAnother(3);
    await vi.waitFor(async () => expect(await validity()).not.toBe(before));
    await afterAnother(4);
  });

  test('puts mails into another folder once they are taken, and those that an earlier process left', async () => {
    await dovecot.deliver(letter(), 'lapor');
    const plain = await read(mailboxOf(dovecot));
    await untilTaken(1);
    await vi.waitFor(async () => {
      const { rows } = await database.pool.query("select from sources where cursor->>'lastUid' <> '0'");
      expect(rows).toHaveLength(1);
    });
    await plain.stop();
    await dovecot.deliver(letter(), 'lapor');
    await read(mailboxOf(dovecot, { processedFolder: 'Diproses' }));
    await untilTaken(2);
    await vi.waitFor(
      async () => expect(await dovecot.listMails('lapor', 'Diproses')).toHaveLength(2),
      10_000,
    );
    expect(await dovecot.listMails('lapor')).toHaveLength(0);
    await dovecot.deliver(letter(), 'lapor');
    await untilTaken(3);
    await vi.waitFor(
      async () => expect(await dovecot.listMails('lapor', 'Diproses')).toHaveLength(3),
      10_000,
    );
  });

  test('is polled where the server tells nothing', async () => {
    const silent = await startDovecot({
      users,
      settings: 'imap_capability = IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE UIDPLUS MOVE',
    });
    stops.push(silent.stop);
    await read(mailboxOf(silent, { pollSeconds: 1 }));
    await untilLookedInto();
    await silent.deliver(letter(), 'lapor');
    await untilTaken(1);
  });

  test.each([
    ['tls', 'imapsPort'],
    ['starttls', 'imapPort'],
  ] as const)('is reached by %s, and not where the certificate is nobody’s', async (secure, port) => {
    await dovecot.deliver(letter(), 'lapor');
    const entry = mailboxOf(dovecot, { secure, port: dovecot[port], host: 'localhost' });
    const distrustful = await read(entry);
    await vi.waitFor(async () => {
      const [source] = await listSources(database.pool);
      expect(source?.lastError).toMatch(/certificate of localhost is not trusted/);
    }, 10_000);
    await distrustful.stop();
    expect(await countTakenMails(database.pool)).toBe(0);
    await read({ ...entry, caFile: dovecot.certFile });
    await untilTaken(1);
  });

  test('is not gone on with where the network swallows everything', async () => {
    const relay = await openTcpRelay(`imap://127.0.0.1:${dovecot.imapPort}`);
    stops.push(relay.close);
    await read(mailboxOf({ imapPort: Number(new URL(relay.url).port) }, { pollSeconds: 1 }));
    await untilLookedInto();
    relay.swallow();
    await dovecot.deliver(letter(), 'lapor');
    relay.mendNewOnly();
    // the old connection stays open, and nobody answers on it
    await vi.waitFor(async () => expect(await countTakenMails(database.pool)).toBe(1), {
      timeout: 60_000,
      interval: 200,
    });
  }, 90_000);

  test('with a mail that the server cannot give has all the others, and a note in its stead at last', async () => {
    await dovecot.fill([letter(), letter({ text: 'tidak terbaca' }), letter()], 'rusak');
    const [, broken] = await dovecot.listMails('rusak');
    expect(broken?.raw).toContain('tidak terbaca');
    const file = await findMailFile('rusak', 'tidak terbaca');
    await chmod(file, 0o000);
    let ahead = 0;
    const reading = await startMailboxes(
      { ...context, clock: () => new Date(Date.now() + ahead) },
      database.url,
      [mailboxOf(dovecot, { user: 'rusak', pollSeconds: 1 })],
    );
    stops.push(reading.stop);
    await untilTaken(2);
    for (let minutes = 0; minutes < 30 && (await countTakenMails(database.pool)) < 3; minutes += 1) {
      ahead += 20 * 60_000;
      await vi.waitFor(async () => {
        const { rows } = await database.pool.query(
          "select cursor->'unfetched'->0->>'tries' as tries from sources",
        );
        expect(Number(rows[0]?.tries ?? 99)).toBeGreaterThan(minutes + 1);
      }, 10_000);
    }
    await untilTaken(3);
    const note = (await listTakenMails(database.pool)).find(({ raw }) => raw.includes('tidak dapat diambil'));
    expect(note).toMatchObject({ content: { mailbox: 'pusat', cutFrom: expect.any(Number) } });
  });

  test('is signed in to with an access token, and with the next one when that is over', async () => {
    await dovecot.deliver(letter(), 'lapor');
    const entry = mailboxOf(dovecot, {
      oauth2: {
        tokenUrl: tokens.tokenUrl,
        clientId: 'lapor-gateway',
        clientSecret: 'rahasia klien',
        refreshToken: 'segar-1',
      },
    });
    const reading = await read(entry);
    await untilTaken(1);
    expect(tokens.asked[0]).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'segar-1' });
    // The provider gave another refresh token with it, and the one before is not taken any more.
    await vi.waitFor(async () => expect(await readFile(reading.file, 'utf8')).toContain('segar-2'));
    tokens.expireAll();
    await dovecot.kick('lapor');
    await dovecot.deliver(letter(), 'lapor');
    await untilTaken(2);
    expect(tokens.asked.at(-1)).toMatchObject({ refresh_token: 'segar-2' });
  });

  test('that refuses us says so to staff, without user and password', async () => {
    await read(mailboxOf(dovecot, { user: 'lapor', password: 'salah sekali' }));
    await vi.waitFor(async () => {
      const [source] = await listSources(database.pool);
      expect(source?.lastError).toBe('127.0.0.1 refused user and password, or does not allow IMAP to them');
    }, 15_000);
  });

  test('is left alone while PostgreSQL is away: nothing is spooled, and all is there afterwards', async () => {
    const relay = await openTcpRelay(database.url);
    const pool = createPool(relay.url, { max: 4, onError: () => {}, answerWithinMs: 1_500 });
    stops.push(async () => {
      await pool.end();
      await relay.close();
    });
    const reading = await startMailboxes({ ...context, db: pool }, relay.url, [mailboxOf(dovecot)]);
    stops.push(reading.stop);
    await untilLookedInto();
    await relay.cut();
    await vi.waitFor(async () => expect(await dovecot.countConnections('lapor')).toBe(0), 15_000);
    for (let mail = 0; mail < 3; mail += 1) await dovecot.deliver(letter(), 'lapor');
    await relay.mend();
    await untilTaken(3);
    expect(reading.spooled()).toBe(0);
  });

  test('is not moved on in where the door does not take what was fetched', async () => {
    let away = true;
    const { file, stop } = await startMailboxes(context, database.url, []);
    await stop();
    const sources = startSources({
      ...context,
      channels: [{ name: 'email', providers: [], sources: createMailboxSources(file) }],
      databaseUrl: database.url,
      accept: async (inbound) => {
        if (away) throw new AppError('unavailable', 'PostgreSQL is away');
        return (await createTestAccept(context))(inbound);
      },
      figures: createSourceFigures(new Registry()),
    });
    stops.push(sources.stop);
    await dovecot.deliver(letter(), 'lapor');
    await writeMailboxesFile(file, [mailboxOf(dovecot)]);
    await vi.waitFor(async () => {
      const [source] = await listSources(database.pool);
      expect(source?.lastError).toBe('PostgreSQL is away');
    }, 10_000);
    const { rows } = await database.pool.query('select cursor from sources');
    expect(rows).toEqual([{ cursor: null }]);
    away = false;
    await untilTaken(1);
  });
});

describe.skipIf(!hasDovecot)('a gateway', () => {
  let settings: Readonly<Record<string, string>>;
  let file: string;
  beforeEach(async () => {
    file = join(testDataDir, `${randomUUID()}.json`);
    settings = {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: randomUUID(),
      EMAIL_MAILBOXES_FILE: file,
    };
    await writeMailboxesFile(file, [mailboxOf(dovecot)]);
  });

  async function start(more: Readonly<Record<string, string>> = {}): Promise<Running> {
    const dataDir = { DATA_DIR: await mkdtemp(join(testDataDir, 'gateway-')) };
    await cp(join(testDataDir, 'keys'), join(dataDir.DATA_DIR, 'keys'), { recursive: true });
    const gateway = await startGateway('serve', { ...settings, ...dataDir, ...more });
    stops.push(() => gateway.end('SIGTERM'));
    return gateway;
  }
  const isReading = (gateway: Running) => gateway.output().includes('source_started');

  test('reads a mailbox alone, and another one goes on when it is killed', async () => {
    const both = [await start(), await start()] as const;
    await untilLookedInto();
    for (let mail = 0; mail < 12; mail += 1) await dovecot.deliver(letter(), 'lapor');
    await untilTaken(12);
    expect(both.filter(isReading)).toHaveLength(1);
    const [reader, other] = isReading(both[0]) ? both : [both[1], both[0]];
    await reader.end('SIGKILL');
    for (let mail = 0; mail < 5; mail += 1) await dovecot.deliver(letter(), 'lapor');
    await untilTaken(17);
    expect(isReading(other)).toBe(true);
    const { rows } = await database.pool.query(
      'select count(distinct external_id)::int as mails from messages',
    );
    expect(rows).toEqual([{ mails: 17 }]);
  });

  test.each(['source:after-take', 'source:after-save'])(
    'killed at %s loses and doubles nothing',
    async (at) => {
      for (let mail = 0; mail < 4; mail += 1) await dovecot.deliver(letter(), 'lapor');
      const killed = await start({ CRASH_AT: at });
      expect(await killed.ended).toBe('SIGKILL');
      expect(await countTakenMails(database.pool)).toBe(4);
      await start();
      await afterAnother(4);
    },
  );

  test('notices what is changed in the file, says what is wrong with it, and tells no secret', async () => {
    const gateway = await start();
    await dovecot.deliver(letter({ text: 'Isi surat rahasia sekali' }), 'lapor');
    await untilTaken(1);
    await writeMailboxesFile(file, [
      mailboxOf(dovecot, { pollSeconds: 30 }),
      mailboxOf(dovecot, { name: 'kota', user: 'kota' }),
    ]);
    await dovecot.deliver(letter(), 'kota');
    await untilTaken(2);
    await chmod(file, 0o644);
    await vi.waitFor(
      () => expect(gateway.output()).toContain('others than its owner may read it: chmod 600'),
      10_000,
    );
    // what was read before goes on
    await afterAnother(2);
    await writeMailboxesFile(file, [mailboxOf(dovecot, { name: 'kota', user: 'kota' })]);
    await vi.waitFor(async () => expect(await dovecot.countConnections('lapor')).toBe(0), 10_000);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toMatch(
      /^lapor_source_connected\{source="email\/kota"\} 1$/m,
    );
    expect(gateway.output()).not.toMatch(/rahasia|siti|secret mail|Message-ID/i);
    expect(await gateway.end('SIGTERM')).toBe(0);
  });
});

async function findMailFile(user: string, words: string): Promise<string> {
  for (const folder of ['cur', 'new'].map((name) => join(dovecot.folderOf(user), name))) {
    for (const name of await readdir(folder)) {
      if ((await readFile(join(folder, name), 'utf8')).includes(words)) return join(folder, name);
    }
  }
  throw new Error('no such mail');
}

/** Gives out access tokens for refresh tokens, each of which it takes once, and tells Dovecot whose they are. */
async function startTokenServer() {
  const asked: Record<string, string>[] = [];
  const valid = new Set<string>();
  let refreshToken = 1;
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method !== 'POST') {
      const token = new URL(request.url ?? '', 'http://x').searchParams.get('access_token') ?? '';
      return valid.has(token) ? answer(200, { username: 'lapor' }) : answer(401, { error: 'invalid_token' });
    }
    const body = Object.fromEntries(new URLSearchParams(await readBody(request)));
    asked.push(body);
    if (body['refresh_token'] !== `segar-${refreshToken}`) return answer(400, { error: 'invalid_grant' });
    refreshToken += 1;
    const token = randomUUID();
    valid.add(token);
    return answer(200, { access_token: token, expires_in: 3_600, refresh_token: `segar-${refreshToken}` });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    tokenUrl: `${origin}/token`,
    tokenInfoUrl: `${origin}/info?access_token=`,
    expireAll: () => valid.clear(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
