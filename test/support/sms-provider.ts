import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { findFreePort } from '../../src/embedded/processes.ts';

export type SentSms = { readonly to: string; readonly text: string };

export type SmsProvider = {
  /** Where its sendsms is; stays the same while it is away. */
  readonly url: string;
  /** What it was asked to send, whether it did or not. */
  readonly asked: readonly SentSms[];
  /** What it has sent to phones. */
  readonly sent: readonly SentSms[];
  /** What it does with the next requests; after them it takes all. */
  readonly next: (...behaviours: Behaviour[]) => void;
  /** As if it had never been asked anything. */
  readonly forget: () => void;
  /** Refuses connections until it is `back`. */
  readonly leave: () => Promise<void>;
  readonly back: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type Behaviour = (sms: SentSms, response: ServerResponse, send: (sms: SentSms) => void) => void;

/** Answers that Kannel gives. */
export const takes: Behaviour = (sms, response, send) => {
  send(sms);
  response.writeHead(202).end('0: Accepted for delivery');
};
export const isBusy: Behaviour = (_, response) =>
  void response.writeHead(503).end('Temporal failure, try again later.');
export const refuses: Behaviour = (_, response) =>
  void response.writeHead(403).end('Authorization failed for sendsms');
/** The message goes out, and the answer is lost on its way back. */
export const takesAndHangsUp: Behaviour = (sms, response, send) => {
  send(sms);
  response.destroy();
};

/** A real HTTP server on loopback that behaves as Kannel's sendsms, or as a broken one. */
export async function startSmsProvider(): Promise<SmsProvider> {
  const asked: SentSms[] = [];
  const sent: SentSms[] = [];
  const behaviours: Behaviour[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://sendsms');
    const sms = { to: searchParams.get('to') ?? '', text: searchParams.get('text') ?? '' };
    asked.push(sms);
    (behaviours.shift() ?? takes)(sms, response, (taken) => sent.push(taken));
  });
  const port = await findFreePort();
  const listen = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const leave = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}/cgi-bin/sendsms`,
    asked,
    sent,
    next: (...more) => behaviours.push(...more),
    forget: () => {
      for (const list of [asked, sent, behaviours]) list.length = 0;
    },
    leave,
    back: listen,
    stop: leave,
  };
}
