import { countBacklog } from '../../db/backlog.ts';
import type { Db } from '../../db/pool.ts';
import { countWordBack, findFailures } from '../../db/word-back-figures.ts';
import { printable } from '../printable.ts';
import { type Finding, ok, warn } from './finding.ts';

/** Whether reporters are told what they should be: what staff must decide, and what failed within a day. */
export async function checkWordBack(db: Db): Promise<readonly Finding[]> {
  const { notifications_parked: parked, notifications_pending: pending } = await countBacklog(db);
  const figures = await countWordBack(db);
  const count = (wanted: string) =>
    figures.reduce((sum, figure) => (figure.state === wanted ? sum + figure.count : sum), 0);
  const [sent, capped, notSummoned] = [count('sent'), count('capped'), count('not_summoned')];
  const failures = await findFailures(db);
  const day =
    `${sent} messages to reporters sent within a day, ${pending} under way` +
    (notSummoned === 0 ? '' : `, ${notSummoned} not answered on X because their posts do not mention us`) +
    (failures === null ? '' : `, ${failures.count} failed, mostly: ${printable(failures.mostly)}`);
  return [
    // One that fails is a wrong number or a machine; where most do, it is us.
    failures !== null && failures.count > sent
      ? warn('word back', day, 'npm run lapor -- notification list --state refused, or --delivery failed')
      : ok('word back', day),
    ...(parked === 0
      ? []
      : [
          warn(
            'word back',
            `${parked} messages to reporters are parked: staff must decide`,
            'npm run lapor -- notification list --state parked',
          ),
        ]),
    ...(capped === 0
      ? []
      : [
          warn(
            'word back',
            `${capped} held back within a day: more than NOTIFY_MAX_PER_DAY, EMAIL_MAX_PER_… or TWITTER_MAX_PER_AUTHOR allow`,
            'npm run lapor -- notification list --state capped',
          ),
        ]),
  ];
}
