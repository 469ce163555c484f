import { type AddressInfo, createServer, type Socket } from 'node:net';

const eicar = 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE';

const findEicar = (content: Buffer) =>
  content.includes(eicar) ? 'stream: Eicar-Signature FOUND' : 'stream: OK';

/** Answers PING and INSTREAM as clamd(8) says, and finds EICAR; or what `judge` says, nothing where that is null. */
export async function startClamd(judge: (content: Buffer) => string | null = findEicar): Promise<{
  readonly address: string;
  readonly scanned: () => number;
  readonly stop: () => Promise<void>;
}> {
  let scanned = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      // Without a prefix a command needs no end either.
      if (received.toString('latin1') === 'PING') return void socket.end('PONG\n');
      const end = received.indexOf(0);
      if (end === -1) return;
      const command = received.toString('latin1', 0, end);
      if (command !== 'zINSTREAM') return void socket.end('UNKNOWN COMMAND\0');
      const content = readChunks(received.subarray(end + 1));
      if (content === null) return;
      scanned += 1;
      const answer = judge(content);
      if (answer !== null) socket.end(`${answer}\0`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    scanned: () => scanned,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Chunks, each behind its length, up to one of no length; null while that has not come. */
function readChunks(bytes: Buffer): Buffer | null {
  const chunks: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return null;
}
