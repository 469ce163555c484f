import type { ImapFlow } from 'imapflow';
import { AppError } from '../../../src/errors.ts';
import { answerWithinMs, within } from './connect.ts';

export type News = {
  /** What has been told until now is seen to. */
  readonly forget: () => void;
  /**
   * Resolves when the server tells of another mail, when so much time is over, or when we are to stop; the server has
   * answered then. Rejects where the connection has ended.
   */
  readonly wait: (ms: number) => Promise<void>;
};

/**
 * The server tells of mails by itself while it idles (RFC 2177), and otherwise when it is asked anything. IDLE is renewed
 * each time: servers and firewalls end what is silent for half an hour, the latter without a word.
 */
export function listenForNews(client: ImapFlow, signal: AbortSignal): News {
  let told = false;
  let wake: () => void = () => undefined;
  client.on('exists', ({ count, prevCount }) => {
    if (count <= prevCount) return;
    told = true;
    wake();
  });
  client.once('close', () => wake());
  signal.addEventListener('abort', () => wake(), { once: true });

  return {
    forget: () => {
      told = false;
    },
    wait: async (ms) => {
      if (!told && client.usable && !signal.aborted) {
        // What becomes of it is no news: a server that refuses it is asked when the time is over.
        if (client.capabilities.has('IDLE')) client.idle().catch(() => undefined);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = () => undefined;
      }
      if (signal.aborted) return;
      if (client.usable) await within(client, answerWithinMs, client.noop());
      if (!client.usable) throw new AppError('unavailable', 'the connection was closed');
    },
  };
}
