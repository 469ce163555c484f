import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { countBacklog } from '../../db/backlog.ts';
import { type Endpoint, listEndpoints } from '../../db/endpoints.ts';
import type { Db, Pool } from '../../db/pool.ts';
import {
  countDirectory,
  listAppliedMigrations,
  listRefusals,
  readServerFacts,
  type ServerFacts,
} from '../../db/server-facts.ts';
import { inPackage } from '../../package-root.ts';
import { demoIsOver } from '../demo/endpoints.ts';
import { withDatabase } from '../with-database.ts';
import { checkAuditLog } from './audit.ts';
import { errorCode, type Finding, fail, ok, warn } from './finding.ts';
import { checkMailboxes } from './mailboxes.ts';
import { checkPosts } from './posts.ts';
import { checkWordBack } from './word-back.ts';

/** The database and what is in it; an embedded one that does not run is started for the look only. */
export async function checkDatabase(config: Config): Promise<readonly Finding[]> {
  if (config.databaseUrl === null && !existsSync(join(config.dataDir, 'postgres/data'))) {
    return [ok('postgresql', 'the embedded one, made by the first "npm start"')];
  }
  const findings: Finding[] = [];
  await withDatabase(async ({ db }) => {
    try {
      findings.push(...(await checkServer(db, config)));
      findings.push(...(await checkContent(db, config)));
    } catch (error) {
      findings.push(explainFailure(error, config));
    }
  });
  return findings.length > 0
    ? findings
    : [fail('postgresql', 'the embedded one could not be opened', 'see the lines above')];
}

function explainFailure(error: unknown, config: Config): Finding {
  const code = errorCode(error);
  const what = `does not answer as it should (${code})`;
  if (config.databaseUrl === null) {
    return fail('postgresql', what, `look into ${join(config.dataDir, 'postgres/server.log')}`);
  }
  const mends: Readonly<Record<string, string>> = {
    '28P01': 'the user or password in DATABASE_URL is wrong',
    '28000': 'DATABASE_URL: this user may not log in from here (pg_hba.conf)',
    '3D000': 'the database named in DATABASE_URL does not exist: create it',
    '42501': 'give the user of DATABASE_URL rights on this database, best make it the owner',
  };
  return fail('postgresql', what, mends[code] ?? 'start it, or check host and port in DATABASE_URL');
}

async function checkServer(db: Db, config: Config): Promise<readonly Finding[]> {
  const before = Date.now();
  const facts = await readServerFacts(db);
  const now = (before + Date.now()) / 2;
  const where = config.databaseUrl === null ? 'embedded' : 'DATABASE_URL';
  return [
    facts.versionNumber >= 150_000
      ? ok('postgresql', `${facts.version}, ${where}`)
      : fail('postgresql', `${facts.version} is too old`, 'upgrade to PostgreSQL 15 or newer'),
    ...(facts.readOnly
      ? [fail('postgresql', 'takes no changes', 'DATABASE_URL must name the primary, not a standby')]
      : []),
    ...checkDurability(facts),
    checkClock(facts.clock.getTime() - now),
  ];
}

function checkDurability(facts: ServerFacts): readonly Finding[] {
  const off = [
    ...(facts.fsync ? [] : ['fsync']),
    ...(facts.fullPageWrites ? [] : ['full_page_writes']),
    ...(facts.synchronousCommit ? [] : ['synchronous_commit']),
  ];
  return [
    off.length === 0
      ? ok('durability', 'fsync, full_page_writes and synchronous_commit are on')
      : fail(
          'durability',
          `${off.join(' and ')} off: a power cut can lose reports that were acknowledged`,
          `psql: ${off.map((name) => `alter system set ${name} = on;`).join(' ')} select pg_reload_conf()`,
        ),
    facts.dataChecksums
      ? ok('checksums', 'damage on the disk is noticed')
      : warn('checksums', 'off: damage on the disk goes unnoticed', 'stop PostgreSQL, pg_checksums --enable'),
  ];
}

function checkClock(aheadMs: number): Finding {
  const seconds = Math.abs(aheadMs) / 1_000;
  if (seconds < 1) return ok('clock', 'the same as that of PostgreSQL');
  const what = `PostgreSQL is ${seconds.toFixed(1)} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;
  // Signatures older than five minutes are refused, and so would be everything signed by a clock that is off.
  return (seconds < 60 ? warn : fail)('clock', what, 'run a time service (chrony) on both machines');
}

async function checkContent(db: Pool, config: Config): Promise<readonly Finding[]> {
  const applied = new Set(await listAppliedMigrations(db));
  const known = listMigrations();
  const missing = known.filter((name) => !applied.has(name));
  if (missing.length > 0) {
    const what = `${missing.length} of ${known.length} are missing`;
    return [fail('migrations', what, 'npm run lapor -- migrate')];
  }
  return [
    ok('migrations', `all ${known.length} applied`),
    await checkDirectory(db),
    ...checkEndpoints(await listEndpoints(db)),
    ...(await checkBacklog(db)),
    ...(await checkWordBack(db)),
    ...(await checkMailboxes(db, config)),
    ...(await checkPosts(db, config)),
    await checkAuditLog(db),
  ];
}

function listMigrations(): readonly string[] {
  const files = readdirSync(inPackage('migrations'));
  return files.flatMap((file) => (file.endsWith('.sql') ? [file.slice(0, -4)] : []));
}

async function checkDirectory(db: Db): Promise<Finding> {
  const { agencies, areas, topics } = await countDirectory(db);
  const what = `${agencies} agencies, ${areas} areas, ${topics} topics`;
  return agencies > 1 && areas > 0 && topics > 0
    ? ok('directory', what)
    : fail('directory', `${what}: everything would go to the national desk`, 'npm run lapor -- migrate');
}

function checkEndpoints(endpoints: readonly Endpoint[]): readonly Finding[] {
  const active = endpoints.filter(({ state }) => state === 'active');
  const served = new Set(active.map(({ agencyCode }) => agencyCode));
  const cutOff = new Set(
    endpoints
      .filter(({ agencyCode, disabledReason }) => !served.has(agencyCode) && disabledReason !== demoIsOver)
      .map(({ agencyCode }) => agencyCode),
  );
  const failing = active.filter(({ failureCount }) => failureCount > 0);
  return [
    ok('endpoints', `${served.size} agencies have one, the others' reports wait to be pulled`),
    ...(cutOff.size === 0
      ? []
      : [
          warn(
            'endpoints',
            `${listSome([...cutOff])} had one, and it is disabled`,
            'npm run lapor -- endpoint add AGENCY URL',
          ),
        ]),
    ...(failing.length === 0
      ? []
      : [
          warn(
            'endpoints',
            `${listSome(failing.map(({ agencyCode }) => agencyCode))} did not take the last attempt`,
            'npm run lapor -- endpoint list, and call the agency',
          ),
        ]),
  ];
}

function listSome(codes: readonly string[]): string {
  const shown = codes.slice(0, 5).join(', ');
  return codes.length > 5 ? `${shown} and ${codes.length - 5} more` : shown;
}

async function checkBacklog(db: Db): Promise<readonly Finding[]> {
  const backlog = await countBacklog(db);
  const refusals = await listRefusals(db);
  const refused = refusals.reduce((sum, { count }) => sum + count, 0);
  const age = Math.round(backlog.inbox_oldest_seconds);
  const waits = `${backlog.inbox} reports wait to be filed, the oldest for ${age} s`;
  return [
    backlog.inbox === 0
      ? ok('inbox', 'every report is filed')
      : age < 60
        ? ok('inbox', waits)
        : (age < 600 ? warn : fail)('inbox', waits, 'is a worker running? npm start, or lapor work'),
    backlog.quarantine === 0
      ? ok('quarantine', 'empty')
      : warn(
          'quarantine',
          `${backlog.quarantine} reports could not be filed`,
          'npm run lapor -- report quarantine',
        ),
    backlog.messages_set_aside === 0
      ? ok('messages', `${backlog.messages_pending} under way, or waiting for their other parts`)
      : warn(
          'messages',
          `${backlog.messages_set_aside} could not be processed`,
          'npm run lapor -- message list',
        ),
    backlog.attachments_unscanned === 0
      ? ok('files', 'the antivirus has seen all of them, or there is none')
      : warn(
          'files',
          `${backlog.attachments_unscanned} wait for the antivirus, and nobody is given them`,
          'is clamd running at ATTACHMENTS_CLAMD, and its StreamMaxLength large enough? see the log for attachment_not_scanned',
        ),
    backlog.held === 0
      ? ok('held', 'none')
      : warn(
          'held',
          `${backlog.held} reports wait for staff to look at them`,
          'npm run lapor -- report held',
        ),
    refused === 0
      ? ok(
          'deliveries',
          `${backlog.deliveries_pending} under way, ${backlog.deliveries_waiting} wait to be pulled`,
        )
      : warn(
          'deliveries',
          `${refused} refused by ${listSome(refusals.map(({ agencyCode }) => agencyCode))}`,
          'mend it there; endpoint add AGENCY URL --replace sends them again',
        ),
  ];
}
