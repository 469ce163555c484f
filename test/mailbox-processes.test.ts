import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { writeMailboxesFile } from '../channels/email/fetch/mailboxes-file.ts';
import { hasDovecot } from './support/dovecot.ts';
import { type Running, startGateway } from './support/gateway.ts';
import {
  afterAnother,
  database,
  dovecot,
  letter,
  setUpMailStage,
  stops,
  untilLookedInto,
  untilTaken,
} from './support/mail-stage.ts';
import { countTakenMails, mailboxOf } from './support/mailboxes.ts';
import { testRedisUrl } from './support/redis.ts';
import { testDataDir } from './support/sealing.ts';

/** Mailboxes of a real Dovecot and the gateways that read them, as processes of their own. */

setUpMailStage();

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
