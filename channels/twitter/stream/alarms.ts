import type { SourceDoor } from '../../channel.ts';
import { describeXFailure } from '../failure.ts';
import { leastPosts } from './meter.ts';
import type { StreamEnd } from './reconnect.ts';

/** What staff are told while the stream is away, or costs too much: under one name at a time. */
export type StreamAlarm = { readonly name: (typeof names)[number]; readonly words: string };

const names = ['stream', 'credentials', 'credits'] as const;

/** What passes sooner is no alarm: X restarts its servers, and networks stumble. */
const longPauseMs = 10_000;

/** Null: all is well. */
export function raise(door: Pick<SourceDoor, 'alarm'>, alarm: StreamAlarm | null): void {
  for (const name of names) door.alarm(name, alarm?.name === name ? alarm.words : null);
}

/** Null where it need not trouble anybody yet. */
export function alarmOfEnd(end: StreamEnd, pauseMs: number): StreamAlarm | null {
  if (end.kind === 'crowded') {
    return {
      name: 'stream',
      words:
        'X opens no further stream: another program uses the same app, or a connection of ours that broke off still ' +
        `counts there; ${alone}`,
    };
  }
  if (pauseMs < longPauseMs) return null;
  if (end.kind === 'dropped')
    return { name: 'stream', words: `the stream breaks off again and again; ${alone}` };
  const words = `no stream: ${describeXFailure(end.failure)}; ${alone}`;
  switch (end.failure.kind) {
    case 'unauthorized':
      return { name: 'credentials', words };
    case 'credits':
      return { name: 'credits', words };
    case 'forbidden':
      return { name: 'stream', words: `${words}; TWITTER_STREAM=off where the plan has none` };
    default:
      return { name: 'stream', words };
  }
}

const alone = 'posts are searched for alone meanwhile';

export const alarmOfBudget = (renewsAt: Date): StreamAlarm => ({
  name: 'stream',
  words:
    `fewer than ${leastPosts.toLocaleString('en-US')} posts, or the money for them, are left of what may be spent on X: ` +
    `they are for the search, and the stream rests until ${renewsAt.toISOString()}`,
});

/** Null where there are none but ours. */
export const alarmOfRules = (foreign: number): StreamAlarm | null =>
  foreign === 0
    ? null
    : {
        name: 'stream',
        words:
          `the stream has ${foreign} rules that are not ours; X bills the posts they find, and here they are left out: ` +
          'delete them, or give them an app of their own',
      };
