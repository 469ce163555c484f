import { readMailboxesFile } from '../../../channels/email/fetch/mailboxes-file.ts';
import { findMailboxesFile } from '../../../channels/index.ts';
import type { Config } from '../../config.ts';
import type { Db } from '../../db/pool.ts';
import { listSources } from '../../db/sources.ts';
import { AppError } from '../../errors.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** A mailbox that nobody has looked into for so long is one that nobody looks into. */
const longMs = 30 * 60_000;

/** Whether the mailboxes that are set up are looked into. */
export async function checkMailboxes(db: Db, config: Config): Promise<readonly Finding[]> {
  const part = 'mailboxes';
  let names: readonly string[];
  try {
    names = (await readMailboxesFile(findMailboxesFile(config))).map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [fail(part, error.message, 'set it right: until then gateways go on with what they read before')];
  }
  if (names.length === 0) return [ok(part, 'none is set up: lapor mailbox add --help')];
  const states = new Map((await listSources(db)).map((state) => [state.name, state]));
  const findings = names.flatMap((name): Finding[] => {
    const state = states.get(`email/${name}`);
    const seen = state?.connectedAt ?? null;
    const ago = state === undefined || seen === null ? null : state.now.getTime() - seen.getTime();
    const since =
      ago === null ? 'was never looked into' : `was looked into ${Math.round(ago / 60_000)} min ago`;
    if (state?.lastError != null) {
      const report = ago !== null && ago < longMs ? warn : fail;
      return [report(part, `${name} ${since}: ${state.lastError}`, `npm run lapor -- mailbox test ${name}`)];
    }
    return ago === null || ago > longMs
      ? [
          fail(
            part,
            `${name} ${since}`,
            'does a gateway run (npm start, or lapor serve), with the same file?',
          ),
        ]
      : [];
  });
  return findings.length > 0 ? findings : [ok(part, `all ${names.length} are looked into`)];
}
