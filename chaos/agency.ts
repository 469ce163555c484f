import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Random } from './random.ts';

export type Arrival = {
  /** Code of the agency whose address it was sent to. */
  readonly agency: string;
  readonly webhookId: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The signature is right for this agency, and fresh. */
  readonly verified: boolean;
  /** The agency took it, and said so. */
  readonly accepted: boolean;
};

/** The servers of all agencies, on one port, a path each. */
export type FlakyAgency = {
  readonly origin: string;
  /** `127.0.0.1:…`, as OUTBOUND_ALLOW wants it. */
  readonly host: string;
  readonly arrivals: readonly Arrival[];
  /** The secret a new endpoint of the agency was given; those before go on counting. */
  readonly learnSecret: (agency: string, secret: string) => void;
  /** From now on every report is taken. */
  readonly recover: () => void;
  readonly stop: () => Promise<void>;
};

type Mood = 'take' | 'fail' | 'put-off' | 'hang' | 'drip' | 'hang-up' | 'redirect';
const moods: readonly (readonly [Mood, number])[] = [
  ['fail', 0.05],
  ['put-off', 0.03],
  ['hang', 0.02],
  ['drip', 0.03],
  ['hang-up', 0.04],
  ['redirect', 0.02],
];

/** Reads every webhook whole, checks its signature as agencies are told to, and then behaves as chance has it. */
export async function startFlakyAgency(random: Random): Promise<FlakyAgency> {
  const arrivals: Arrival[] = [];
  const secrets = new Map<string, string[]>();
  let flaky = true;

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // whoever sent it died on the way
    }
    const body = Buffer.concat(chunks).toString('utf8');
    const agency = (request.url ?? '').slice(1);
    const verified = (secrets.get(agency) ?? []).some((secret) => isSigned(secret, body, request.headers));
    const mood = flaky ? drawMood(random) : 'take';
    arrivals.push({
      agency,
      webhookId: String(request.headers['webhook-id']),
      headers: request.headers,
      body,
      verified,
      accepted: verified && (mood === 'take' || mood === 'drip'),
    });
    if (!verified) response.writeHead(401).end('tanda tangan tidak cocok');
    else answer(mood, random, response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin: `http://${host}`,
    host,
    arrivals,
    learnSecret: (agency, secret) => secrets.set(agency, [...(secrets.get(agency) ?? []), secret]),
    recover: () => {
      flaky = false;
      // those that hang are let go
      server.closeAllConnections();
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function isSigned(secret: string, body: string, headers: IncomingHttpHeaders): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

function drawMood(random: Random): Mood {
  let draw = random.next();
  for (const [mood, share] of moods) {
    if (draw < share) return mood;
    draw -= share;
  }
  return 'take';
}

function answer(mood: Mood, random: Random, response: ServerResponse, body: string): void {
  switch (mood) {
    case 'take':
      response.writeHead(204).end();
      return;
    case 'fail':
      // Some servers show the whole request on their error page: what comes back may hold everything.
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`galat: ${body}`);
      return;
    case 'put-off':
      response.writeHead(429, { 'retry-after': String(random.integer(1, 3)) }).end();
      return;
    case 'hang':
      return;
    case 'drip':
      drip(response);
      return;
    case 'hang-up':
      response.socket?.destroy();
      return;
    case 'redirect':
      response.writeHead(308, { location: '/pindah' }).end();
      return;
  }
}

/** The report is stored and the status says so, but the rest of the answer takes for ever. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const timer = setInterval(() => response.write('.'), 300);
  response.once('close', () => clearInterval(timer));
}
