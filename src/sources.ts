import { setTimeout as pause } from 'node:timers/promises';
import type { Source, SourceDoor } from '../channels/channel.ts';
import type { Accept } from './accept.ts';
import type { DoorContext } from './context.ts';
import { crashPoint } from './crash-points.ts';
import { openSession, type Session } from './db/session.ts';
import {
  lockSources,
  readSourceCursor,
  recordSourceAlarm,
  recordSourceConnected,
  recordSourceFailure,
  saveSourceCursor,
  unlockSource,
} from './db/sources.ts';
import { AppError, describeFailure } from './errors.ts';
import type { SourceFigures } from './metrics.ts';

/** How often it is looked for sources to fetch from: new ones, and those that another process let go. */
const lookEveryMs = 1_000;
const shortestPauseMs = 1_000;
const longestPauseMs = 5 * 60_000;
/** How often it is written down that a source is well. */
const recordEveryMs = 30_000;

type Running = {
  readonly source: Source;
  readonly abort: AbortController;
  readonly done: Promise<void>;
};

/** How often in a row a source failed, and when it is tried again. */
type Rest = { readonly failures: number; readonly until: number };

type Parts = Pick<DoorContext, 'channels' | 'blindIndex' | 'clock' | 'log'> & {
  readonly databaseUrl: string;
  /** Rejects while PostgreSQL is away: what is in a source is safe there. */
  readonly accept: Accept;
  readonly figures: SourceFigures;
};

/**
 * Runs every source of every channel in one process at a time: the one whose connection to PostgreSQL has its lock. When that
 * connection ends all stop, and fetch again once there is another. A source that fails is run again after a pause that
 * grows; nothing that happens to one touches another.
 */
export function startSources(parts: Parts): { readonly stop: () => Promise<void> } {
  const { channels, log } = parts;
  const stopping = new AbortController();
  const rests = new Map<string, Rest>();
  let wanted: readonly Source[] = [];
  let complaint = '';

  async function keepRunning(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        await look();
        // Without any source there is no connection to keep.
        if (wanted.length > 0) {
          const session = await openSession(parts.databaseUrl);
          failures = 0;
          await runSession(session);
        }
      } catch (error) {
        failures += 1;
        log.warn({ event: 'sources_interrupted', error: describeFailure(error) });
      }
      await sleep(failures === 0 ? lookEveryMs : Math.min(30_000, shortestPauseMs * 2 ** (failures - 1)));
    }
  }

  /** Which sources there are. What is set up wrongly changes nothing. */
  async function look(): Promise<void> {
    try {
      wanted = (await Promise.all(channels.map((channel) => channel.sources?.() ?? []))).flat();
      complaint = '';
    } catch (error) {
      // What an AppError says names a setting, and no secret.
      const said = error instanceof AppError ? error.message : describeFailure(error);
      if (said !== complaint) log.error({ event: 'sources_unusable', reason: said });
      complaint = said;
    }
  }

  async function runSession(session: Session): Promise<void> {
    const running = new Map<string, Running>();
    const signal = AbortSignal.any([stopping.signal, session.ended]);
    try {
      while (!signal.aborted) {
        await look();
        for (const each of running.values()) {
          if (!wanted.includes(each.source)) each.abort.abort();
        }
        const now = Date.now();
        const free = wanted.filter(({ name }) => !running.has(name) && (rests.get(name)?.until ?? 0) <= now);
        // Asked even where none is: so it is known that the connection lives.
        for (const name of await lockSources(
          session.db,
          free.map((source) => source.name),
        )) {
          const source = free.find((each) => each.name === name);
          if (source !== undefined) running.set(name, start(source));
        }
        if (wanted.length === 0 && running.size === 0) return;
        await sleep(lookEveryMs, signal);
      }
      if (!stopping.signal.aborted)
        throw new AppError('unavailable', 'the connection to PostgreSQL was lost');
    } finally {
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
      await session.end();
    }

    function start(source: Source): Running {
      const abort = new AbortController();
      const done = runOnce(source, session, AbortSignal.any([signal, abort.signal])).finally(() => {
        running.delete(source.name);
      });
      return { source, abort, done };
    }
  }

  /** Never rejects. */
  async function runOnce(source: Source, session: Session, signal: AbortSignal): Promise<void> {
    const { name } = source;
    const { figures } = parts;
    log.info({ event: 'source_started', source: name });
    figures.connected(name, false);
    try {
      await source.run(
        openSourceDoor(parts, source, session, () => rests.delete(name)),
        signal,
      );
      if (!signal.aborted) throw new AppError('unavailable', 'it ended by itself');
    } catch (error) {
      if (!signal.aborted) await noteFailure(source, session, error);
    }
    figures.connected(name, false);
    if (signal.aborted) figures.forget(name);
    log.info({ event: 'source_stopped', source: name });
    await unlockSource(session.db, name).catch(() => undefined);
  }

  async function noteFailure({ name }: Source, session: Session, error: unknown): Promise<void> {
    const failures = (rests.get(name)?.failures ?? 0) + 1;
    // Not all mailboxes of a server that comes back at once.
    const wait = Math.min(longestPauseMs, shortestPauseMs * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
    rests.set(name, { failures, until: Date.now() + wait });
    parts.figures.failed(name);
    const reason = error instanceof AppError ? error.message : describeFailure(error);
    log.warn({ event: 'source_failed', source: name, reason, failures });
    await recordSourceFailure(session.db, name, reason).catch(() => undefined);
  }

  const sleep = (ms: number, signal = stopping.signal) =>
    pause(ms, undefined, { signal }).catch(() => undefined);

  const ended = keepRunning();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** The cursor is saved by the connection that has the lock: whoever has lost it cannot put another one's back. */
function openSourceDoor(
  { accept, blindIndex, clock, log, figures }: Parts,
  { name }: Source,
  { db, ended }: Session,
  onWell: () => void,
): SourceDoor {
  let recordedAt = 0;
  const alarms = new Map<string, string>();
  // One connection answers one question at a time, and the last word about an alarm is the last to be written.
  let recording: Promise<unknown> = Promise.resolve();
  return {
    take: async (inbound) => {
      ended.throwIfAborted();
      const accepted = await accept(inbound);
      crashPoint('source:after-take');
      const oldest = Math.min(...inbound.map(({ receivedAt }) => receivedAt.getTime()));
      figures.fetched(name, inbound.length, Math.max(0, clock().getTime() - oldest) / 1_000);
      return accepted;
    },
    readCursor: () => readSourceCursor(db, name),
    saveCursor: async (cursor) => {
      await saveSourceCursor(db, name, cursor);
      crashPoint('source:after-save');
    },
    connected: () => {
      onWell();
      figures.connected(name, true);
      figures.succeeded(name);
      if (Date.now() - recordedAt < recordEveryMs) return;
      recordedAt = Date.now();
      // Of interest to staff alone: the next time will do.
      recordSourceConnected(db, name).catch(() => undefined);
    },
    alarm: (alarm, words) => {
      if (alarms.get(alarm) === (words ?? undefined)) return;
      if (words === null) alarms.delete(alarm);
      else alarms.set(alarm, words);
      figures.alarmed(name, alarm, words !== null);
      log[words === null ? 'info' : 'error']({ event: 'source_alarm', source: name, alarm, words });
      recording = recording
        .then(() => recordSourceAlarm(db, name, alarm, words))
        .catch(() => alarms.delete(alarm));
    },
    fingerprint: (bytes) => blindIndex('source', bytes).toString('base64url'),
    clock,
    log,
  };
}
