import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readBody } from 'node:stream/consumers';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { listSources } from '../src/db/sources.ts';
import { hasDovecot, startDovecot } from './support/dovecot.ts';
import { eventually } from './support/eventually.ts';
import {
  afterAnother,
  database,
  dovecot,
  letter,
  read,
  setUpMailStage,
  stops,
  untilLookedInto,
  untilTaken,
  users,
} from './support/mail-stage.ts';
import { countTakenMails, listTakenMails, mailboxOf } from './support/mailboxes.ts';

/** Mailboxes of a real Dovecot, and what becomes of the mails in them: each one is in `messages`, once. */

const tokens = await startTokenServer();
afterAll(() => tokens.close());
setUpMailStage({ tokenInfoUrl: tokens.tokenInfoUrl });

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
    await eventually(async () => {
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

  test('puts mails into another folder once they are taken, and those that an earlier process left', async () => {
    await dovecot.deliver(letter(), 'lapor');
    const plain = await read(mailboxOf(dovecot));
    await untilTaken(1);
    await eventually(async () => {
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
    await eventually(async () => expect(await readFile(reading.file, 'utf8')).toContain('segar-2'));
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
});

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
