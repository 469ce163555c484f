import pg from 'pg';

export type Pool = pg.Pool;
/** What a statement needs: the pool, or one client inside `transaction`. */
export type Db = Pick<pg.Pool, 'query'>;

export function createPool(
  url: string,
  options: {
    readonly max: number;
    readonly onError: (error: Error) => void;
    /** Schema to work in, where it is not the default. */
    readonly searchPath?: string;
    /** Give up a statement, and its connection, that has no answer by then: a network can go without a word. */
    readonly answerWithinMs?: number;
  },
): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    connectionTimeoutMillis: 5_000,
    application_name: 'lapor-gateway',
    // The server gives up as well: what it goes on with for nobody keeps its locks.
    ...(options.answerWithinMs === undefined
      ? {}
      : {
          query_timeout: options.answerWithinMs,
          statement_timeout: options.answerWithinMs - 500,
          idle_in_transaction_session_timeout: options.answerWithinMs * 2,
        }),
    ...(options.searchPath === undefined ? {} : { options: `-c search_path=${options.searchPath}` }),
  });
  // An idle connection the server closes, and a checked-out one too: without a listener either ends the process.
  pool.on('error', options.onError);
  pool.on('connect', (client) => client.on('error', options.onError));
  return pool;
}

/** Runs `work` in one transaction; whatever it throws rolls everything back and is thrown on. */
export async function transaction<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * True where PostgreSQL is away or not as it should be, as opposed to refusing what it was given. In doubt it is: then all
 * wait for it, and nobody's report is taken for a bad one while a server is being restored.
 */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // 22 data, 23 constraints, P0 raised by a trigger: these are about the rows, every other code is about the server
  if (/^[0-9A-Z]{5}$/.test(code)) return !/^(22|23|P0)/.test(code);
  return (
    'syscall' in error ||
    /^E[A-Z]+$|^ERR_(TLS|SSL|SOCKET|STREAM)|CERT|SELF_SIGNED|UNABLE_TO/.test(code) ||
    /connection (terminated|timeout)|query read timeout|timeout exceeded when trying to connect|Client (was closed|has encountered a connection error)|pool after calling end/i.test(
      error.message,
    )
  );
}

/** Rejects where PostgreSQL does not answer. */
export async function ping(db: Db): Promise<void> {
  await db.query('select 1');
}
