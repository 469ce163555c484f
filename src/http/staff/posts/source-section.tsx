import type { SourceState } from '../../../db/sources.ts';
import type { BudgetLimits, Cost, Spent } from '../../../domain/budget.ts';
import type { Speech } from '../../messages/speech.ts';
import type { PostPageWords } from './words.ts';

/** How it stands with what posts are read by. */
export type SourceStanding = {
  readonly isOff: boolean;
  readonly sources: readonly SourceState[];
  readonly limits: BudgetLimits;
  readonly spent: Spent;
  /** Posts that nobody could look at for more than a day. */
  readonly unseen: number;
};

type Props = {
  readonly speech: Speech;
  readonly words: PostPageWords['source'];
  readonly standing: SourceStanding;
};

/** Alarms first, then how much of the budget is used up. */
export function SourceSection({ speech, words, standing }: Props) {
  const { isOff, sources, limits, spent, unseen } = standing;
  const isCalm = unseen === 0 && sources.every(({ alarms }) => Object.keys(alarms).length === 0);
  return (
    <section aria-labelledby="sumber">
      <h2 id="sumber">{words.title}</h2>
      {isOff && <p>{words.off}</p>}
      {!isOff && isCalm && <p>{words.calm}</p>}
      {unseen > 0 && <p>{speech.say(words.unseen, { count: unseen })}</p>}
      {sources.map((source) => (
        <Source speech={speech} words={words} source={source} />
      ))}
      <section class="card">
        <dl>
          <div>
            <dt>{words.today}</dt>
            <dd>{tellSpending(speech, words, spent.today, limits.daily)}</dd>
          </div>
          <div>
            <dt>{words.month}</dt>
            <dd>{tellSpending(speech, words, spent.thisMonth, limits.monthly)}</dd>
          </div>
        </dl>
      </section>
    </section>
  );
}

type SourceProps = Pick<Props, 'speech' | 'words'> & { readonly source: SourceState };

function Source({ speech, words, source }: SourceProps) {
  const { name, connectedAt, lastError, failedAt, alarms } = source;
  return (
    <section class="card">
      <h3>{words.names[name] ?? name}</h3>
      <dl>
        {Object.entries(alarms).map(([alarm, said]) => (
          <div>
            <dt>{words.alarms[alarm] ?? words.otherAlarm}</dt>
            <dd lang="en">{said}</dd>
          </div>
        ))}
        {lastError !== null && (
          <div>
            <dt>{words.trouble}</dt>
            <dd>
              <span lang="en">{lastError}</span>
              {failedAt !== null &&
                `, ${speech.say(words.troubleSince, { moment: speech.moment(failedAt) })}`}
            </dd>
          </div>
        )}
        <div>
          <dt>{words.connected}</dt>
          <dd>{connectedAt === null ? words.never : speech.moment(connectedAt)}</dd>
        </div>
      </dl>
    </section>
  );
}

function tellSpending(speech: Speech, words: Props['words'], spent: Cost, limit: Cost): string {
  const say = (bounded: string, unbounded: string, used: number, most: number) =>
    most === 0 ? speech.say(unbounded, { spent: used }) : speech.say(bounded, { spent: used, limit: most });
  const dollars = (microdollars: number) => microdollars / 1_000_000;
  return [
    say(words.posts, words.postsUnlimited, spent.posts, limit.posts),
    say(words.dollars, words.dollarsUnlimited, dollars(spent.microdollars), dollars(limit.microdollars)),
  ].join('; ');
}
