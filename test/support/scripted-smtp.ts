import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What the server does at a stage: answers with this line, hangs up, or says nothing any more. */
type Doing = string | 'hangs up' | 'says nothing';

export type SmtpScript = {
  readonly greeting: Doing;
  readonly ehlo: Doing;
  readonly auth: Doing;
  readonly mail: Doing;
  readonly rcpt: Doing;
  readonly data: Doing;
  /** Once it has the mail with the final dot. */
  readonly dot: Doing;
  readonly rset: Doing;
};

const willing: SmtpScript = {
  greeting: '220 uji.example ESMTP',
  ehlo: '250-uji.example\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SMTPUTF8',
  auth: '235 2.7.0 ok',
  mail: '250 2.1.0 ok',
  rcpt: '250 2.1.5 ok',
  data: '354 go on',
  dot: '250 2.0.0 Ok: queued as 4Dscripted',
  rset: '250 2.0.0 ok',
};

export type ScriptedSmtp = {
  readonly port: number;
  /** From now on it does this; what is left out, it does as a willing server. */
  readonly does: (script: Partial<SmtpScript>) => void;
  /** Mails that it got whole, with their final dot; dots doubled as they came. */
  readonly mails: readonly string[];
  /** Lines that came, besides mails. */
  readonly lines: readonly string[];
  /** How many connections there were. */
  readonly connections: () => number;
  /** Ends all connections, as a server does that restarts. */
  readonly dropAll: () => void;
  readonly stop: () => Promise<void>;
};

/** An SMTP server that goes wrong where a test wants it: no real one can be made to lose a connection at a given word. */
export async function startScriptedSmtp(): Promise<ScriptedSmtp> {
  let script = willing;
  let count = 0;
  const mails: string[] = [];
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let pending = '';
    let inMail = false;
    const act = (doing: Doing) => {
      if (doing === 'hangs up') socket.destroy();
      else if (doing !== 'says nothing') socket.write(`${doing}\r\n`);
    };
    act(script.greeting);
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (;;) {
        const isEmptyMail = inMail && pending.startsWith('.\r\n');
        const end = isEmptyMail ? '.\r\n' : inMail ? '\r\n.\r\n' : '\r\n';
        const at = pending.indexOf(end);
        if (at < 0) return;
        const text = pending.slice(0, at);
        pending = pending.slice(at + end.length);
        if (inMail) {
          if (!isEmptyMail) mails.push(text);
          inMail = false;
          act(script.dot);
          continue;
        }
        lines.push(text);
        const stage = stageOf(text);
        if (stage === 'quit') return socket.end('221 2.0.0 bye\r\n');
        if (stage === 'data' && script.data.startsWith('3')) inMail = true;
        act(stage === null ? '500 5.5.2 what?' : script[stage]);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    does: (next) => {
      script = { ...willing, ...next };
    },
    mails,
    lines,
    connections: () => count,
    dropAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function stageOf(line: string): keyof SmtpScript | 'quit' | null {
  const word = line.slice(0, 4).toUpperCase();
  const stages: Readonly<Record<string, keyof SmtpScript | 'quit'>> = {
    EHLO: 'ehlo',
    AUTH: 'auth',
    MAIL: 'mail',
    RCPT: 'rcpt',
    DATA: 'data',
    RSET: 'rset',
    QUIT: 'quit',
  };
  return stages[word] ?? null;
}

/** A wire to a real mail server on this machine, which breaks once the server has answered a mail, and before we hear it. */
export async function openAnswerEater(
  port: number,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    let said = '';
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
    }
    near.on('data', (chunk) => {
      said += chunk.toString('latin1');
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (/\r\n\.\r\n/.test(said)) near.destroy();
      else near.write(chunk);
    });
    near.on('close', () => far.end());
    far.on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
