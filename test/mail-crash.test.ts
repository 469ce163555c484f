import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Dovecot, hasDovecot, startDovecot } from './support/dovecot.ts';
import { mailSettings, mailTo, withFile } from './support/mail-gateway.ts';
import { hasPostfix, type Postfix, startPostfix } from './support/postfix.ts';
import { createSuccessors } from './support/successors.ts';
import { uniqueWord } from './support/unique-word.ts';
import { letWaitingTimePass } from './support/waiting-time.ts';

/** A gateway that is killed while it has mails in hand: each is one report, or one addition, and not more. */
describe.skipIf(!hasPostfix || !hasDovecot)('mail', () => {
  let database: TestDatabase;
  let dovecot: Dovecot;
  let postfix: Postfix;
  let env: Parameters<typeof startNext>[0];
  let photo: Buffer;
  const { startDying, startNext, endAll } = createSuccessors();

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    dovecot = await startDovecot({ users: { lapor: 'rahasia', siti: 'sandi-siti' } });
    postfix = await startPostfix({ dovecot, domains: ['uji.example'] });
    const settings = await mailSettings({ database, dovecot, postfix }, { user: 'lapor' });
    env = { ...settings, EMAIL_MAX_PER_ADDRESS: '0' };
    photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#445566' } })
      .jpeg()
      .toBuffer();
  }, 120_000);
  afterEach(endAll);
  afterAll(async () => {
    await postfix?.stop();
    await dovecot?.stop();
    await database?.drop();
  });

  const from = 'Siti Aminah <siti@uji.example>';
  const listReports = async (word: string) =>
    (
      await database.pool.query<{ files: number; told: readonly string[]; reply_to: string }>(
        `select
           (select count(*)::int from attachments where report_id = report.id and addition_id is null) as files,
           array(select state from notifications where report_id = report.id and kind = 'tracking_id') as told,
           (select id::text from notifications where report_id = report.id and kind = 'tracking_id') as reply_to
         from reports as report join filings as filing on filing.report_id = report.id
         where report.text like '%' || $1 || '%'`,
        [word],
      )
    ).rows;
  const listAdditions = async (word: string) =>
    (
      await database.pool.query<{ files: number; told: readonly string[] }>(
        `select
           (select count(*)::int from attachments where addition_id = addition.id) as files,
           array(select state from notifications where report_id = addition.report_id and kind = 'added') as told
         from additions as addition where addition.text like '%' || $1 || '%'`,
        [word],
      )
    ).rows;
  const countMails = async (word: string) =>
    (await dovecot.listMails('siti')).filter(({ raw }) => raw.includes(word)).length;
  const told = [expect.stringMatching(/^(sent|parked)$/)];

  test.each([
    'source:after-take',
    'source:after-save',
    'messages:before-commit',
    'messages:after-commit',
    'messages:after-enqueue',
  ] as const)(
    'a gateway that dies at %s loses none and doubles none',
    { timeout: 120_000 },
    async (point) => {
      const [first, second] = [uniqueWord(), uniqueWord()];
      const report = `Bandung, lampu jalan mati di gang ${first}`;
      await dovecot.deliver(mailTo({ from, ...withFile(report, 'lampu.jpg', 'image/jpeg', photo) }), 'lapor');
      const dying = await startDying(env, point);
      expect(await dying.ended).toBe('SIGKILL');

      await letWaitingTimePass(database.pool);
      await database.pool.query('update messages set taken_until = null, due_at = now()');
      const gateway = await startNext(env);
      await expect
        .poll(() => listReports(first), { timeout: 40_000 })
        .toEqual([{ files: 1, told, reply_to: expect.any(String) }]);
      const [{ reply_to: about } = { reply_to: '' }] = await listReports(first);
      await gateway.stop();

      const to = `lapor+n.${about.replaceAll('-', '')}@uji.example`;
      const added = `Masih gelap di ${second}`;
      await dovecot.deliver(
        mailTo({ from, to, ...withFile(added, 'dua.jpg', 'image/jpeg', photo) }),
        'lapor',
      );
      const again = await startDying(env, point);
      expect(await again.ended).toBe('SIGKILL');
      await letWaitingTimePass(database.pool);
      await database.pool.query('update messages set taken_until = null, due_at = now()');
      await startNext(env);
      await expect.poll(() => listAdditions(second), { timeout: 40_000 }).toEqual([{ files: 1, told }]);

      // what comes behind them is a report, and these are not more
      const third = uniqueWord();
      await dovecot.deliver(mailTo({ from, body: `Bandung, jalan rusak di ${third}` }), 'lapor');
      await expect.poll(() => listReports(third), { timeout: 40_000 }).toHaveLength(1);
      expect(await listReports(first)).toHaveLength(1);
      expect(await listAdditions(second)).toHaveLength(1);
      expect(await countMails(about)).toBeLessThanOrEqual(1);
    },
  );
});
