import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ReceivedWebhook = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of the TCP connection it came on: tells whether one was used again. */
  readonly remotePort: number;
};

export type ReceivingAgency = {
  /** `http://127.0.0.1:…`, without a path. */
  readonly origin: string;
  /** `127.0.0.1:…`, as OUTBOUND_ALLOW wants it. */
  readonly host: string;
  readonly received: readonly ReceivedWebhook[];
  /** Resolves once so many webhooks have come in all. */
  readonly waitFor: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** A real agency's server on loopback that reads each webhook whole and then answers as `answer` says. */
export async function startReceivingAgency(
  answer: (webhook: ReceivedWebhook, response: ServerResponse) => void,
): Promise<ReceivingAgency> {
  const received: ReceivedWebhook[] = [];
  let waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const webhook: ReceivedWebhook = {
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      remotePort: request.socket.remotePort ?? 0,
    };
    received.push(webhook);
    for (const { count, resolve } of waiting) if (received.length >= count) resolve();
    waiting = waiting.filter(({ count }) => received.length < count);
    answer(webhook, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin: `http://${host}`,
    host,
    received,
    waitFor: (count) =>
      new Promise((resolve) => {
        if (received.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
