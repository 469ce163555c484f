import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends these bytes, HTTP or not, to a server on loopback and returns everything it says until it hangs up. */
export async function talk(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // it may hang up before it has read everything
  socket.write(request);
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk;
  });
  await once(socket, 'close');
  return answer;
}
