import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { letPass } from '../../src/embedded/run-as.ts';
import { kill, listFreePorts, waitUntil } from './own-servers.ts';

/** The real Dovecot, from Debian's packages dovecot-imapd and dovecot-lmtpd. */
const dovecot = '/usr/sbin/dovecot';
const doveadm = '/usr/bin/doveadm';
const lmtp = '/usr/lib/dovecot/lmtp';

export const hasDovecot = [dovecot, doveadm, lmtp, '/usr/lib/dovecot/imap'].every((path) => existsSync(path));

export type Dovecot = {
  /** IMAP in the clear, with STARTTLS. */
  readonly imapPort: number;
  /** IMAP over TLS. */
  readonly imapsPort: number;
  /** LMTP, where it takes mail; for Postfix. */
  readonly lmtpPort: number;
  /** SASL for Postfix (`smtpd_sasl_type = dovecot`). */
  readonly saslPort: number;
  /** PEM of the certificate that it made itself, for 127.0.0.1 and localhost; and of its key. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Delivers by LMTP, as a mail server would, so whoever idles is told. `user` may be plus-addressed. */
  readonly deliver: (raw: string | Buffer, user: string) => Promise<void>;
  /** Puts mails into the folder of files, in this order: thousands within a second, but nobody is told. */
  readonly fill: (mails: readonly (string | Buffer)[], user: string) => Promise<void>;
  /** What is in a folder, as it is there, in the order of UIDs. */
  readonly listMails: (user: string, folder?: string) => Promise<readonly StoredMail[]>;
  /** Where the files of a user's INBOX are. */
  readonly folderOf: (user: string) => string;
  readonly createFolder: (user: string, folder: string) => Promise<void>;
  /** Sets a flag such as `\Seen` on all that is in INBOX, as another client would. */
  readonly addFlag: (user: string, flag: string) => Promise<void>;
  /** Ends all connections of this user. */
  readonly kick: (user: string) => Promise<void>;
  /** How many IMAP connections of this user there are. */
  readonly countConnections: (user: string) => Promise<number>;
  /** Gives the INBOX another UIDVALIDITY and its mails new UIDs, as a server does that lost its index. Ends connections. */
  readonly changeUidValidity: (user: string) => Promise<void>;
  /** Ends it, with all connections; until `resume` nobody answers. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Whatever doveadm can do. */
  readonly doveadm: (...args: readonly string[]) => Promise<string>;
  /** What it wrote to its log. */
  readonly log: () => Promise<string>;
  readonly stop: () => Promise<void>;
};

export type StoredMail = { readonly uid: number; readonly flags: string; readonly raw: string };

/** Users by name, each with a password. Mail for `name@any.domain` and `name+anything@any.domain` is theirs. */
export type DovecotUsers = Readonly<Record<string, string>>;

/**
 * Starts Dovecot on free ports of 127.0.0.1, with everything it writes in a temporary folder; as root, or as anybody. With
 * `tokenInfoUrl` it takes XOAUTH2 and OAUTHBEARER as well: it asks that address, with the token appended, who somebody is
 * (`{"username": …}`). `settings` is added to its configuration.
 */
export async function startDovecot(options: {
  readonly users: DovecotUsers;
  readonly tokenInfoUrl?: string;
  readonly settings?: string;
}): Promise<Dovecot> {
  // a socket's path may have 107 characters, and on some systems tmpdir() alone has half of them
  const folder = await mkdtemp(join(tmpdir(), 'ldc-'));
  letPass(folder);
  const [imapPort = 0, imapsPort = 0, lmtpPort = 0, saslPort = 0] = await listFreePorts(4);
  const config = join(folder, 'dovecot.conf');
  const logFile = join(folder, 'log');
  const mail = join(folder, 'mail');
  const owner = await findMailOwner();
  await mkdir(mail, { mode: 0o700 });
  chownSync(mail, owner.uid, owner.gid);
  await makeCertificate(folder);
  await writeFile(join(folder, 'users'), renderUsers(options.users));
  await chmod(join(folder, 'users'), 0o644);
  if (options.tokenInfoUrl !== undefined) {
    await writeFile(
      join(folder, 'oauth2.conf'),
      `tokeninfo_url = ${options.tokenInfoUrl}\nusername_attribute = username\ntimeout_msecs = 5000\n`,
    );
  }
  await writeFile(
    config,
    renderConfig({
      folder,
      owner,
      ports: { imapPort, imapsPort, lmtpPort, saslPort },
      oauth2: options.tokenInfoUrl !== undefined,
      settings: options.settings ?? '',
    }),
  );

  let server: ChildProcess | null = null;
  const log = () => readFile(logFile, 'utf8').catch(() => '');
  const run = async (...args: readonly string[]) =>
    (await promisify(execFile)(doveadm, ['-c', config, ...args], { maxBuffer: 512 * 1024 * 1024 })).stdout;
  const resume = async () => {
    server = spawn(dovecot, ['-F', '-c', config], { stdio: 'ignore', detached: true });
    const ended = once(server, 'exit').then(() => {
      throw new Error('Dovecot ended');
    });
    ended.catch(() => undefined);
    await Promise.race([
      ended,
      waitUntil('Dovecot answers', async () => {
        const [imap, lmtp] = [await openLines(imapPort), await openLines(lmtpPort)];
        imap.close();
        lmtp.close();
        return true;
      }),
    ]);
  };
  const pause = async () => {
    if (server === null) return;
    await kill(server, 'SIGTERM');
    // Those that serve somebody would go on for seconds; they are its process group.
    if (server.pid !== undefined) killGroup(server.pid);
    server = null;
  };
  const stop = async () => {
    await pause();
    await rm(folder, { recursive: true, force: true });
  };
  const maildir = (user: string) => join(mail, user, 'Maildir');
  const listMails = async (user: string, mailbox = 'INBOX') => {
    const printed = await run('-f', 'json', 'fetch', '-u', user, 'uid flags text', 'mailbox', mailbox, 'all');
    const mails = JSON.parse(printed || '[]') as { uid: string; flags: string; text: string }[];
    return mails.map(({ uid, flags, text }) => ({ uid: Number(uid), flags, raw: text }));
  };

  try {
    await resume();
  } catch (error) {
    const said = await log();
    await stop();
    throw new Error(`Dovecot did not start:\n${said.slice(-4_000)}`, { cause: error });
  }

  return {
    imapPort,
    imapsPort,
    lmtpPort,
    saslPort,
    certFile: join(folder, 'cert.pem'),
    keyFile: join(folder, 'key.pem'),
    deliver: (raw, user) => deliverByLmtp(lmtpPort, raw, user),
    fill: async (mails, user) => {
      const folders = ['', 'cur', 'new', 'tmp'].map((name) => join(maildir(user), name));
      for (const each of folders) {
        await mkdir(each, { recursive: true, mode: 0o700 });
        chownSync(each, owner.uid, owner.gid);
      }
      chownSync(join(mail, user), owner.uid, owner.gid);
      const batch = randomUUID();
      // A name decides the order in which UIDs are given.
      for (const [index, raw] of mails.entries()) {
        const name = `${1_700_000_000 + index}.${batch}.uji`;
        const [tmp, fresh] = [join(maildir(user), 'tmp', name), join(maildir(user), 'new', name)];
        await writeFile(tmp, raw);
        chownSync(tmp, owner.uid, owner.gid);
        await rename(tmp, fresh);
      }
    },
    listMails,
    folderOf: maildir,
    createFolder: async (user, name) => void (await run('mailbox', 'create', '-u', user, name)),
    addFlag: async (user, flag) =>
      void (await run('flags', 'add', '-u', user, flag, 'mailbox', 'INBOX', 'all')),
    // it fails where nobody is there, and then there is nothing to do
    kick: async (user) => void (await run('kick', user).catch(() => '')),
    countConnections: async (user) => {
      const who = JSON.parse((await run('-f', 'json', 'who', '-1', user)) || '[]') as { service: string }[];
      return who.filter(({ service }) => service === 'imap').length;
    },
    changeUidValidity: async (user) => {
      const before = Number(/uidvalidity=(\d+)/.exec(await statusOf(user))?.[1]);
      await pause();
      const names = await readdir(maildir(user));
      for (const name of names.filter((each) => /^dovecot[.-]/.test(each))) {
        await rm(join(maildir(user), name), { recursive: true });
      }
      // Left alone it would take the time in seconds, which may be what it was.
      const uidList = join(maildir(user), 'dovecot-uidlist');
      await writeFile(uidList, `3 V${before + 1000} N1 G${randomUUID().replaceAll('-', '')}\n`);
      chownSync(uidList, owner.uid, owner.gid);
      await resume();
    },
    pause,
    resume,
    doveadm: run,
    log,
    stop,
  };

  function statusOf(user: string): Promise<string> {
    return run('-f', 'flow', 'mailbox', 'status', '-u', user, 'uidvalidity', 'INBOX');
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // none is left
  }
}

/** Mail must not be root's. */
async function findMailOwner(): Promise<Owner> {
  const name = process.getuid?.() === 0 ? 'dovecot' : userInfo().username;
  const [uid, gid, group = ''] = await Promise.all(
    ['-u', '-g', '-gn'].map(async (what) => (await promisify(execFile)('id', [what, name])).stdout.trim()),
  );
  return { uid: Number(uid), gid: Number(gid), group };
}

type Owner = { readonly uid: number; readonly gid: number; readonly group: string };

async function makeCertificate(folder: string): Promise<void> {
  const args = [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
  ];
  await promisify(execFile)('openssl', args);
}

const renderUsers = (users: DovecotUsers): string =>
  Object.entries(users)
    .map(([user, password]) => `${user}:{PLAIN}${password}::::::\n`)
    .join('');

function renderConfig({
  folder,
  owner,
  ports,
  oauth2,
  settings,
}: {
  readonly folder: string;
  readonly owner: Owner;
  readonly ports: Readonly<Record<'imapPort' | 'imapsPort' | 'lmtpPort' | 'saslPort', number>>;
  readonly oauth2: boolean;
  readonly settings: string;
}): string {
  const { username } = userInfo();
  // Without root nothing can change its user or its root folder.
  const asOurselves =
    process.getuid?.() === 0
      ? ''
      : `
default_internal_user = ${username}
default_login_user = ${username}
default_internal_group = ${owner.group}
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
service stats {
  chroot =
}`;
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login${oauth2 ? ' xoauth2 oauthbearer' : ''}
auth_username_format = %Ln
auth_failure_delay = 0
auth_verbose = yes
recipient_delimiter = +
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
first_valid_uid = 1
lmtp_save_to_detail_mailbox = no
default_vsz_limit = 1G
maildir_broken_filename_sizes = yes
passdb {
  driver = passwd-file
  args = ${folder}/users
}
${oauth2 ? `passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${folder}/oauth2.conf\n}` : ''}
userdb {
  driver = passwd-file
  args = ${folder}/users
  override_fields = uid=${owner.uid} gid=${owner.gid} home=${folder}/mail/%n
}
namespace inbox {
  inbox = yes
}
service imap-login {
  inet_listener imap {
    port = ${ports.imapPort}
  }
  inet_listener imaps {
    port = ${ports.imapsPort}
    ssl = yes
  }
}
service anvil {
  # no waiting after a wrong password
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service lmtp {
  inet_listener lmtp {
    port = ${ports.lmtpPort}
  }
}
service auth {
  inet_listener sasl {
    port = ${ports.saslPort}
  }
}
${asOurselves}
${settings}
`;
}

type Lines = {
  readonly socket: Socket;
  /** The next answer, which may have several lines. */
  readonly next: () => Promise<string>;
  readonly close: () => void;
};

/** A connection to a server that speaks first. */
async function openLines(port: number): Promise<Lines> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.setTimeout(30_000, () => socket.destroy(new Error('the server did not answer within 30 s')));
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const failed = once(socket, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => undefined);
  const next = async (): Promise<string> => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) throw new Error('the server closed the connection');
    return /^\d{3}-/.test(value) ? next() : value;
  };
  try {
    await next();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { socket, next, close: () => socket.destroy() };
}

async function deliverByLmtp(port: number, raw: string | Buffer, user: string): Promise<void> {
  const { socket, next, close } = await openLines(port);
  const say = async (line: string | Buffer, expected: string) => {
    socket.write(line);
    const answer = await next();
    if (!answer.startsWith(expected)) throw new Error(`Dovecot did not take the mail: ${answer}`);
  };
  try {
    await say('LHLO uji.example\r\n', '250');
    await say('MAIL FROM:<pengirim@uji.example>\r\n', '250');
    await say(`RCPT TO:<${user.includes('@') ? user : `${user}@uji.example`}>\r\n`, '250');
    await say('DATA\r\n', '354');
    await say(stuffDots(raw), '250');
  } finally {
    close();
  }
}

/** As SMTP wants it: lines end in CRLF, those that begin with a dot get another one, and a dot ends it all. */
function stuffDots(raw: string | Buffer): Buffer {
  const text = Buffer.from(raw).toString('latin1').replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..');
  return Buffer.from(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1');
}
