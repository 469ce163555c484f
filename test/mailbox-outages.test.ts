import { chmod, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, test, vi } from 'vitest';
import { writeMailboxesFile } from '../channels/email/fetch/mailboxes-file.ts';
import { createMailboxSources } from '../channels/email/fetch/sources.ts';
import { createPool } from '../src/db/pool.ts';
import { listSources } from '../src/db/sources.ts';
import { AppError } from '../src/errors.ts';
import { createSourceFigures } from '../src/metrics.ts';
import { startSources } from '../src/sources.ts';
import { createTestAccept } from './support/accept.ts';
import { hasDovecot } from './support/dovecot.ts';
import { eventually } from './support/eventually.ts';
import {
  afterAnother,
  context,
  database,
  dovecot,
  letter,
  read,
  setUpMailStage,
  stops,
  untilIdling,
  untilLookedInto,
  untilTaken,
} from './support/mail-stage.ts';
import { countTakenMails, listTakenMails, mailboxOf, startMailboxes } from './support/mailboxes.ts';
import { openTcpRelay } from './support/tcp-relay.ts';

/** Mailboxes of a real Dovecot where something is broken: the network, the server, a mail, PostgreSQL, the gateway. */

setUpMailStage();

describe.skipIf(!hasDovecot)('a mailbox', () => {
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
    await eventually(async () => expect(await validity()).not.toBe(before));
    await afterAnother(4);
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

async function findMailFile(user: string, words: string): Promise<string> {
  for (const folder of ['cur', 'new'].map((name) => join(dovecot.folderOf(user), name))) {
    for (const name of await readdir(folder)) {
      if ((await readFile(join(folder, name), 'utf8')).includes(words)) return join(folder, name);
    }
  }
  throw new Error('no such mail');
}
