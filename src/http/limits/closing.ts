import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const everyMs = 100;

/**
 * Lets a server that closes be done once its last answer is given. Node lets go only of the connections that are between two
 * requests at that moment: one whose answer ends later stays for as long as the next request may take to come, and one that a
 * browser opened ahead, and said nothing on, as long as a client may be silent.
 */
export function registerClosing(app: FastifyInstance): void {
  const connections = new Set<Socket>();
  app.server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });

  app.addHook('preClose', async () => {
    const timer = setInterval(() => {
      app.server.closeIdleConnections();
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
      if (!app.server.listening && connections.size === 0) clearInterval(timer);
    }, everyMs);
  });
}
