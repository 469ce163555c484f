import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * What a wire does with what passes. `swallow-replies`: requests arrive and are carried out, the replies are lost with
 * the connection. `black-hole`: everything stays open and nothing passes.
 */
export type WireMode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'black-hole' }
  | { readonly kind: 'swallow-replies' };

/** A wire to a server, owned by the harness: its port stays the same whatever happens behind it. */
export type Wire = {
  readonly port: number;
  /** From now on for every connection, open ones too; those a black hole held are ended when it ends. */
  readonly set: (mode: WireMode) => void;
  readonly close: () => Promise<void>;
};

/** `serverPort` is asked for with each connection: a server may come back elsewhere. */
export async function openWire(serverPort: () => number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let mode: WireMode = { kind: 'pass' };

  const listener = createServer((near) => {
    keep(near);
    if (mode.kind === 'cut') return near.destroy();
    const far = connect(serverPort(), '127.0.0.1');
    keep(far);
    join(near, far, () => true);
    join(far, near, () => {
      if (mode.kind !== 'swallow-replies') return true;
      near.destroy();
      return false;
    });
    return undefined;
  });

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // what breaks is what the harness wanted
  }

  function join(from: Socket, to: Socket, mayPass: () => boolean): void {
    from.on('data', (chunk) => {
      if (mode.kind === 'black-hole' || !mayPass()) return;
      if (mode.kind === 'delay') setTimeout(() => to.writable && to.write(chunk), mode.ms);
      else to.write(chunk);
    });
    from.once('close', () => to.destroy());
  }

  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (listener.address() as AddressInfo).port,
    set: (next) => {
      // Bytes are missing on connections a black hole held, or out of order where a delay ends: they cannot go on.
      const hasGaps = mode.kind === 'black-hole' || mode.kind === 'delay';
      mode = next;
      if (next.kind === 'cut' || hasGaps) hangUp();
    },
    close: async () => {
      listener.close();
      hangUp();
      await once(listener, 'close');
    },
  };
}
