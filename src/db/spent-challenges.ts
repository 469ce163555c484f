import type { Db } from './pool.ts';

/**
 * Spends a challenge for one form; true unless another form did. Clears away a few that expired, for nobody can hand in
 * those again.
 */
export async function spendChallenge(
  db: Db,
  challenge: { readonly nonce: string; readonly formToken: string; readonly expiresAt: Date },
  now: Date,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'spend-challenge',
    text: `
      with cleared as (
        delete from spent_challenges where nonce in (
          select nonce from spent_challenges where expires_at < $4
          order by expires_at limit 10 for update skip locked)
      )
      insert into spent_challenges as spent (nonce, form_token, expires_at) values ($1, $2, $3)
      on conflict (nonce) do update set form_token = excluded.form_token
      where spent.form_token = excluded.form_token`,
    values: [challenge.nonce, challenge.formToken, challenge.expiresAt, now],
  });
  return rowCount === 1;
}
