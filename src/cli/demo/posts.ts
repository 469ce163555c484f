import { randomBytes } from 'node:crypto';
import { startSimulatedX } from '../../simulated-x/server.ts';
import type { PostStory } from './post-stories.ts';

/** X, as long as the demo runs: nobody but the throw-away gateway ever sees what is posted. */
export type DemoPosts = {
  /** For the gateway that watches it. */
  readonly settings: Readonly<Record<string, string>>;
  /** `127.0.0.1:40123`, as OUTBOUND_ALLOW wants it: photos are fetched from there. */
  readonly host: string;
  /** Posts it, and returns the moments by which its report is found: that of each part, and of its edited version. */
  readonly publish: (story: PostStory) => readonly Date[];
  readonly countAnswers: () => number;
  /** Resolves once the gateway listens to the stream, or seems not to: then posts wait for its next search. */
  readonly untilWatched: (signal: AbortSignal) => Promise<void>;
  /** Resolves once so many were answered, or nobody has patience any more. */
  readonly untilAnswered: (count: number, signal: AbortSignal) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const lookEveryMs = 50;
const watchedWithinMs = 10_000;
const answeredWithinMs = 10_000;

/** Starts it with an account `LAPOR1708`, and keys that nobody else knows. */
export async function startDemoPosts(): Promise<DemoPosts> {
  const key = () => randomBytes(12).toString('hex');
  const bearerToken = key();
  const x = await startSimulatedX({ bearerToken });
  const { id: accountId } = x.addUser({ handle: 'LAPOR1708', name: 'LAPOR!' });
  const ids = new Map<PostStory, string>();
  let last = 0;

  /** Two posts never have the same moment, as it tells them apart. */
  const nextMoment = (): Date => {
    last = Math.max(Date.now(), last + 1);
    return new Date(last);
  };

  function publish(story: PostStory): readonly Date[] {
    const { author, name, posts, photo, place, edited, quotes } = story;
    x.addUser({ handle: author, name });
    const quote = quotes === undefined ? undefined : ids.get(quotes);
    const moments: Date[] = [];
    let before: string | null = null;
    for (const text of posts) {
      const at = nextMoment();
      moments.push(at);
      before = x.publish({
        author,
        text,
        at,
        ...(before === null ? {} : { replyTo: before }),
        ...(quote !== undefined && { quote }),
        ...(photo !== undefined && {
          media: [{ kind: 'photo', bytes: photo, contentType: 'image/png' } as const],
        }),
        ...(place !== undefined && { place }),
      });
      if (!ids.has(story)) ids.set(story, before);
    }
    if (edited !== undefined && before !== null) {
      const at = nextMoment();
      moments.push(at);
      x.edit(before, edited, at);
    }
    return moments;
  }

  const until = async (isDone: () => boolean, withinMs: number, signal: AbortSignal): Promise<void> => {
    const patience = performance.now() + withinMs;
    while (!isDone() && !signal.aborted && performance.now() < patience) {
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  };

  return {
    settings: {
      TWITTER_API_URL: x.url,
      TWITTER_BEARER_TOKEN: bearerToken,
      // as often as may be, should the stream not come about
      TWITTER_POLL_SECONDS: '15',
      TWITTER_APP_KEY: key(),
      TWITTER_APP_SECRET: key(),
      // as real ones begin
      TWITTER_ACCESS_TOKEN: `${accountId}-${key()}`,
      TWITTER_ACCESS_SECRET: key(),
    },
    host: new URL(x.url).host,
    publish,
    countAnswers: () => x.answers.length,
    untilWatched: async (signal) => {
      await until(() => x.stream.connections > 0, watchedWithinMs, signal);
    },
    untilAnswered: async (count, signal) => {
      await until(() => x.answers.length >= count, answeredWithinMs, signal);
    },
    stop: x.stop,
  };
}
