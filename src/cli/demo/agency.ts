import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { AppError } from '../../errors.ts';

/** A small agency's server, as one might be written with the library of Standard Webhooks. */
export type DemoAgency = {
  /** `http://127.0.0.1:1709`; the webhooks for an agency go to its code as the path. */
  readonly origin: string;
  /** `127.0.0.1:1709`, as OUTBOUND_ALLOW wants it. */
  readonly host: string;
  /** Tracking IDs of the reports that came with a valid signature. */
  readonly verified: ReadonlySet<string>;
  /** How many came with a signature that does not fit. */
  readonly countForged: () => number;
  /** What an agency verifies its webhooks with. */
  readonly setSecret: (agencyCode: string, secret: string) => void;
  readonly stop: () => Promise<void>;
};

/**
 * Takes only the reports that `isOurs` knows: a citizen's report that comes meanwhile is answered 503 and goes to its
 * real agency later. Throws `AppError` `conflict` where the port is taken.
 */
export async function startDemoAgency(port: number, isOurs: (text: string) => boolean): Promise<DemoAgency> {
  const secrets = new Map<string, string>();
  const verified = new Set<string>();
  let forged = 0;

  const judge = (agencyCode: string, body: string, headers: Record<string, string>): number => {
    const secret = secrets.get(agencyCode);
    if (secret === undefined) return 404;
    try {
      const { data } = new Webhook(secret).verify(body, headers) as {
        readonly data: { readonly text: string; readonly trackingId: string };
      };
      if (!isOurs(data.text)) return 503;
      verified.add(data.trackingId);
      return 204;
    } catch {
      forged += 1;
      return 401;
    }
  };

  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => null);
    if (body === null) return;
    const agencyCode = decodeURIComponent(request.url?.slice(1) ?? '');
    response.writeHead(judge(agencyCode, body, request.headers as Record<string, string>)).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: unknown) => {
    throw new AppError('conflict', `Port ${port} is taken: choose another with --agency-port.`, { cause });
  });
  const host = `127.0.0.1:${port}`;
  return {
    origin: `http://${host}`,
    host,
    verified,
    countForged: () => forged,
    setSecret: (agencyCode, secret) => secrets.set(agencyCode, secret),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
