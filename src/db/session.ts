import pg from 'pg';
import type { Db } from './pool.ts';

/** One connection to PostgreSQL, for what lasts as long as it does: session locks. */
export type Session = {
  readonly db: Db;
  /** Aborted once it has ended, for whatever reason; its locks are gone then, or soon will be. */
  readonly ended: AbortSignal;
  readonly end: () => Promise<void>;
};

const answerWithinMs = 5_000;

/** Rejects where PostgreSQL cannot be reached. A statement without an answer within seconds ends the session. */
export async function openSession(url: string): Promise<Session> {
  const ended = new AbortController();
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: answerWithinMs,
    application_name: 'lapor-gateway',
    query_timeout: answerWithinMs,
    keepAlive: true,
    // A machine that is gone without a word keeps its locks for half a minute, and not for two hours.
    options: '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4',
  });
  client.on('error', () => ended.abort());
  client.on('end', () => ended.abort());
  await client.connect();
  const query = async (...given: Parameters<pg.Client['query']>) => {
    try {
      return await client.query(...given);
    } catch (error) {
      // Late answers would be taken for those of the next statement.
      if ((error as Error).message === 'Query read timeout') {
        ended.abort();
        (
          client as unknown as { connection: { stream: { destroy: () => void } } }
        ).connection.stream.destroy();
      }
      throw error;
    }
  };
  // Many sources share it, and the driver is to get one statement at a time.
  let last: Promise<unknown> = Promise.resolve();
  const queryInTurn = (...given: Parameters<pg.Client['query']>) => {
    const answer = last.then(() => query(...given));
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    db: { query: queryInTurn as unknown as Db['query'] },
    ended: ended.signal,
    end: async () => {
      ended.abort();
      await client.end().catch(() => undefined);
    },
  };
}
