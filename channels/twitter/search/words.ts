import type { BudgetState } from '../../../src/domain/budget.ts';
import { type Cursor, isBehind, lastsUntil, unreadSince } from './cursor.ts';

/** What staff are told of the search, by the names of its alarms; null: nothing is wrong. */

export const tellOfLoss = ({ lost }: Cursor): string | null =>
  lost === null
    ? null
    : `posts from ${iso(lost.after)} to ${iso(lost.before)} were not read in time: X searches seven days back, no further`;

export const tellOfDelay = (cursor: Cursor, now: number): string | null =>
  isBehind(cursor, now)
    ? `there may be posts since ${iso(unreadSince(cursor))} that were not read; X gives them out until ${iso(lastsUntil(cursor))}`
    : null;

const nearlySpent = 0.8;

export const tellOfBudget = ({ share, renewsAt }: BudgetState): string | null =>
  share < nearlySpent
    ? null
    : `more than ${nearlySpent * 100} % of what may be spent on X is spent; there is more again at ${renewsAt.toISOString()}`;

/** `waiting` is null where nobody knows. */
export const tellOfWaiting = (waiting: number | null, since: number, { renewsAt }: BudgetState): string =>
  `what may be spent on X is spent: ${waiting === null ? 'posts' : `up to ${waiting} posts`} since ${iso(since)} wait until ${renewsAt.toISOString()}`;

/** That few are missing is as X has it: some were deleted since. */
const fewestUnexplained = 10;
const shareUnexplained = 0.2;

export const tellOfUnexplained = ({ counted, unexplained, from, until }: Unexplained): string | null =>
  unexplained < fewestUnexplained || unexplained < counted * shareUnexplained
    ? null
    : `X counts ${counted} posts from ${iso(from)} to ${iso(until)}, and does not give out ${unexplained} of them when asked again: look for them on X by hand, and open what is missing by its address`;

type Unexplained = Readonly<Record<'counted' | 'unexplained' | 'from' | 'until', number>>;

const iso = (at: number): string => new Date(at).toISOString();
