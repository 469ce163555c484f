import type { BudgetLimits, Cost, Spent } from '../domain/budget.ts';
import type { Db } from './pool.ts';

/** What was spent on a platform, by day in UTC, and the way to spend no more than may be. */

/** Counts the cost for today where every limit allows it, 0 being none; false where one does not. */
export async function reserveSpending(
  db: Db,
  platform: string,
  { posts, microdollars }: Cost,
  { daily, monthly }: BudgetLimits,
  now: Date,
): Promise<boolean> {
  // Who spends at the same time waits for the row of today, and counts what was spent meanwhile. Days before it do not change.
  const { rowCount } = await db.query({
    name: 'reserve-spending',
    text: `
      with today as (
        insert into platform_spending (platform, day) values ($1, ($2::timestamptz at time zone 'UTC')::date)
        on conflict (platform, day) do update set platform = excluded.platform
        returning day, posts, microdollars
      ), month as (
        select coalesce(sum(before.posts), 0) + min(today.posts) as posts,
          coalesce(sum(before.microdollars), 0) + min(today.microdollars) as microdollars
        from today left join platform_spending as before
          on before.platform = $1 and before.day >= date_trunc('month', today.day) and before.day < today.day
      )
      select from today, month
      where ($5::bigint = 0 or today.posts + $3::bigint <= $5)
        and ($6::bigint = 0 or today.microdollars + $4::bigint <= $6)
        and ($7::bigint = 0 or month.posts + $3::bigint <= $7)
        and ($8::bigint = 0 or month.microdollars + $4::bigint <= $8)`,
    values: [
      platform,
      now,
      posts,
      microdollars,
      daily.posts,
      daily.microdollars,
      monthly.posts,
      monthly.microdollars,
    ],
  });
  if (rowCount === 0) return false;
  await addSpending(db, platform, { posts, microdollars }, now);
  return true;
}

/** Counts more, or less, for the day of that moment. */
export async function addSpending(
  db: Db,
  platform: string,
  { posts, microdollars }: Cost,
  at: Date,
): Promise<void> {
  await db.query({
    name: 'add-spending',
    text: `
      insert into platform_spending (platform, day, posts, microdollars)
      values ($1, ($2::timestamptz at time zone 'UTC')::date, greatest($3::bigint, 0), greatest($4::bigint, 0))
      on conflict (platform, day) do update set
        posts = greatest(platform_spending.posts + $3::bigint, 0),
        microdollars = greatest(platform_spending.microdollars + $4::bigint, 0)`,
    values: [platform, at, posts, microdollars],
  });
}

/** What was spent today and this month. */
export async function readSpending(db: Db, platform: string, now: Date): Promise<Spent> {
  const { rows } = await db.query<{
    today_posts: number;
    today_microdollars: number;
    month_posts: number;
    month_microdollars: number;
  }>({
    name: 'read-spending',
    text: `
      with now as (select ($2::timestamptz at time zone 'UTC')::date as day)
      select
        coalesce(sum(posts) filter (where platform_spending.day = now.day), 0)::float8 as today_posts,
        coalesce(sum(microdollars) filter (where platform_spending.day = now.day), 0)::float8 as today_microdollars,
        coalesce(sum(posts), 0)::float8 as month_posts,
        coalesce(sum(microdollars), 0)::float8 as month_microdollars
      from now left join platform_spending
        on platform = $1 and platform_spending.day >= date_trunc('month', now.day) and platform_spending.day <= now.day`,
    values: [platform, now],
  });
  const [row] = rows;
  return {
    today: { posts: row?.today_posts ?? 0, microdollars: row?.today_microdollars ?? 0 },
    thisMonth: { posts: row?.month_posts ?? 0, microdollars: row?.month_microdollars ?? 0 },
  };
}
