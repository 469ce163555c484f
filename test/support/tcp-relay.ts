import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { findFreePort } from '../../src/embedded/processes.ts';

/** A wire to a server that a test can cut, or turn into a black hole, without touching the server. */
export type TcpRelay = {
  /** The server's URL, by way of the relay. */
  readonly url: string;
  /** Ends every connection and refuses new ones. */
  readonly cut: () => Promise<void>;
  /** Keeps connections open and takes new ones, but not a byte passes any more. */
  readonly swallow: () => void;
  /** Breaks each new connection off once so many bytes came back on it. */
  readonly breakOffAfter: (bytes: number) => void;
  /** Lets pass what comes on new connections; those swallowed are ended. */
  readonly mend: () => Promise<void>;
  /** As `mend`, but those swallowed stay open and dead: nobody on the way remembers them. */
  readonly mendNewOnly: () => void;
  readonly close: () => Promise<void>;
};

export async function openTcpRelay(serverUrl: string): Promise<TcpRelay> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let swallowing = false;
  let mostBack = Number.POSITIVE_INFINITY;

  const server = createServer((near) => {
    keep(near);
    if (swallowing) return near.pause();
    const far = connect(Number(target.port), target.hostname);
    keep(far);
    near.pipe(far).pipe(breakOff(near, mostBack)).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
    return undefined;
  });

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // what breaks is what the test wanted
  }
  const port = await findFreePort();
  async function listen(): Promise<void> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }
  function hangUp(): void {
    for (const socket of sockets) socket.destroy();
  }
  async function cut(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    hangUp();
    await closed;
  }

  await listen();
  const url = new URL(serverUrl);
  // of a PostgreSQL with a socket, which would lead past us
  url.searchParams.delete('host');
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    cut,
    swallow: () => {
      swallowing = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    breakOffAfter: (bytes) => {
      mostBack = bytes;
      hangUp();
    },
    mend: async () => {
      swallowing = false;
      mostBack = Number.POSITIVE_INFINITY;
      hangUp();
      if (!server.listening) await listen();
    },
    mendNewOnly: () => {
      swallowing = false;
    },
    close: cut,
  };
}

function breakOff(near: Socket, most: number): Transform {
  let left = most;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const isLast = chunk.length >= left;
      this.push(isLast ? chunk.subarray(0, left) : chunk);
      left -= chunk.length;
      if (isLast) setImmediate(() => near.destroySoon());
      else done();
    },
  });
}
