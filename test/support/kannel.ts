import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type MobileNetwork, openMobileNetwork } from './mobile-network.ts';
import { kill, listFreePorts, waitUntil } from './own-servers.ts';

/** The real Kannel, from Debian's packages kannel and kannel-extras, with its simulated SMS centre. */
const bearerbox = '/usr/sbin/bearerbox';
const smsbox = '/usr/sbin/smsbox';
const fakesmsc = '/usr/lib/kannel/test/fakesmsc';

export const hasKannel = [bearerbox, smsbox, fakesmsc].every((path) => existsSync(path));

export type Kannel = {
  /** One SMS from a phone, in GSM-7 where its alphabet holds the text, else in UCS-2. Resolves once Kannel has it. */
  readonly sendSms: (from: string, to: string, text: string) => Promise<void>;
  /** One long SMS in parts of so many characters, the last part first. */
  readonly sendLongSms: (from: string, to: string, text: string, partLength: number) => Promise<void>;
  /** How many SMS Kannel has sent or is about to send to phones. */
  readonly countOutgoing: () => Promise<number>;
  /** Where it takes SMS for phones, from the user `lapor`. */
  readonly sendsmsUrl: string;
  /** Switches phones on until so many SMS have come to them in all, and returns these. */
  readonly untilDelivered: (total: number) => Promise<readonly DeliveredSms[]>;
  readonly stop: () => Promise<void>;
};

export type DeliveredSms = { readonly from: string; readonly to: string; readonly text: string };

/**
 * Starts bearerbox and smsbox with `channels/sms/kannel.conf`, so that what operators copy is what is tested; only
 * addresses, ports and the pauses between retries are changed. `gateway` is its origin, `http://127.0.0.1:1708`.
 */
export async function startKannel(options: {
  readonly gateway: string;
  readonly secret: string;
  readonly method: 'get' | 'post';
}): Promise<Kannel> {
  const folder = await mkdtemp(join(tmpdir(), 'lapor-kannel-'));
  const [admin = 0, boxes = 0, smsc = 0, sendsms = 0] = await listFreePorts(4);
  const config = join(folder, 'kannel.conf');
  await writeFile(config, await renderConfig({ ...options, ports: { admin, boxes, smsc, sendsms } }));

  const running: ChildProcess[] = [];
  let network: MobileNetwork | null = null;
  const start = async (binary: string) => {
    const log = await open(join(folder, 'log'), 'a');
    running.push(spawn(binary, ['-v', '1', config], { stdio: ['ignore', log.fd, log.fd] }));
    await log.close();
  };
  const stop = async () => {
    network?.close();
    // Nothing in it is worth a graceful end.
    for (const child of running.reverse()) await kill(child, 'SIGKILL');
    await rm(folder, { recursive: true });
  };
  const readStatus = async () => {
    const response = await fetch(`http://127.0.0.1:${admin}/status.xml?password=test`, {
      signal: AbortSignal.timeout(2_000),
    });
    return response.text();
  };
  /** `sms/received/total` is in the order in which status.xml lists it. */
  const count = async (direction: 'received' | 'sent') => {
    const sms = /<sms>.*?<\/sms>/s.exec(await readStatus())?.[0] ?? '';
    const part = new RegExp(`<${direction}>(.*?)</${direction}>`, 's').exec(sms)?.[1] ?? '';
    return [...part.matchAll(/<(?:total|queued)>(\d+)</g)].reduce((sum, [, n]) => sum + Number(n), 0);
  };

  try {
    await start(bearerbox);
    await waitUntil('bearerbox answers', async () => (await readStatus()).includes('<gateway>'));
    await start(smsbox);
    await waitUntil('smsbox is connected', async () => /<type>smsbox<.*on-line/s.test(await readStatus()));
    await waitUntil('bearerbox has a mobile network', async () => {
      network ??= await openMobileNetwork(smsc);
      return /<smsc>.*<status>online/s.test(await readStatus());
    });
  } catch (error) {
    const log = await readFile(join(folder, 'log'), 'utf8');
    await stop();
    throw new Error(`Kannel did not start:\n${log.slice(-4_000)}`, { cause: error });
  }

  const delivered: DeliveredSms[] = [];
  /** Phones that send a line, or nothing, and take whatever comes. */
  const connectPhones = (line: string | null) => {
    const limits = ['-m', line === null ? '0' : '1', line ?? 'nobody 1708 text nothing'];
    const args = ['-v', '0', '-H', '127.0.0.1', '-r', String(network?.port), ...limits];
    const child = spawn(fakesmsc, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    createInterface(child.stderr).on('line', (logged) => {
      const [, from, to, text] = /Got message \d+: <(\S+) (\S+) text (.*)>$/.exec(logged) ?? [];
      if (from !== undefined) delivered.push({ from, to: to ?? '', text: text ?? '' });
    });
    return child;
  };
  /** Each line has a fakesmsc of its own, ended once bearerbox has it. */
  const sendLine = async (line: string) => {
    const before = await count('received');
    const phones = connectPhones(line);
    try {
      await waitUntil('bearerbox received the SMS', async () => (await count('received')) > before);
    } finally {
      await kill(phones, 'SIGKILL');
    }
  };
  const untilDelivered = async (total: number) => {
    network?.switchOn();
    const phones = connectPhones(null);
    try {
      await waitUntil(`${total} SMS came to phones`, async () => delivered.length >= total);
      const given = network?.switchOff() ?? 0;
      await waitUntil('phones have read what was given to them', async () => delivered.length === given);
    } finally {
      network?.switchOff();
      await kill(phones, 'SIGKILL');
    }
    return delivered;
  };

  return {
    sendsmsUrl: `http://127.0.0.1:${sendsms}/cgi-bin/sendsms`,
    untilDelivered,
    sendSms: (from, to, text) =>
      sendLine(`${from} ${to} ${isGsm7(text) ? `text ${text}` : `ucs2 ${toUcs2(text)}`}`),
    sendLongSms: async (from, to, text, partLength) => {
      const parts = text.match(new RegExp(`.{1,${partLength}}`, 'gsu')) ?? [];
      for (const [index, part] of [...parts.entries()].reverse()) {
        const header = percentEncode(Buffer.from([5, 0, 3, 0x2a, parts.length, index + 1]));
        await sendLine(`${from} ${to} udh-text ${header} ${part}`);
      }
    },
    countOutgoing: () => count('sent'),
    stop,
  };
}

async function renderConfig(options: {
  readonly gateway: string;
  readonly secret: string;
  readonly method: 'get' | 'post';
  readonly ports: Readonly<Record<'admin' | 'boxes' | 'smsc' | 'sendsms', number>>;
}): Promise<string> {
  const { ports } = options;
  const ours = await readFile(new URL('../../channels/sms/kannel.conf', import.meta.url), 'utf8');
  const service =
    options.method === 'get'
      ? ours
      : ours.replace(/^get-url/m, '# get-url').replace('# post-url', 'post-url');
  return `
group = core
admin-port = ${ports.admin}
admin-interface = 127.0.0.1
admin-password = test
smsbox-port = ${ports.boxes}
smsbox-interface = 127.0.0.1
sms-resend-freq = 1

group = smsc
smsc = fake
smsc-id = fake
port = ${ports.smsc}
our-host = 127.0.0.1
connect-allow-ip = 127.0.0.1

${service
  .replaceAll('http://127.0.0.1:1708', options.gateway)
  .replaceAll('SECRET', options.secret)
  .replaceAll('PASSWORD', options.secret)
  .replace('sendsms-port = 13013', `sendsms-port = ${ports.sendsms}\nsendsms-interface = 127.0.0.1`)
  .replace('http-queue-delay = 10', 'http-queue-delay = 1')}
`;
}

/** The GSM 7-bit alphabet (3GPP TS 23.038, section 6.2.1), less the line break, which ends a line of fakesmsc. */
function isGsm7(text: string): boolean {
  return /^[@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞ^{}\\[~\]|€ÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/.test(
    text,
  );
}

function toUcs2(text: string): string {
  return percentEncode(Buffer.from(text, 'utf16le').swap16());
}

function percentEncode(bytes: Buffer): string {
  return bytes.toString('hex').replace(/../g, '%$&');
}
