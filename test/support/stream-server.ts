import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ruleTag } from '../../channels/twitter/stream/rules.ts';

/** Stands where X does, and plays to whoever opens the stream what a test wants played, down to single bytes. */
export async function startStreamServer(): Promise<{
  readonly url: string;
  /** For the next connections, by the order in which they come. */
  readonly play: (script: (response: ServerResponse, connection: number) => void) => void;
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
}> {
  let connections = 0;
  let script: (response: ServerResponse, connection: number) => void = (response) => response.end();
  let rules: readonly object[] = [];
  const server = createServer({ keepAlive: false }, async (request, response) => {
    const json = { 'content-type': 'application/json' };
    if (!request.url?.startsWith('/2/tweets/search/stream/rules')) {
      connections += 1;
      script(response, connections - 1);
      return;
    }
    const pieces = await request.toArray();
    if (request.method === 'POST') {
      const { add } = JSON.parse(Buffer.concat(pieces).toString()) as { readonly add: readonly object[] };
      rules = add.map((rule) => ({ ...rule, id: '1860000000000000001', tag: ruleTag }));
    }
    response.writeHead(200, json).end(JSON.stringify({ data: rules, meta: { sent: '' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    play: (next) => {
      script = next;
      connections = 0;
    },
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Each of these as a chunk of HTTP of its own, so that they come apart; then it ends as told. */
export async function playChunks(
  response: ServerResponse,
  chunks: readonly Buffer[],
  ending: 'end' | 'break' | 'stay',
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  for (const chunk of chunks) {
    if (chunk.length > 0) await new Promise((resolve) => response.write(chunk, resolve));
  }
  if (ending === 'end') response.end();
  // As where a server is switched off: what was sent arrives, and no end of the answer does.
  if (ending === 'break') response.socket?.destroySoon();
}
