import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from './random.ts';

/** An SMS the provider has taken: a citizen will get it, whatever the gateway was told. */
export type SentSms = { readonly to: string; readonly text: string };

export type FlakySmsProvider = {
  /** As SMS_KANNEL_SEND_URL wants it. */
  readonly url: string;
  readonly taken: readonly SentSms[];
  /** From now on every SMS is taken and answered. */
  readonly recover: () => void;
  readonly stop: () => Promise<void>;
};

/** Kannel's `sendsms`: takes most, turns some away, and of some loses the answer after it took them. */
export async function startFlakySmsProvider(random: Random): Promise<FlakySmsProvider> {
  const taken: SentSms[] = [];
  let flaky = true;
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://provider');
    const draw = flaky ? random.next() : 1;
    if (draw < 0.1) {
      response.writeHead(503).end('Temporal failure, try again later.');
      return;
    }
    taken.push({ to: searchParams.get('to') ?? '', text: searchParams.get('text') ?? '' });
    if (draw < 0.2) loseAnswer(response, random);
    else response.writeHead(202).end('0: Accepted for delivery');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cgi-bin/sendsms`,
    taken,
    recover: () => {
      flaky = false;
      server.closeAllConnections();
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Either the connection breaks, or nothing comes any more. */
function loseAnswer(response: ServerResponse, random: Random): void {
  if (random.chance(0.5)) response.socket?.destroy();
}
