import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTransport, type SentMessageInfo } from 'nodemailer';
import { letPass } from '../../src/embedded/run-as.ts';
import type { Dovecot } from './dovecot.ts';
import { listFreePorts, waitUntil } from './own-servers.ts';

/** The real Postfix, from Debian's package postfix. Its processes take on several users, so only root can run it. */
const postfix = '/usr/sbin/postfix';

export const hasPostfix = existsSync(postfix) && process.getuid?.() === 0;

export type Postfix = {
  /** SMTP without sign-in, with STARTTLS. */
  readonly smtpPort: number;
  /** SMTP with STARTTLS and sign-in as one of Dovecot's users, as a provider's submission port. */
  readonly submissionPort: number;
  /** SMTP over TLS with sign-in. */
  readonly submissionsPort: number;
  /** Hands a mail in by SMTP, as another mail server would. Rejects where Postfix refuses it. */
  readonly send: (mail: {
    /** Envelope sender; empty for none. */
    readonly from: string;
    readonly to: string | readonly string[];
    readonly raw: string | Buffer;
  }) => Promise<SentMessageInfo>;
  /** How many mails wait in its queue. */
  readonly countQueued: () => Promise<number>;
  /** Tries all that wait at once. */
  readonly flush: () => Promise<void>;
  /** Ends it; until `resume` nobody answers. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  readonly log: () => Promise<string>;
  readonly stop: () => Promise<void>;
};

/**
 * Starts Postfix on free ports of 127.0.0.1. Mail for `domains` goes to this Dovecot, by LMTP: it refuses whom it does not
 * know, and Postfix tells the sender so with a bounce. For other domains it takes mail too, and bounces it: nothing leaves
 * the machine. `answers` are what it says to RCPT TO of some addresses, such as `{ 'penuh@uji.example': '452 4.2.2 penuh' }`.
 * `settings` are added to main.cf.
 */
export async function startPostfix(options: {
  readonly dovecot: Pick<Dovecot, 'lmtpPort' | 'saslPort' | 'certFile' | 'keyFile'>;
  readonly domains: readonly string[];
  readonly answers?: Readonly<Record<string, string>>;
  readonly settings?: string;
}): Promise<Postfix> {
  const folder = await mkdtemp(join(tmpdir(), 'lpf-'));
  letPass(folder);
  const [smtpPort = 0, submissionPort = 0, submissionsPort = 0] = await listFreePorts(3);
  const config = join(folder, 'etc');
  await mkdir(config);
  await mkdir(join(folder, 'queue'));
  await mkdir(join(folder, 'data'));
  await promisify(execFile)('chown', ['postfix', join(folder, 'data')]);
  await writeFile(join(config, 'main.cf'), renderMain({ folder, ...options }));
  await writeFile(join(config, 'master.cf'), renderMaster({ smtpPort, submissionPort, submissionsPort }));

  let server: ChildProcess | null = null;
  const run = async (command: string, ...args: readonly string[]) =>
    (await promisify(execFile)(command, ['-c', config, ...args])).stdout;
  const log = () => readFile(join(folder, 'log'), 'utf8').catch(() => '');
  const resume = async () => {
    let said = '';
    const child = spawn(postfix, ['-c', config, 'start-fg'], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    server = child;
    await waitUntil('Postfix answers', async () => {
      if (child.exitCode !== null) return true;
      return openTransport(smtpPort).verify();
    });
    if (child.exitCode !== null) throw new Error(`Postfix ended: ${said}`);
  };
  const pause = async () => {
    if (server === null || server.exitCode !== null) return;
    const child = server;
    server = null;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await run(postfix, 'stop');
    await ended;
  };
  const stop = async () => {
    await pause();
    await rm(folder, { recursive: true, force: true });
  };

  try {
    await resume();
  } catch (error) {
    const said = await log();
    await stop();
    throw new Error(`Postfix did not start:\n${said.slice(-4_000)}`, { cause: error });
  }

  return {
    smtpPort,
    submissionPort,
    submissionsPort,
    send: async ({ from, to, raw }) => {
      const transport = openTransport(smtpPort);
      try {
        return await transport.sendMail({ envelope: { from, to: [to].flat() }, raw });
      } finally {
        transport.close();
      }
    },
    countQueued: async () => (await run('/usr/sbin/postqueue', '-j')).split('\n').filter(Boolean).length,
    flush: async () => void (await run('/usr/sbin/postqueue', '-f')),
    pause,
    resume,
    log,
    stop,
  };
}

const openTransport = (port: number) =>
  createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true, name: 'uji.example' });

function renderMain({
  folder,
  dovecot,
  domains,
  answers = {},
  settings = '',
}: {
  readonly folder: string;
  readonly dovecot: Pick<Dovecot, 'lmtpPort' | 'saslPort' | 'certFile' | 'keyFile'>;
  readonly domains: readonly string[];
  readonly answers?: Readonly<Record<string, string>>;
  readonly settings?: string;
}): string {
  const rules = Object.entries(answers).map(([address, answer]) => `{ ${address} = ${answer} }`);
  return `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = surat.uji.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
local_transport = error:5.1.1 nobody here
relay_domains =
virtual_mailbox_domains = ${domains.join(', ')}
virtual_transport = lmtp:inet:127.0.0.1:${dovecot.lmtpPort}
default_transport = error:5.1.2 nothing leaves this machine
recipient_delimiter = +
message_size_limit = 0
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_delay_open_until_valid_rcpt = no
smtpd_recipient_restrictions = ${rules.length === 0 ? '' : `check_recipient_access inline:{ ${rules.join(', ')} }, `}permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = ${dovecot.certFile}
smtpd_tls_key_file = ${dovecot.keyFile}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${dovecot.saslPort}
# Nobody waits for a second attempt in a test.
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
lmtp_destination_concurrency_limit = 5
disable_dns_lookups = yes
${settings}
`;
}

/** Debian's master.cf, with ports of ours and nothing in a chroot. */
function renderMaster(ports: Readonly<Record<'smtpPort' | 'submissionPort' | 'submissionsPort', number>>) {
  const signedIn =
    ' -o smtpd_sasl_auth_enable=yes -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject -o smtpd_relay_restrictions=permit_sasl_authenticated,reject';
  return `
127.0.0.1:${ports.smtpPort} inet n - n - - smtpd
127.0.0.1:${ports.submissionPort} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt${signedIn}
127.0.0.1:${ports.submissionsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes${signedIn}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
`;
}
