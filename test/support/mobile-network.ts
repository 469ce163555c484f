import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Between Kannel's simulated phones and bearerbox, who both end each SMS with a line feed. */
export type MobileNetwork = {
  /** Where phones connect to send. */
  readonly port: number;
  /** Whoever connects next is given what came for phones, and what comes. */
  readonly switchOn: () => void;
  /** Gives nothing more; returns how many SMS were given in all. */
  readonly switchOff: () => number;
  readonly close: () => void;
};

/**
 * Keeps what bearerbox sends until phones are on that take it, as a real network does: to phones that only came to send,
 * and are gone before they have read it, nothing is given. Rejects where bearerbox does not listen yet.
 */
export async function openMobileNetwork(bearerboxPort: number): Promise<MobileNetwork> {
  const bearerbox = connect(bearerboxPort, '127.0.0.1');
  await once(bearerbox, 'connect');
  const sockets = new Set<Socket>([bearerbox]);
  let waiting: string[] = [];
  let unfinished = '';
  let given = 0;
  let isOn = false;
  let taking: Socket | null = null;

  function give(): void {
    if (!isOn || taking === null) return;
    given += waiting.length;
    taking.write(waiting.join(''), 'latin1');
    waiting = [];
  }
  bearerbox.setEncoding('latin1').on('data', (text: string) => {
    const lines = (unfinished + text).split(/(?<=\n)/);
    unfinished = lines.at(-1)?.endsWith('\n') ? '' : (lines.pop() ?? '');
    waiting.push(...lines);
    give();
  });

  const server = createServer((phones) => {
    sockets.add(phones);
    phones.on('error', () => {}); // they are killed once they have done what they came for
    phones.on('data', (bytes) => bearerbox.write(bytes));
    phones.once('close', () => {
      sockets.delete(phones);
      if (taking === phones) taking = null;
    });
    if (isOn) taking = phones;
    give();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    switchOn: () => {
      isOn = true;
    },
    switchOff: () => {
      isOn = false;
      return given;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
