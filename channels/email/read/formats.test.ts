import { readFileSync } from 'node:fs';
import { burn, type Entry } from '@kenjiuno/msgreader/lib/Burner.js';
import { describe, expect, it } from 'vitest';
import { parseMail } from './parse.ts';

const read = (name: string) => parseMail(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)), {});
const mail = (header: string, body: string | Buffer) =>
  parseMail(Buffer.concat([Buffer.from(`From: siti@example.com\n${header}\n\n`), Buffer.from(body)]), {});

/** One attribute of a winmail.dat (MS-OXTNEF 2.1.3.1): level, id, length, bytes, checksum that nobody looks at. */
function attribute(level: number, id: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(level, 0);
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(bytes.length, 5);
  return Buffer.concat([head, bytes, Buffer.alloc(2)]);
}

function writeTnef(...attributes: Buffer[]): Buffer {
  const signature = Buffer.alloc(6);
  signature.writeUInt32LE(0x223e9f78, 0);
  return Buffer.concat([signature, ...attributes]);
}

/** One MAPI property of variable length: count, length, bytes to a multiple of four. */
function property(tag: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(1, 0);
  head.writeUInt32LE(tag, 4);
  head.writeUInt32LE(1, 8);
  head.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([head, bytes, Buffer.alloc(-bytes.length & 3)]);
}

describe('winmail.dat', () => {
  const header =
    'Content-Type: application/ms-tnef; name=winmail.dat\nContent-Disposition: attachment; filename=winmail.dat\nContent-Transfer-Encoding: base64';
  const tnef = (...attributes: Buffer[]) => mail(header, writeTnef(...attributes).toString('base64'));

  it('gives its text and its files, not itself', () => {
    const found = tnef(
      attribute(1, 0x0006_9007, Buffer.from([0xe4, 0x04, 0, 0, 0, 0, 0, 0])),
      attribute(1, 0x0002_800c, Buffer.from('Jalan rusak di Caf\xe9 Sukamaju\0', 'latin1')),
      attribute(2, 0x0006_9002, Buffer.alloc(14)),
      attribute(2, 0x0001_8010, Buffer.from('foto.jpg\0')),
      attribute(2, 0x0006_800f, Buffer.from([1, 2, 3])),
    );
    expect(found.text).toBe('Jalan rusak di Café Sukamaju');
    expect(found.files.map(({ name, content }) => [name, [...content]])).toEqual([['foto.jpg', [1, 2, 3]]]);
    expect(found.error).toBeNull();
  });

  it('gives a long name, and text that is a property only', () => {
    const found = tnef(
      attribute(1, 0x0006_9003, property(0x1000_001f, Buffer.from('Sungai meluap', 'utf16le'))),
      attribute(2, 0x0006_9002, Buffer.alloc(14)),
      attribute(2, 0x0006_800f, Buffer.from('isi')),
      attribute(2, 0x0006_9005, property(0x3707_001f, Buffer.from('Foto sungai.jpg', 'utf16le'))),
    );
    expect(found.text).toBe('Sungai meluap');
    expect(found.files.map(({ name }) => name)).toEqual(['Foto sungai.jpg']);
  });

  it('is kept as a file where it is cut short and nothing can be read of it', () => {
    const found = mail(header, writeTnef(attribute(1, 0x0006_9003, Buffer.alloc(3))).toString('base64'));
    expect(found.files.map(({ name }) => name)).toEqual(['winmail.dat']);
  });
});

describe('S/MIME', () => {
  it('is read where it is signed with the text inside', () => {
    expect(read('smime-signed.eml')).toMatchObject({
      text: 'Jembatan di Desa Sukamaju putus sejak banjir kemarin.',
      files: [],
      error: null,
    });
  });

  it('is kept as a file and said to be encrypted where it is', () => {
    const found = read('smime-encrypted.eml');
    expect(found).toMatchObject({ text: '', error: 'encrypted: only its recipient can read it' });
    expect(found.files.map(({ name }) => name)).toEqual(['smime.p7m']);
  });
});

describe('words beside what is encrypted', () => {
  const armor = '-----BEGIN PGP MESSAGE-----\nVersion: x\n\naGFsbw==\n=abcd\n-----END PGP MESSAGE-----\n';

  it('are the text, and the rest is noted', () => {
    const found = mail('Subject: uji', `Kata sandi menyusul lewat telepon.\n\n${armor}`);
    expect(found).toMatchObject({ text: 'Kata sandi menyusul lewat telepon.', error: null });
    expect(found.quoted).toContain('BEGIN PGP MESSAGE');
    expect(found.notes).toContain('has an encrypted part');
  });

  it('are missing: an error says so, and no bytes stand for text', () => {
    const found = mail('Subject: uji', armor);
    expect(found).toMatchObject({ text: '', error: 'encrypted: only its recipient can read it' });
  });
});

describe('RTF and yEnc', () => {
  it('RTF as a text is read: letters by code, by code page and by name, without its tables', () => {
    const rtf = String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator x;}Jalan \'e9l\u233?k\par\b Rusak\b0\tab parah\rquote{\pict 89504e47}}`;
    expect(mail('Content-Type: text/rtf', rtf).text).toBe('Jalan élék\nRusak\tparah’');
  });

  it('yEnc in a text is a file, and not in the text', () => {
    const line = Buffer.from([...Buffer.from('isi berkas')].map((byte) => (byte + 42) & 255));
    const body = Buffer.concat([
      Buffer.from('Foto terlampir.\n\n=ybegin line=128 size=10 name=foto lampu.jpg\n'),
      line,
      Buffer.from('\n=yend size=10\n'),
    ]);
    const found = mail('Content-Type: text/plain', body);
    expect(found.text).toBe('Foto terlampir.');
    expect(found.files.map(({ name, content }) => [name, content.toString()])).toEqual([
      ['foto lampu.jpg', 'isi berkas'],
    ]);
  });
});

describe('an Outlook file (.msg)', () => {
  const folder = 1;
  const stream = 2;
  const root = 5;
  const utf16 = (name: string, value: string): Entry => bytes(name, Buffer.from(value, 'utf16le'));
  const bytes = (name: string, content: Buffer): Entry => ({
    name,
    type: stream,
    // a copy: small buffers are a piece of a larger one, all of which would be written
    binaryProvider: () => Uint8Array.from(content),
    length: content.length,
  });

  it('gives what it was as a mail, and its files', () => {
    const entries: Entry[] = [
      { name: 'Root Entry', type: root, length: 0, children: [1, 2, 3, 4, 5] },
      utf16('__substg1.0_0037001F', 'Lampu jalan mati'),
      utf16('__substg1.0_1000001F', 'Sudah tiga minggu gelap.\r\n'),
      utf16('__substg1.0_0C1A001F', 'Siti Rohmah'),
      utf16('__substg1.0_5D01001F', 'siti@example.com'),
      { name: '__attach_version1.0_#00000000', type: folder, length: 0, children: [6, 7] },
      utf16('__substg1.0_3707001F', 'foto.jpg'),
      bytes('__substg1.0_37010102', Buffer.from([9, 8, 7])),
    ];
    const found = parseMail(Buffer.from(burn(entries)), {});
    expect(found).toMatchObject({
      from: { name: 'Siti Rohmah', address: 'siti@example.com' },
      subject: 'Lampu jalan mati',
      text: 'Sudah tiga minggu gelap.',
    });
    expect(found.files.map(({ name, content }) => [name, [...content]])).toEqual([['foto.jpg', [9, 8, 7]]]);
  });

  it('that cannot be read gives the words in it, and an error', () => {
    const found = parseMail(
      Buffer.concat([
        Buffer.from('d0cf11e0a1b11ae1', 'hex'),
        Buffer.alloc(600),
        Buffer.from('Jembatan putus di Sukamaju', 'utf16le'),
      ]),
      {},
    );
    expect(found.text).toContain('Jembatan putus di Sukamaju');
    expect(found.error).toContain('.msg');
  });
});
