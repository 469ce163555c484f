import type { ServerResponse } from 'node:http';
import { parseWanted, presentPosts, type Wanted } from './fields.ts';
import type { Post, Posts } from './posts.ts';
import { noRules, operationalDisconnect, tooManyConnections } from './problem.ts';
import type { Rules } from './rules.ts';

export type Stream = ReturnType<typeof createStream>;

type Connection = {
  readonly token: string;
  readonly wanted: Wanted;
  readonly response: ServerResponse;
  readonly heartbeat: NodeJS.Timeout;
};

type StreamOptions = {
  readonly rules: Rules;
  readonly find: Posts['find'];
  readonly heartbeatMs: number;
  /** Called for each post that goes out; false ends the stream instead, as there is no credit left. */
  readonly pay: () => boolean;
};

const lineEnd = '\r\n';
/** Who reads so slowly that more than this waits for them is cut off. */
const mostWaiting = 8 * 1024 * 1024;

/** The filtered stream: one connection for each token, one post on each line, an empty line as a heartbeat. */
export function createStream({ rules, find, heartbeatMs, pay }: StreamOptions) {
  const connections = new Set<Connection>();
  let isStalled = false;

  /** GET /2/tweets/search/stream: answers with headers at once, and goes on for as long as both sides wish. */
  function open(token: string, query: URLSearchParams, response: ServerResponse): void {
    const wanted = parseWanted(query);
    if ([...connections].some((connection) => connection.token === token)) throw tooManyConnections();
    if (rules.list().length === 0) throw noRules();
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    response.flushHeaders();
    const heartbeat = setInterval(() => {
      if (!isStalled) response.write(lineEnd);
    }, heartbeatMs);
    const connection = { token, wanted, response, heartbeat };
    connections.add(connection);
    response.once('close', () => close(connection));
  }

  function close(connection: Connection): void {
    clearInterval(connection.heartbeat);
    connections.delete(connection);
  }

  function deliver(post: Post): void {
    const matching_rules = rules.matching(post);
    if (matching_rules.length === 0 || isStalled) return;
    for (const connection of [...connections]) {
      const { response, wanted } = connection;
      if (!pay()) {
        // at once, and not when the line is down: the next post may come before
        close(connection);
        response.end(`${JSON.stringify({ errors: [operationalDisconnect()] })}${lineEnd}`);
        continue;
      }
      const { data, ...rest } = presentPosts([post], wanted, find);
      response.write(`${JSON.stringify({ data: data[0], ...rest, matching_rules })}${lineEnd}`);
      if (response.writableLength > mostWaiting) response.socket?.destroy();
    }
  }

  function cut(): void {
    for (const connection of [...connections]) {
      close(connection);
      connection.response.socket?.destroy();
    }
  }

  return {
    open,
    deliver,
    cut,
    /** As if the line were dead: no heartbeats, and what is posted meanwhile is never told to those who are connected. */
    stall: (on: boolean): void => {
      isStalled = on;
    },
    send: (raw: Buffer): void => {
      for (const { response } of connections) response.write(raw);
    },
    get connections(): number {
      return connections.size;
    },
  };
}
