import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseMail } from './parse.ts';
import { createMailReader, type MailReader } from './reader.ts';

const folder = new URL('./fixtures/', import.meta.url);
const fixtures = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)));
const good = Buffer.from('From: Siti <siti@example.com>\nSubject: Lampu\n\nLampu jalan mati.\n');

const readers: MailReader[] = [];
const create = (options: Parameters<typeof createMailReader>[0]) => {
  const reader = createMailReader(options);
  readers.push(reader);
  return reader;
};
afterAll(() => Promise.all(readers.map((reader) => reader.close())));

/** A program in place of ours: does what a mail that defeats ours would make it do, and answers all others. */
function writeProgram(onBomb: string): URL {
  const path = join(mkdtempSync(join(tmpdir(), 'lapor-reader-')), 'worker.mjs');
  writeFileSync(
    path,
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', (bytes) => {
       if (Buffer.from(bytes).includes('bomb')) { ${onBomb} }
       parentPort.postMessage({ kind: 'report', text: 'read', files: [] });
     });`,
  );
  return pathToFileURL(path);
}

// At a time: one of them waits for three seconds.
describe.concurrent('a mail that defeats its reader', () => {
  it.each([
    ['hangs', 'for (;;);', 'took more than'],
    ['takes all memory', 'const all = []; for (;;) all.push(new Array(1e5).fill({}));', 'too much memory'],
    ['throws', 'throw new RangeError("x");', 'RangeError'],
    ['ends the thread', 'process.exit(7);', 'ended its reader'],
    ['cannot be answered', 'setImmediate(() => { throw null; }); return;', 'reader'],
  ])(
    'is a report with an error and its words, and the next one is read: one that %s',
    async (_, code, error) => {
      const { readMail } = create({ program: writeProgram(code), withinMs: 3_000, heapMb: 32 });
      const bomb = readMail(
        Buffer.from(
          'From: Siti <siti@example.com>\nSubject: =?utf-8?Q?bomb?=\nMessage-ID: <a@b>\n\nLampu jalan mati.\n',
        ),
      );
      const next = readMail(good);
      expect(await bomb).toMatchObject({
        kind: 'report',
        from: { name: 'Siti', address: 'siti@example.com' },
        subject: 'bomb',
        messageId: '<a@b>',
        text: 'Lampu jalan mati.',
      });
      expect((await bomb).error).toContain(error);
      expect((await next).text).toBe('read');
    },
  );

  it('is one that needs more time than it may have, in our own program', async () => {
    const { readMail } = create({ withinMs: 1 });
    const mail = await readMail(good);
    expect(mail).toMatchObject({ kind: 'report', subject: 'Lampu', text: 'Lampu jalan mati.' });
    expect(mail.error).toContain('took more than');
  });
});

describe('bombs', () => {
  const header = 'From: Siti <siti@example.com>\nSubject: uji\n';
  // One thread for all: to start one from the sources takes longer than most bombs.
  const { readMail } = create({ withinMs: 25_000 });
  it.each([
    ['nested tags', `${header}Content-Type: text/html\n\n${'<div>'.repeat(100_000)}Jalan rusak`],
    [
      'a large HTML',
      `${header}Content-Type: text/html\n\n${'<p>Jalan rusak &amp; parah</p>'.repeat(350_000)}`,
    ],
    [
      'nested citations',
      `${header}Content-Type: text/html\n\n${'<blockquote type=cite>'.repeat(50_000)}Jalan rusak`,
    ],
    [
      'many parts',
      `${header}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nJalan rusak\n${'--b\nContent-Type: text/plain\n\nx\n'.repeat(100_000)}`,
    ],
    [
      'mails in mails',
      `${header}${'Content-Type: message/rfc822\n\n'.repeat(10_000)}Subject: x\n\nJalan rusak`,
    ],
    [
      'encoded words',
      `From: siti@example.com\nSubject: ${'=?utf-8?q?a?= '.repeat(1_000_000)}\n\nJalan rusak`,
    ],
    [
      'words without end',
      `From: siti@example.com\nSubject: ${'\n =?utf-8?q?a'.repeat(300_000)}\n\nJalan rusak`,
    ],
    ['a long field', `From: siti@example.com\nX-Long: ${'x'.repeat(10_000_000)}\n\nJalan rusak`],
    ['many fields', `From: siti@example.com\n${'X-A: b\n'.repeat(500_000)}\nJalan rusak`],
    [
      'many recipients',
      `From: siti@example.com\nTo: ${'"A, (b)" <a@example.com>, '.repeat(100_000)}\n\nJalan rusak`,
    ],
    ['signatures', `${header}\nJalan rusak\n${'-- \n'.repeat(300_000)}`],
    ['attributions', `${header}\nJalan rusak\n${'On 12:00 a@example.com wrote:\n'.repeat(200_000)}`],
    ['enriched text', `${header}Content-Type: text/enriched\n\nJalan rusak${'<param>'.repeat(200_000)}`],
    [
      'boundaries',
      `${header}Content-Type: multipart/mixed; boundary=b\n\nJalan rusak ${'--b'.repeat(1_000_000)}`,
    ],
    ['line ends', `${header}\nJalan rusak\n${'x\n'.repeat(1_000_000)}`.replaceAll('\n', '\r')],
  ])('%s: read without defeat', async (_, mail) => {
    const read = await readMail(Buffer.from(mail));
    expect(read.error).toBeNull();
    expect(`${read.text} ${read.quoted}`).toContain('Jalan rusak');
  });

  it('keeps no more text than it may', () => {
    const mail = parseMail(Buffer.from(`${header}\n${'kata '.repeat(1_000_000)}`), {});
    expect(mail.text.length).toBeLessThanOrEqual(1_000_000);
    expect(mail.notes.length).toBeGreaterThan(0);
  });
});

describe('any bytes', () => {
  it('never defeat the parser, cut or changed at random', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 20 }),
        fc.option(fc.nat()),
        (fixture, changes, cut) => {
          const bytes = Buffer.from(fixture);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          const mail = parseMail(cut === null ? bytes : bytes.subarray(0, cut % bytes.length), {});
          expect(typeof mail.text).toBe('string');
          expect(JSON.parse(JSON.stringify(mail.text))).toBe(mail.text);
        },
      ),
      { numRuns: 800 },
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2_000 }),
        (bytes) => typeof parseMail(Buffer.from(bytes), {}).text === 'string',
      ),
    );
  });

  it('keep their words, whatever the words are', () => {
    const word = fc.stringMatching(/^[a-zé]{2,12}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 60 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.constantFrom('plain', 'html', 'base64'),
        (words, end, form) => {
          const text = words.join(' ');
          const lines = ['From: siti@example.com', 'Subject: uji', 'MIME-Version: 1.0'];
          if (form === 'html') lines.push('Content-Type: text/html; charset=utf-8', '', `<p>${text}</p>`);
          else if (form === 'base64') {
            lines.push('Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64', '');
            lines.push(Buffer.from(text).toString('base64'));
          } else lines.push('Content-Type: text/plain; charset=utf-8', '', text);
          expect(parseMail(Buffer.from(lines.join(end)), {}).text.split(/\s+/)).toEqual(words);
        },
      ),
    );
  });
});

describe('threads', () => {
  it('read several mails, in any order of size, and are replaced after a while', async () => {
    const { readMail } = create({ threads: 2, mailsPerThread: 2 });
    const mails = await Promise.all(Array.from({ length: 5 }, () => readMail(good)));
    expect(mails.map(({ text }) => text)).toEqual(Array(5).fill('Lampu jalan mati.'));
  });

  it('hand over files, and leave the raw mail whole; read only the beginning of what is larger than may be', async () => {
    const { readMail } = create({ maxBytes: 1_024 * 1_024 });
    const raw = readFileSync(new URL('attachments.eml', folder));
    const before = Buffer.from(raw);
    const mail = await readMail(raw);
    expect(mail.files[0]).toMatchObject({ name: 'foto lampu.png', inline: true });
    expect(Buffer.from(mail.files[0]?.content ?? []).toString('hex')).toBe('89504e470d0a1a0a');
    expect(raw.equals(before)).toBe(true);
    const large = await readMail(Buffer.concat([good, Buffer.alloc(2_000_000, 'a\n')]));
    expect(large.text).toMatch(/^Lampu jalan mati\./);
    expect(large.error).toContain('larger than 1 MB');
  });

  it('answer what comes, or is under way, when they are closed', async () => {
    const { readMail, close } = createMailReader({});
    const under = readMail(good);
    await close();
    expect((await under).text).toBe('Lampu jalan mati.');
    expect((await readMail(good)).error).toContain('closed');
  });
});
