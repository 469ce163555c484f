import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseMail } from './parse.ts';

const read = (name: string) => parseMail(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)), {});
const parse = (lines: string, body = '', own = {}) =>
  parseMail(Buffer.from(`${lines}\n\n${body}`, 'latin1'), own);

describe('what its writer says', () => {
  it('is read with sender, subject and date, without the signature, which is kept apart', () => {
    const mail = read('plain.eml');
    expect(mail).toMatchObject({
      kind: 'report',
      from: { name: 'Rohmah, Siti', address: 'siti.rohmah@example.com' },
      subject: 'Lampu jalan mati di Jl. Cisitu',
      messageId: '<a1@example.com>',
      date: new Date('2026-11-02T01:15:00Z'),
      text: 'Lampu jalan di Jl. Cisitu Indah mati sejak tiga minggu lalu.\nKalau malam gelap sekali.',
      error: null,
    });
    expect(mail.quoted).toContain('RT 03 RW 05');
  });

  it('is parted from what an Indonesian mailer cites, over two lines, and from what the phone adds', () => {
    const mail = read('reply-id.eml');
    expect(mail.text).toBe('Sampai hari ini lampunya belum menyala juga, Pak.');
    expect(mail.quoted).toMatch(/Dikirim dari ponsel[\s\S]*menulis:[\s\S]*8699-3114-4244/);
    expect(mail.inReplyTo).toBe('<n.0190b5e2-5a4e-7cc1-9d3e-0d5a1f0c2b3a@example.go.id>');
  });

  it('stays with the lines that it answers', () => {
    const mail = read('interleaved.eml');
    expect(mail.text).toMatch(/Di mana[\s\S]*Di depan masjid[\s\S]*Sejak tiga minggu/);
    expect(mail.quoted).toBeNull();
  });

  it('is all there is where nothing but citations is there', () => {
    const mail = parse('From: a@example.com', '> Jalan rusak\n> parah\n');
    expect(mail.text).toBe('> Jalan rusak\n> parah');
    expect(mail.quoted).toBeNull();
  });

  it.each([
    ['On Mon, Nov 2, 2026 at 8:20 AM Lapor <lapor@example.go.id> wrote:\n> Terima kasih'],
    ['Le 2 nov. 2026 à 08:20, Lapor <lapor@example.go.id> a écrit :\n> Terima kasih'],
    ['Am 02.11.2026 um 08:20 schrieb Lapor:\n> Terima kasih'],
    ['El lun, 2 nov 2026 a las 8:20, Lapor (<lapor@example.go.id>) escribió:\n> Terima kasih'],
    ['在 2026年11月2日，Lapor <lapor@example.go.id> 写道：\n> Terima kasih'],
    ['02.11.2026 08:20 пользователь "Lapor" <\nlapor@example.go.id> написал:\n\n> Terima kasih'],
    ['-----Pesan Asli-----\nDari: Lapor\nDikirim: Senin\nKepada: Siti\nPerihal: Laporan\n\nTerima kasih'],
    ['-----Original Message-----\nFrom: Lapor\nTerima kasih'],
    [
      'Dari: Lapor <lapor@example.go.id>\nDikirim: Senin, 2 November 2026 08.20\nKepada: Siti\nPerihal: Laporan\n\nTerima kasih',
    ],
    ['Am 02.11.2026 08:20 schrieb "Lapor" <lapor@example.go.id>:\n\nTerima kasih'],
    ['man. 2. nov. 2026 kl. 08:20 skrev Lapor <lapor@example.go.id\n>:\n\n> Terima kasih'],
    ['Lapor <lapor@example.go.id> schrieb am Mo., 2. Nov. 2026\num 08:20:\n\n> Terima kasih'],
    ['2026-11-02 08:20 GMT+07:00 Lapor <lapor@example.go.id>:\n\nTerima kasih'],
    ['8:20 AM, November 2, 2026, "Lapor" <lapor@example.go.id>:\n\nTerima kasih'],
    ['---- On Mon, 02 Nov 2026 08:20:00 +0700 lapor@example.go.id wrote ----\n\nTerima kasih'],
    ['---- Lapor wrote ----\n\n> Terima kasih'],
    ['On Mon, Nov 2, 2026 at 08:20 Lapor\n\n<\nmailto:Lapor <lapor@example.go.id>\n> wrote:\n\nTerima kasih'],
    ['On Nov 2, 2026, at 8:20 AM, lapor<lapor@example.go.id> wrote:\n\n\n\n\n\n> Terima kasih'],
    ['________\n\nFrom: Lapor\n<lapor@example.go.id>\nSent: Monday\nTo: Siti\nSubject: x\n\nTerima kasih'],
    ['> Lampu jalan di Jalan Cisitu sudah diperbaiki oleh petugas kami\nkemarin sore\n> Terima kasih'],
    ['Dikirim dari ponsel Xiaomi saya\nSent from TypeApp\n\n> Terima kasih'],
    [
      '________________________________\nFrom: Lapor\nSent: Monday\nTo: Siti\nSubject: Laporan\n\nTerima kasih',
    ],
  ])('comes before %j', (history) => {
    const mail = parseMail(Buffer.from(`From: a@example.com\n\nMasih gelap.\n${history}\n`), {});
    expect(mail.text).toBe('Masih gelap.');
    expect(mail.quoted).toContain('Terima kasih');
  });

  it('is what somebody forwards, without the signature under it, which names people', () => {
    const mail = parse(
      'From: a@example.com\nSubject: Fwd: jalan',
      'Mohon dicek.\n\n---------- Forwarded message ---------\nFrom: Budi <budi@example.net>\n\nJalan rusak.\n\n-- \nBudi Santoso\n0812-0000-0000\n',
    );
    expect(mail.text).toBe('Mohon dicek.\n\nJalan rusak.');
    expect(mail.quoted).toContain('Budi Santoso');
  });

  it.each([
    // an attribution begins on the second line, not with the words before it
    [
      'ke kantor tanggal 2 pagi\nPada Sen, 2 Nov 2026 08.20 Lapor <lapor@example.go.id> menulis:\n> Terima kasih',
      'ke kantor tanggal 2 pagi',
    ],
    // on one line with it
    ['Sudah. On Mon, Nov 2, 2026 at 8:20 AM, lapor@example.go.id wrote:\n> Terima kasih', 'Sudah.'],
    // no mailer wrote this
    [
      'Pada 2 November 2026 pukul 08.20 warga bertanya:\nkapan diperbaiki?',
      'Pada 2 November 2026 pukul 08.20 warga bertanya:\nkapan diperbaiki?',
    ],
  ])('is not taken for history: %j', (body, text) => {
    expect(parseMail(Buffer.from(`From: a@example.com\n\n${body}\n`), {}).text).toBe(text);
  });

  it('is what somebody forwards, whose writer is named, but not in the text', () => {
    const mail = read('forwarded-id.eml');
    expect(mail.forwardedFrom).toEqual({ name: 'Budi Santoso', address: 'budi@example.net' });
    expect(mail.text).toBe(
      'Mohon ditindaklanjuti.\n\nPapan jembatan di Desa Sukamaju patah dua, anak sekolah takut lewat.',
    );
    expect(mail.quoted).toContain('Budi Santoso');
  });

  it('is in the enclosed mail where there is nothing else, with the files of that', () => {
    const mail = read('forwarded-as-file.eml');
    expect(mail.text).toBe('Papan jembatan patah dua.');
    expect(mail.forwardedFrom?.address).toBe('budi@example.net');
    expect(mail.files.map(({ name, type }) => [name, type])).toEqual([
      ['Jembatan rusak.eml', 'message/rfc822'],
      ['jembatan.jpg', 'image/jpeg'],
    ]);
  });

  it('is read from HTML, without what nobody sees', () => {
    const mail = read('html-only.eml');
    expect(mail.text).toBe(
      'Saluran air di Jl. Merdeka tersumbat & bau, café tutup.\n\nLokasi depan pasar\n\nfoto <https://example.com/foto> [parit meluap]',
    );
    expect(mail.quoted).toContain('Laporan Anda kami terima.');
  });

  it('is not what tells that a program knows no HTML', () => {
    const mail = read('alternative-no-html.eml');
    expect(mail.text).toMatch(/^Sampah di Pasar Lama/);
    expect(mail.quoted).toContain('does not support HTML');
  });

  it('is all texts between the files', () => {
    const mail = read('attachments.eml');
    expect(mail.text).toBe('Foto pertama:\n\nFoto kedua menyusul.');
    expect(mail.quoted).toContain('Perbaikan dijadwalkan pekan depan.');
    expect(mail.files.map(({ name, type, content }) => [name, type, content.byteLength])).toEqual([
      ['foto lampu.png', 'image/png', 8],
      ['Jadwal perbaikan.eml', 'message/rfc822', expect.any(Number)],
    ]);
  });

  it('is the subject, place and time of a calendar entry', () => {
    expect(read('calendar.eml').text).toBe(
      'Kerja bakti membersihkan selokan\nTempat: Balai RW 05\nMulai: 20261108T070000',
    );
  });

  it('is found without mailbox line, empty line and right boundary', () => {
    const mail = read('broken.eml');
    expect(mail).toMatchObject({
      subject: 'Jalan rusak 😧',
      from: { name: 'Siti', address: 'siti@example.com' },
    });
    expect(mail.text).toBe('Jalan berlubang, café tutup.');
  });

  it('is read in old charsets, and with bytes in the header that nobody encoded', () => {
    expect(read('kode-lama.eml')).toMatchObject({
      text: '道路损坏，請修理。',
      subject: '中 rusak',
      from: { name: '史原', address: 'budi@example.jp' },
    });
  });

  it('is found after a header with lines that are none, and those are kept', () => {
    const odd = parse(
      'From: a@example.com\nSubject: uji\nContent-Transfer-Encoding: base64\nX-Script/fungsi/\t !"#: satu\n dua',
      Buffer.from('Jalan rusak').toString('base64'),
    );
    expect(odd).toMatchObject({ subject: 'uji', text: 'Jalan rusak' });
    expect(odd.quoted).toContain('dua');
    const broken = parse(
      `From: a@example.com\nDKIM-Signature: v=1;\n${'bh=terpotong\n'.repeat(6)}MIME-Version: 1.0\nIn-Reply-To: <b@example.com>\nSubject: uji`,
      'Jalan rusak',
    );
    expect(broken).toMatchObject({ subject: 'uji', text: 'Jalan rusak', inReplyTo: '<b@example.com>' });
  });

  it('is found after a header with a line of blanks in a field', () => {
    const mail = parse(
      'From: a@example.com\nTo: b@example.com,\n\t\n\tc@example.com\nSubject: uji',
      'Jalan rusak',
    );
    expect(mail).toMatchObject({ subject: 'uji', text: 'Jalan rusak' });
  });

  it('is HTML where it is called plain and is not', () => {
    const mail = parse('From: a@example.com', '<div>Jalan <b>rusak</b></div>\n<p>parah</p>');
    expect(mail.text).toBe('Jalan rusak\n\nparah');
  });

  it('is in a file of no known type where there is nothing else, but no bytes for programs are', () => {
    const file = (body: string) =>
      parse(
        'From: a@example.com\nContent-Type: application/octet-stream; name=laporan\nContent-Disposition: attachment',
        body,
      );
    expect(file('Jalan rusak parah')).toMatchObject({ text: 'Jalan rusak parah', error: null });
    expect(file('Jalan rusak parah').files).toHaveLength(1);
    expect(file('-----BEGIN CERTIFICATE-----\naGFsbw==\n-----END CERTIFICATE-----').text).toBe('');
  });

  it('is in the first of several parts of a mail; the others are files', () => {
    const part = (number: number, body: string) =>
      parse(`From: a@example.com\nContent-Type: message/partial; id=x; number=${number}; total=2`, body);
    expect(part(1, 'Subject: uji\n\nJalan rusak').text).toBe('Jalan rusak');
    const second = part(2, `${'QUJD'.repeat(18)}\n`.repeat(3));
    expect(second.text).toBe('');
    expect(second.files).toHaveLength(1);
    expect(second.error).toContain('several');
  });

  it('is in a part that has no boundary before it', () => {
    const mail = parse(
      'From: a@example.com\nContent-Type: multipart/alternative; boundary=b',
      '\nContent-Type: text/html\nContent-Disposition: inline\n\n<p>Jalan rusak</p>',
    );
    expect(mail.text).toBe('Jalan rusak');
  });

  it('does not come twice where its versions differ in form only', () => {
    const mail = parse(
      'From: a@example.com\nContent-Type: multipart/alternative; boundary=b',
      '--b\n\nJalan rusak di depan\npasar, *parah* sekali.\n--b\nContent-Type: text/html\n\n<p>Jalan rusak di depan pasar, <b>parah</b> sekali.</p>\n--b--',
    );
    expect(mail).toMatchObject({ text: 'Jalan rusak di depan\npasar, *parah* sekali.', quoted: null });
  });

  it('survives UTF-16, all line ends, and bytes that are no mail', () => {
    const mail = 'From: a@example.com\nSubject: Jalan\n\nRusak parah\n';
    for (const raw of [
      Buffer.from(`\ufeff${mail}`, 'utf16le'),
      Buffer.from(mail.replaceAll('\n', '\r')),
      Buffer.from(mail.replaceAll('\n', '\r\r\n')),
      Buffer.from(`\r\n\n${mail}`),
      Buffer.from(`\ufeff${mail}`),
    ]) {
      expect(parseMail(raw, {})).toMatchObject({
        subject: 'Jalan',
        text: 'Rusak parah',
        from: { address: 'a@example.com' },
      });
    }
    expect(parseMail(Buffer.alloc(0), {}).error).toMatch(/^empty/);
    expect(parseMail(Buffer.from('Jalan rusak di desa kami'), {})).toMatchObject({
      text: 'Jalan rusak di desa kami',
      // all that it says was read
      error: null,
      notes: ['no mail header: read as text'],
    });
    expect(parseMail(Buffer.from([0x89, 0x50, 0, 0xff, 0xfe, 1]), {}).error).toMatch(/^no mail header/);
  });

  it('is said to be encrypted where it is', () => {
    const mail = read('encrypted.eml');
    expect(mail.error).toMatch(/^encrypted/);
    expect(mail.files.map(({ name }) => name)).toContain('encrypted.asc');
  });
});

describe('what kind of mail it is', () => {
  it.each(['\n', '\r\n'])(
    'tells why it bounced, of several recipients the worst: lines that end in %j',
    (end) => {
      const lines = [
        'From: MAILER-DAEMON@example.com',
        'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
        '',
        '--b',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; mx.example.com',
        '',
        'Final-Recipient: rfc822; a@example.com',
        'Action: delayed',
        'Status: 4.4.1',
        '',
        'Final-Recipient: rfc822; b@example.com',
        'Action: failed',
        'Status: 5.1.1',
        'Diagnostic-Code: smtp; 550 5.1.1 unknown',
        '--b--',
        '',
      ];
      expect(parseMail(Buffer.from(lines.join(end)), {}).bounce).toMatchObject({
        action: 'failed',
        status: '5.1.1',
        diagnostic: 'smtp; 550 5.1.1 unknown',
      });
    },
  );

  it('tells a bounce, and of which mail', () => {
    expect(read('bounce.eml')).toMatchObject({
      kind: 'bounce',
      bounce: {
        messageId: '<n.0190b5e2-5a4e-7cc1-9d3e-0d5a1f0c2b3a@example.go.id>',
        action: 'failed',
        status: '5.1.1',
        diagnostic: 'smtp; 550 5.1.1 no such user',
      },
    });
  });

  it('tells a bounce by the words of a mail system, and by nobody else’s', () => {
    const words = 'Error: Invalid user address\n550 - no such user here';
    expect(parse('From: post_master@example.com\nSubject: Re:Laporan', words).kind).toBe('bounce');
    expect(parse('From: siti@example.com\nSubject: Re:Laporan', words).kind).toBe('report');
  });

  it.each([
    ['receipt.eml', 'receipt'],
    ['auto-reply.eml', 'auto-reply'],
    ['list.eml', 'auto-reply'],
    ['plain.eml', 'report'],
  ])('%s is a %s', (name, kind) => {
    expect(read(name).kind).toBe(kind);
  });

  it.each([
    ['From: a@example.com\nX-Lapor-Gateway: 1', 'own'],
    ['From: a@example.com\nX-Loop: lapor@example.go.id', 'own'],
    ['From: a@example.com\nMessage-ID: <n.0190b5e2-5a4e-7cc1-9d3e-0d5a1f0c2b3a@example.go.id>', 'own'],
    ['From: a@example.com\nMessage-ID: <n.0190b5e2-5a4e-7cc1-9d3e-0d5a1f0c2b3a@example.net>', 'report'],
    [`From: a@example.com\n${'Received: by x\n'.repeat(51).trimEnd()}`, 'auto-reply'],
    ['From: a@example.com\nAuto-Submitted: no', 'report'],
    ['From: a@example.com\nPrecedence: bulk', 'auto-reply'],
    ['From: a@example.com\nX-Priority: 1\nImportance: high', 'report'],
    ['From: a@example.com\nSubject: Automatic reply: Laporan', 'auto-reply'],
    ['From: a@example.com\nSubject: Balasan otomatis', 'auto-reply'],
    ['From: a@example.com\nSubject: Sedang cuti semua, loket tutup', 'report'],
    ['From: a@example.com\nSubject: Di luar kantor camat ada sampah', 'report'],
    ['From: a@example.com\nSubject: Balasan otomatis PLN tidak membantu', 'report'],
    ['From: MAILER-DAEMON@example.com\nSubject: Delivery Status Notification (Failure)', 'bounce'],
    ['From: <>\nSubject: Delivery Status', 'bounce'],
    ['From: a@example.com\nSubject: Delivery failure of my parcel by the post office', 'report'],
  ])('%j is %s', (header, kind) => {
    const mail = parse(header, 'Isi', { address: 'lapor@example.go.id', domain: 'example.go.id' });
    expect(mail.kind).toBe(kind);
    expect(mail.why === null).toBe(kind === 'report');
  });
});

describe('addresses', () => {
  it.each([
    ['Siti Rohmah <siti@example.com>', 'Siti Rohmah', 'siti@example.com'],
    ['Rohmah, Siti <siti@example.com>', 'Rohmah, Siti', 'siti@example.com'],
    ['siti@example.com (Siti Rohmah)', 'Siti Rohmah', 'siti@example.com'],
    ['<@relay.example,@other.example:siti@example.com>', null, 'siti@example.com'],
    ['=?utf-8?q?Siti=2C_Rohmah?= <siti@example.com>', 'Siti, Rohmah', 'siti@example.com'],
    ['siti@xn--mnchen-3ya.example', null, 'siti@münchen.example'],
    ['Warga: siti@example.com, budi@example.com;', null, 'siti@example.com'],
    ['"Siti <siti@example.com>', 'Siti', 'siti@example.com'],
  ])('%s', (field, name, address) => {
    expect(parse(`From: ${field}`).from).toEqual({ name, address });
  });

  it('are missing where only a name is there, which is kept', () => {
    expect(parse('From: Siti Rohmah')).toMatchObject({ from: null, fromName: 'Siti Rohmah' });
    expect(parse('To: undisclosed-recipients:;')).toMatchObject({ from: null, recipients: [] });
    expect(parse('From: Siti\nReply-To: siti@example.com').from).toEqual({
      name: 'Siti',
      address: 'siti@example.com',
    });
  });
});

describe('encodings', () => {
  it.each([
    ['=?iso-8859-1?Q?caf=E9?=', 'café'],
    ['=?utf-8?B?w?= =?utf-8?B?6k=?=', 'é'],
    ['=?utf-8?Q?a?= =?utf-8?Q?b?=', 'ab'],
    ['=?utf-8?Q?dua kata?= lagi', 'dua kata lagi'],
    ['=?x-tidak-ada?Q?caf=C3=A9?=', 'café'],
    ['=?utf-8*id?Q?caf=C3=A9?=', 'café'],
    ['=?utf-8?Q?terpotong', 'terpotong'],
    ['=?koi8-r?B?8NLJ18XU?=', 'Привет'],
    ['caf\xe9', 'café'],
  ])('of the subject: %j', (field, subject) => {
    expect(parse(`From: a@example.com\nSubject: ${field}`).subject).toBe(subject);
  });

  it.each([
    ['charset=utf-8;format=flowed', '8bit', 'caf\xc3\xa9 \ntutup', 'café tutup'],
    ['charset=iso-8859-1', '8bit', 'caf\xc3\xa9 tutup \xc3\xa0', 'café tutup à'],
    ['charset="windows-1251"', '8bit', '\xcf\xf0\xe8\xe2\xe5\xf2', 'Привет'],
    ['charset=utf-7', '7bit', 'caf+AOk-', 'café'],
    ['charset=iso-8859-77', '8bit', 'caf\xe9 tutup', 'café tutup'],
    ['charset=constructor', '8bit', 'caf\xe9 tutup', 'café tutup'],
    ['charset=iso-2022-jp', '7bit', '\x1b$B;K86\x1b(B', '史原'],
    [
      'charset=utf-8',
      'quoted-printable',
      'a = b, 100=25, caf=C3=A9 pu=\nas =ZZ',
      'a = b, 100%, café puas =ZZ',
    ],
    [
      'charset=utf-8',
      'base64',
      'SmFs!YW4g\ncnVzYWs\n_____\nMilis warga example\n',
      'Jalan rusak\n\n_____\nMilis warga example',
    ],
    // noise shifts what is after it on its line, and no further
    [
      'charset=utf-8',
      'base64',
      'SmFsYW4g\ncnVzYWsg!!!cGFyYWgg\nRGVzYSBTdWth!x!bWFqdSAg\nbWFsYW0=\n',
      'Jalan rusak parah Desa Sukamaju  malam',
    ],
    ['charset=utf-8', 'base64', 'Ini bukan base64 sama sekali.', 'Ini bukan base64 sama sekali.'],
  ])('of the text: %s, %s', (charset, encoding, body, text) => {
    const mail = parse(
      `From: a@example.com\nContent-Type: text/plain; ${charset}\nContent-Transfer-Encoding: ${encoding}`,
      body,
    );
    expect([mail.text, mail.quoted].filter(Boolean).join('\n\n')).toBe(text);
  });

  it('finds files that stand in the text', () => {
    const mail = parse('From: a@example.com', 'Foto:\nbegin 644 a.txt\n#0V%T\n`\nend\nSelesai\n');
    expect(mail.text).toMatch(/^Foto:\s+Selesai$/);
    expect(mail.files.map(({ name, content }) => [name, Buffer.from(content).toString()])).toEqual([
      ['a.txt', 'Cat'],
    ]);
  });
});
