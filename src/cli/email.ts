import { readFile } from 'node:fs/promises';
import { defineCommand } from 'citty';
import { createMailReader } from '../../channels/email/read/reader.ts';
import type { ReadMail } from '../domain/mail.ts';

const parse = defineCommand({
  meta: {
    name: 'parse',
    description:
      'What the gateway reads in e-mails: one line of JSON for each file (FILE.eml…), in their order. Needs no settings and stores nothing',
  },
  args: {
    file: {
      type: 'positional',
      description: 'E-mails as they are sent, and any further ones',
      required: true,
    },
    own: { type: 'string', description: 'Address that our own mails come from, to know them again' },
  },
  run: async ({ args }) => {
    // whoever reads the lines may have had enough of them, as `head` has
    process.stdout.once('error', () => process.exit());
    const { readMail, close } = createMailReader({ threads: 2, own: describeOwn(args.own) });
    // two at a time are enough for two threads, and hundreds of files are never in memory together
    const ahead: Promise<Line>[] = [];
    let allRead = true;
    const print = async (line: Promise<Line> | undefined) => {
      if (line === undefined) return;
      const { text, found } = await line;
      allRead &&= found;
      await write(text);
    };
    for (const path of args._) {
      ahead.push(parseFile(path, readMail));
      if (ahead.length >= 4) await print(ahead.shift());
    }
    for (const line of ahead) await print(line);
    await close();
    if (!allRead) process.exitCode = 1;
  },
});

type Line = { readonly text: string; readonly found: boolean };

async function parseFile(path: string, readMail: (raw: Buffer) => Promise<ReadMail>): Promise<Line> {
  let raw: Buffer;
  try {
    raw = await readFile(path);
  } catch (error) {
    return { text: JSON.stringify({ ...noMail, file: path, error: explain(error) }), found: false };
  }
  const { kind, from, fromName, subject, text, files, quoted, inReplyTo, error } = await readMail(raw);
  const line = {
    file: path,
    from: from?.address ?? null,
    fromName: fromName ?? from?.name ?? null,
    subject,
    text,
    attachments: files.map(({ name, type, content }) => ({ name, type, bytes: content.byteLength })),
    quoted,
    kind,
    inReplyTo,
    error,
  };
  return { text: JSON.stringify(line), found: true };
}

const noMail = {
  file: '',
  from: null,
  fromName: null,
  subject: null,
  text: '',
  attachments: [],
  quoted: null,
  kind: 'report',
  inReplyTo: null,
};

/** Waits where whoever reads is slower, so that a long list of large mails does not pile up. */
const write = (line: string) =>
  new Promise<void>((resolve) => process.stdout.write(`${line}\n`, () => resolve()));

function explain(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : null) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'this is a directory: name the files in it';
    case 'EACCES':
    case 'EPERM':
      return 'the file may not be read';
    default:
      return `the file cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`;
  }
}

const describeOwn = (address: string | undefined) =>
  address === undefined ? {} : { address, domain: address.slice(address.lastIndexOf('@') + 1) };

/** `lapor email …`: what is asked of the gateway about e-mails. */
export const emailCommand = defineCommand({
  meta: { name: 'email', description: 'How the gateway reads an e-mail, and whether one is sent' },
  subCommands: { parse, test: () => import('./email-test.ts').then((file) => file.emailTestCommand) },
});
