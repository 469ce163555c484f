import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runLapor } from './support/lapor.ts';

const fixtures = fileURLToPath(new URL('../channels/email/read/fixtures/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lapor-parse-'));

const parse = async (...args: string[]) => {
  const ended = await runLapor(['email', 'parse', ...args]);
  return {
    ...ended,
    lines: ended.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  };
};

describe('lapor email parse', () => {
  it('prints one line for each file, in their order, with these fields and no others', async () => {
    const names = readdirSync(fixtures).map((name) => join(fixtures, name));
    const { code, lines, stderr } = await parse(...names);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(lines.map(({ file }) => file)).toEqual(names);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual([
        'file',
        'from',
        'fromName',
        'subject',
        'text',
        'attachments',
        'quoted',
        'kind',
        'inReplyTo',
        'error',
      ]);
      expect(['report', 'bounce', 'auto-reply', 'own', 'receipt']).toContain(line.kind);
      // all have words but the one that only its recipient can read
      expect(line.text === '').toBe(line.file.endsWith('encrypted.eml'));
    }
    const file = join(fixtures, 'attachments.eml');
    expect(lines[names.indexOf(file)]).toMatchObject({
      from: 'siti.rohmah@example.com',
      fromName: 'Rohmah, Siti',
      subject: 'Lampu jalan mati di Jl. Cisitu',
      text: 'Foto pertama:\n\nFoto kedua menyusul.',
      attachments: [
        { name: 'foto lampu.png', type: 'image/png', bytes: 8 },
        { name: 'Jadwal perbaikan.eml', type: 'message/rfc822', bytes: expect.any(Number) },
      ],
      kind: 'report',
      inReplyTo: null,
      error: null,
    });
  });

  it('says what is no file, reads the others all the same, and ends with 1', async () => {
    const good = join(fixtures, 'plain.eml');
    const missing = join(folder, 'tidak-ada.eml');
    mkdirSync(join(folder, 'map'), { recursive: true });
    const { code, lines } = await parse(missing, good, join(folder, 'map'), good);
    expect(code).toBe(1);
    expect(lines.map(({ error }) => error)).toEqual([
      'there is no such file',
      null,
      'this is a directory: name the files in it',
      null,
    ]);
    expect(lines[0]).toMatchObject({
      file: missing,
      text: '',
      attachments: [],
      quoted: null,
      kind: 'report',
    });
  });

  it('ends with 2 where no file is named', async () => {
    expect((await runLapor(['email', 'parse'])).code).toBe(2);
  });

  it('reads hundreds of files, empty and random ones, too', async () => {
    const names: string[] = [];
    for (let count = 0; count < 300; count += 1) {
      const name = join(folder, `${count} surat.eml`);
      if (count % 3 === 0) copyFileSync(join(fixtures, 'html-only.eml'), name);
      else
        writeFileSync(
          name,
          Buffer.alloc((count * 37) % 5_000, Buffer.from([count % 256, 0, 10, 255 - (count % 256)])),
        );
      names.push(name);
    }
    writeFileSync(join(folder, '1 surat.eml'), '');
    const { code, lines } = await parse(...names);
    expect(code).toBe(0);
    expect(lines).toHaveLength(300);
    expect(lines[1].error).toMatch(/^empty/);
    expect(lines.filter(({ text }) => text.startsWith('Saluran air'))).toHaveLength(100);
  });

  it('goes on after a mail of two hundred thousand mails in mails', async () => {
    const bomb = join(folder, 'bom.eml');
    writeFileSync(bomb, `Content-Type: message/rfc822\n\n`.repeat(200_000));
    const { code, lines } = await parse(bomb, join(fixtures, 'plain.eml'));
    expect(code).toBe(0);
    expect(lines[1].text).toMatch(/^Lampu jalan/);
  });

  it('ends quietly where nobody reads its output to the end', () => {
    const names = Array.from({ length: 200 }, () => join(fixtures, 'plain.eml'));
    const program = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
    const ended = spawnSync(
      'sh',
      ['-c', '"$0" "$@" | head -n 1', process.execPath, program, 'email', 'parse', ...names],
      {
        encoding: 'utf8',
        timeout: 25_000,
      },
    );
    expect(JSON.parse(ended.stdout).text).toMatch(/^Lampu jalan/);
    expect(ended.stderr).toBe('');
  });
});
