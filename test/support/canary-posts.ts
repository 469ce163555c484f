import { expect, vi } from 'vitest';
import type { PlantedReport } from './canary-reports.ts';
import { settled } from './canary-settled.ts';
import type { Stage } from './canary-stage.ts';
import { signIn } from './staff.ts';

/**
 * Whatever becomes of posts, with an X that says to the gateway's face whose they are: edited, quoting, answering our answer,
 * ordered by staff, not answered, gone.
 */
export async function sendPosts(stage: Stage): Promise<void> {
  const plant = (number: number) => stage.plant(number, 'post', 'open');
  const edited = plant(180);
  const id = await stage.publish(edited);
  await vi.waitFor(() => expect(answersTo(stage, id)).toHaveLength(1), { timeout: 40_000, interval: 100 });
  stage.edit(edited, id, `@LAPOR1708 ${edited.text}, diperbarui #lapor`);
  await stage.publish(edited, { replyTo: answersTo(stage, id)[0]?.id ?? '', media: [] });

  const quoted = plant(181);
  const quotes = plant(182);
  const text = 'Sudah tiga bulan gelap begini';
  const elsewhere = await stage.publishElsewhere(quoted, { text, media: [] });
  const gone = await stage.publish(quotes, { quote: elsewhere });

  const ordered = plant(183);
  await orderByStaff(stage, ordered, await stage.publish(ordered, { text: ordered.text }));

  for (const [number, status] of [
    [184, 403],
    [185, 400],
  ] as const) {
    const refused = plant(number);
    const { identity, account } = refused;
    const detail = `${identity.name} (@${account.handle}, ${account.id}): ${refused.text}`;
    const body = { title: detail, detail, errors: [{ message: detail }] };
    for (const path of [/^\/2\/tweets$/, /^\/2\/tweets\/search\/recent/])
      stage.x.fault({ path, times: 1, status, body });
    await stage.publish(refused);
    await settled(stage);
  }
  await losePost(stage, gone);
}

const answersTo = ({ x }: Stage, id: string) => x.answers.filter(({ inReplyTo }) => inReplyTo === id);

/** By its address, once with a slip in it. */
async function orderByStaff(stage: Stage, { number, account }: PlantedReport, id: string): Promise<void> {
  const { cookie } = await signIn(stage.database.pool, { role: 'officer', agency: 'nasional' });
  const path = '/petugas/unggahan';
  for (const [place, post, status] of [
    ['form shown again', `${id}x`, 422],
    ['answer to who orders a post', id, 303],
  ] as const) {
    const page = await stage.get(path, { cookie, accept: 'text/html' });
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const alamat = `https://x.com/${account.handle}/status/${post}`;
    const answer = await stage.ask(
      place,
      {
        method: 'POST',
        path,
        headers: {
          cookie: `${cookie}; ${page.cookies}`,
          accept: 'text/html',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ csrf, alamat }).toString(),
      },
      number,
    );
    expect(answer.status, answer.text).toBe(status);
    if (status === 303) await stage.get(answer.location, { cookie, accept: 'text/html' });
  }
}

/** Its author deletes it, and the gateway looks. */
async function losePost({ x, database }: Stage, id: string): Promise<void> {
  x.delete(id);
  await vi.waitFor(
    async () => {
      await database.pool.query('update posts set look_at = now(), checked_at = null where gone_at is null');
      const { rows } = await database.pool.query('select from posts where gone_at is not null');
      expect(rows).toHaveLength(1);
    },
    { timeout: 40_000, interval: 500 },
  );
}
